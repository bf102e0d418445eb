// Command pulumi-resource-command runs commands on this machine and over SSH
// for Pulumi programs that use the npm package @pulumi/command.
package main

import (
	"context"
	"fmt"
	"os"

	"tools.invalid/pulumi-resource-command/internal/provider"
)

// The npm package asks for a plugin of its own version.
const version = "1.2.1"

func main() {
	if err := provider.New().Run(context.Background(), provider.Name, version); err != nil {
		fmt.Fprintln(os.Stderr, "pulumi-resource-command:", err)
		os.Exit(1)
	}
}
