package remote

import (
	"context"
	"fmt"
	"net"

	"golang.org/x/crypto/ssh"
)

// client is an SSH connection with the one that it goes through, if any.
type client struct {
	*ssh.Client
	through *ssh.Client
}

// Close ends both connections: a server drops new ones when too many are open.
func (c *client) Close() error {
	err := c.Client.Close()
	if c.through != nil {
		c.through.Close()
	}
	return err
}

// dial connects and logs in, and tries again as often as dialErrorLimit says.
func (c *Connection) dial(ctx context.Context) (*client, error) {
	target, err := c.settings()
	if err != nil {
		return nil, err
	}
	defer target.close()
	if c.Proxy == nil {
		direct, err := retry(ctx, "Dial", target.retries, func() (*ssh.Client, error) {
			return ssh.Dial("tcp", target.address, target.config)
		})
		if err != nil {
			return nil, err
		}
		return &client{Client: direct}, nil
	}
	tunnelled, err := c.Proxy.dial(ctx, target)
	if err != nil {
		return nil, fmt.Errorf("proxy: %w", err)
	}
	return tunnelled, nil
}

func (c *ProxyConnection) dial(ctx context.Context, target *settings) (*client, error) {
	proxy, err := c.settings()
	if err != nil {
		return nil, err
	}
	defer proxy.close()
	through, err := retry(ctx, "Dial proxy", proxy.retries, func() (*ssh.Client, error) {
		return ssh.Dial("tcp", proxy.address, proxy.config)
	})
	if err != nil {
		return nil, err
	}
	inner, err := retry(ctx, "Dial from proxy", target.retries, func() (*ssh.Client, error) {
		return target.handshakeOver(through)
	})
	if err != nil {
		through.Close()
		return nil, err
	}
	return &client{Client: inner, through: through}, nil
}

// handshakeOver logs in over a fresh channel of the proxy: one whose handshake
// has failed is of no more use.
func (s *settings) handshakeOver(through *ssh.Client) (*ssh.Client, error) {
	var conn net.Conn
	conn, err := through.Dial("tcp", s.address)
	if err != nil {
		return nil, err
	}
	transport, channels, requests, err := ssh.NewClientConn(conn, s.address, s.config)
	if err != nil {
		conn.Close()
		return nil, err
	}
	return ssh.NewClient(transport, channels, requests), nil
}
