// Package contract holds tests of what a plugin "command" of version 1.2.1 does,
// seen from the engine and from a real SSH server. They run against the plugin of
// this module, or against the binary that COMMAND_PLUGIN names, which may be the
// official one.
package contract
