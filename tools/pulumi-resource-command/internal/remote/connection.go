package remote

import "github.com/pulumi/pulumi-go-provider/infer"

const (
	defaultUser           = "root"
	defaultPort           = 22
	defaultDialErrorLimit = 10
	defaultPerDialTimeout = 15 // seconds
)

// Connection is how to reach a machine, directly or through another.
type Connection struct {
	endpoint
	Proxy *ProxyConnection `pulumi:"proxy,optional"`
}

// ProxyConnection is how to reach the machine in between.
type ProxyConnection struct{ endpoint }

type endpoint struct {
	User               *string  `pulumi:"user,optional"`
	Password           *string  `pulumi:"password,optional" provider:"secret"`
	Host               *string  `pulumi:"host"`
	Port               *float64 `pulumi:"port,optional"`
	PrivateKey         *string  `pulumi:"privateKey,optional" provider:"secret"`
	PrivateKeyPassword *string  `pulumi:"privateKeyPassword,optional" provider:"secret"`
	AgentSocketPath    *string  `pulumi:"agentSocketPath,optional"`
	DialErrorLimit     *int     `pulumi:"dialErrorLimit,optional"`
	PerDialTimeout     *int     `pulumi:"perDialTimeout,optional"`
	HostKey            *string  `pulumi:"hostKey,optional"`
}

// Annotate describes the connection in the schema and sets its defaults.
func (c *Connection) Annotate(a infer.Annotator) {
	a.Describe(&c, "How to reach a machine over SSH.")
	a.Describe(&c.Proxy, "The machine to go through.")
	c.annotate(a)
}

// Annotate describes the proxy in the schema and sets its defaults.
func (c *ProxyConnection) Annotate(a infer.Annotator) {
	a.Describe(&c, "How to reach the machine that leads to another.")
	c.annotate(a)
}

func (e *endpoint) annotate(a infer.Annotator) {
	a.Describe(&e.User, "The user to log in as.")
	a.SetDefault(&e.User, defaultUser)
	a.Describe(&e.Password, "The user's password.")
	a.Describe(&e.Host, "The machine's name or address.")
	a.Describe(&e.Port, "The port of its SSH server.")
	a.SetDefault(&e.Port, defaultPort)
	a.Describe(&e.PrivateKey, "The text of a private key; it is tried before the password.")
	a.Describe(&e.PrivateKeyPassword, "The password of an encrypted private key.")
	a.Describe(&e.AgentSocketPath, "The socket of an SSH agent. Default: SSH_AUTH_SOCK, if it is set.")
	a.Describe(&e.DialErrorLimit, "How many failed attempts are followed by another; -1: without end.")
	a.SetDefault(&e.DialErrorLimit, defaultDialErrorLimit)
	a.Describe(&e.PerDialTimeout, "Seconds for the TCP connection of each attempt; 0: no limit.")
	a.SetDefault(&e.PerDialTimeout, defaultPerDialTimeout)
	a.Describe(&e.HostKey, "The server's public key, as a line of authorized_keys. Without it any key is accepted.")
}
