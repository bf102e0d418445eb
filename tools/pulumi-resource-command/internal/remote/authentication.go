package remote

import (
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// settings are what SSH needs to know of an endpoint, and the connection to the
// agent that the keys come from, to be closed after use.
type settings struct {
	address string
	retries int
	config  *ssh.ClientConfig
	agent   io.Closer
}

func (s *settings) close() {
	if s.agent != nil {
		s.agent.Close()
	}
}

func (e *endpoint) settings() (*settings, error) {
	config := &ssh.ClientConfig{
		User:    or(e.User, defaultUser),
		Timeout: time.Duration(or(e.PerDialTimeout, defaultPerDialTimeout)) * time.Second,
	}
	if err := e.setHostKey(config); err != nil {
		return nil, err
	}
	if err := e.setPrivateKey(config); err != nil {
		return nil, err
	}
	e.setPassword(config)
	closer, err := e.setAgent(config)
	if err != nil {
		return nil, err
	}
	port := strconv.Itoa(int(or(e.Port, defaultPort)))
	return &settings{
		address: net.JoinHostPort(or(e.Host, ""), port),
		retries: or(e.DialErrorLimit, defaultDialErrorLimit),
		config:  config,
		agent:   closer,
	}, nil
}

func (e *endpoint) setHostKey(config *ssh.ClientConfig) error {
	if e.HostKey == nil {
		// The contract: no key given, none checked.
		config.HostKeyCallback = ssh.InsecureIgnoreHostKey()
		return nil
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(*e.HostKey))
	if err != nil {
		return fmt.Errorf("failed to parse host key: %w", err)
	}
	config.HostKeyCallback = ssh.FixedHostKey(key)
	// A server has keys of several kinds and would else show another than this.
	config.HostKeyAlgorithms = []string{key.Type()}
	return nil
}

func (e *endpoint) setPrivateKey(config *ssh.ClientConfig) error {
	if e.PrivateKey == nil {
		return nil
	}
	var signer ssh.Signer
	var err error
	if e.PrivateKeyPassword != nil {
		signer, err = ssh.ParsePrivateKeyWithPassphrase([]byte(*e.PrivateKey), []byte(*e.PrivateKeyPassword))
	} else {
		signer, err = ssh.ParsePrivateKey([]byte(*e.PrivateKey))
	}
	if err != nil {
		return err
	}
	config.Auth = append(config.Auth, ssh.PublicKeys(signer))
	return nil
}

func (e *endpoint) setPassword(config *ssh.ClientConfig) {
	if e.Password == nil {
		return
	}
	password := *e.Password
	answer := func(_, _ string, questions []string, _ []bool) ([]string, error) {
		answers := make([]string, len(questions))
		for i := range answers {
			answers[i] = password
		}
		return answers, nil
	}
	config.Auth = append(config.Auth, ssh.Password(password), ssh.KeyboardInteractive(answer))
}

func (e *endpoint) setAgent(config *ssh.ClientConfig) (io.Closer, error) {
	path := or(e.AgentSocketPath, os.Getenv("SSH_AUTH_SOCK"))
	if path == "" && e.AgentSocketPath == nil {
		return nil, nil
	}
	conn, err := net.Dial("unix", path)
	if err != nil {
		return nil, err
	}
	config.Auth = append(config.Auth, ssh.PublicKeysCallback(agent.NewClient(conn).Signers))
	return conn, nil
}

func or[T any](value *T, otherwise T) T {
	if value == nil {
		return otherwise
	}
	return *value
}
