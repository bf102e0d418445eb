package contract

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"net"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// try runs a trivial command over a connection.
func try(t *testing.T, connection props) (*instance, error) {
	t.Helper()
	i := declare(t, remoteCommand)
	return i, i.create(props{"connection": connection, "create": "echo done"})
}

func TestHostKeyThatMatchesIsAcceptedWhicheverKindIsPinned(t *testing.T) {
	s := startServer(t)
	for _, key := range []keyPair{s.ed25519, s.ecdsa} {
		_, err := try(t, s.connection(t).with(props{"hostKey": key.authorizedLine}))
		mustWork(t, err)
	}
}

func TestHostKeyOfAnotherServerIsRefused(t *testing.T) {
	s := startServer(t)
	_, err := try(t, s.connection(t).with(props{"hostKey": newEd25519(t).authorizedLine}))
	mustFail(t, err, "after 1 failed attempts: ssh: handshake failed: ssh: host key mismatch")
	wantEqual(t, "log-ins", s.logged("Accepted publickey"), 0)
}

func TestHostKeyThatIsNoneFailsWithoutDialling(t *testing.T) {
	s := startServer(t)
	_, err := try(t, s.connection(t).with(props{"hostKey": "no key"}))
	mustFail(t, err, "failed to parse host key: ssh: no key found")
	wantEqual(t, "connections", s.dials(), 0)
}

func TestKeyThatTheServerDoesNotKnowFailsAfterTheRetries(t *testing.T) {
	s := startServer(t)
	_, err := try(t, s.connection(t).with(props{"privateKey": newEd25519(t).private, "dialErrorLimit": 2.0}))
	mustFail(t, err, "after 2 failed attempts: ssh: handshake failed: ssh: unable to authenticate, "+
		"attempted methods [none publickey]")
	wantEqual(t, "connections", s.dials(), 3)
}

func TestKeyThatIsNoneFailsWithoutDialling(t *testing.T) {
	s := startServer(t)
	_, err := try(t, s.connection(t).with(props{"privateKey": "no key"}))
	mustFail(t, err, "ssh: no key found")
	wantEqual(t, "connections", s.dials(), 0)
}

func TestEncryptedKeyNeedsItsPassword(t *testing.T) {
	s := startServer(t)
	_, private, err := ed25519.GenerateKey(rand.Reader)
	mustWork(t, err)
	block, err := ssh.MarshalPrivateKeyWithPassphrase(private, "", []byte("open sesame"))
	mustWork(t, err)
	s.write("authorized_keys", newKey(t, private).authorizedLine)
	connection := s.connection(t).with(props{"privateKey": string(pem.EncodeToMemory(block))})

	_, err = try(t, connection.with(props{"privateKeyPassword": "open sesame"}))
	mustWork(t, err)
	_, err = try(t, connection)
	mustFail(t, err, "ssh: this private key is passphrase protected")
	_, err = try(t, connection.with(props{"privateKeyPassword": "open barley"}))
	mustFail(t, err, "decryption password incorrect")
}

func TestPasswordIsOfferedAfterTheKey(t *testing.T) {
	s := startServer(t)
	_, err := try(t, s.connection(t).with(props{"password": "unused"}))
	mustWork(t, err)
	connection := s.connection(t).with(props{"password": "wrong"})
	delete(connection, "privateKey")
	_, err = try(t, connection) // the server takes keys only
	mustFail(t, err, "ssh: unable to authenticate, attempted methods [none]")
}

func TestAgentLogsIn(t *testing.T) {
	s := startServer(t)
	_, private, err := ed25519.GenerateKey(rand.Reader)
	mustWork(t, err)
	s.write("authorized_keys", newKey(t, private).authorizedLine)
	keyring := agent.NewKeyring()
	mustWork(t, keyring.Add(agent.AddedKey{PrivateKey: private}))
	socket := filepath.Join(s.dir, "agent")
	listener, err := net.Listen("unix", socket)
	mustWork(t, err)
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() { _ = agent.ServeAgent(keyring, conn) }()
		}
	}()

	connection := s.connection(t).with(props{"agentSocketPath": socket})
	delete(connection, "privateKey")
	_, err = try(t, connection)
	mustWork(t, err)
	_, err = try(t, connection.with(props{"agentSocketPath": socket + "-none"}))
	mustFail(t, err, "dial unix "+socket+"-none")
}

func TestDialIsRetriedUntilTheServerIsThere(t *testing.T) {
	for _, c := range []struct {
		name  string
		limit any
		line  string
	}{{"ten by default", nil, "Dial 1/10 failed: retrying"}, {"without end", -1.0, "Dial 1/inf failed: retrying"}} {
		t.Run(c.name, func(t *testing.T) {
			s := newServer(t)
			connection := s.connection(t).with(props{"dialErrorLimit": c.limit})
			if c.limit == nil {
				delete(connection, "dialErrorLimit")
			}
			late := time.AfterFunc(time.Second, s.start)
			t.Cleanup(func() { late.Stop() })
			i, err := try(t, connection)
			mustWork(t, err)
			lines := plugin.engine.texts(i.urn, "info")
			if len(lines) < 3 || lines[0] != c.line {
				t.Errorf("shown %q, want several, the first %q", lines, c.line)
			}
		})
	}
}

func TestDialErrorLimitCountsTheRetries(t *testing.T) {
	s := newServer(t) // not started
	for limit, want := range map[float64]string{
		0: "after 0 failed attempts: dial tcp 127.0.0.1:",
		1: "after 1 failed attempts: dial tcp 127.0.0.1:",
		3: "after 3 failed attempts: dial tcp 127.0.0.1:",
	} {
		i, err := try(t, s.connection(t).with(props{"dialErrorLimit": limit}))
		mustFail(t, err, want, "connect: connection refused")
		wantEqual(t, "retries", len(plugin.engine.texts(i.urn, "info")), int(limit))
	}
}

func TestDialPausesGrow(t *testing.T) {
	s := newServer(t) // not started
	begin := time.Now()
	_, err := try(t, s.connection(t).with(props{"dialErrorLimit": 5.0}))
	mustFail(t, err, "after 5 failed attempts")
	// 0.1 s × (1 + 1.5 + 1.5² + 1.5³ + 1.5⁴)
	if took := time.Since(begin); took < 1300*time.Millisecond || took > 4*time.Second {
		t.Errorf("five retries took %v, want about 1.3 s", took)
	}
}

func TestProxyLeadsToTheServer(t *testing.T) {
	s, proxy := startServer(t), startServer(t)
	i, err := try(t, s.connection(t).with(props{
		"hostKey": s.ed25519.authorizedLine,
		"proxy":   proxy.connection(t).with(props{"hostKey": proxy.ed25519.authorizedLine}),
	}))
	mustWork(t, err)
	i.wantText("stdout", "done")
	wantEqual(t, "log-ins at the proxy", proxy.logged("Accepted publickey"), 1)
	wantEqual(t, "log-ins at the server", s.logged("Accepted publickey"), 1)
}

func TestProxyFailuresSaySo(t *testing.T) {
	s, proxy := startServer(t), startServer(t)
	stranger := newEd25519(t)

	_, err := try(t, s.connection(t).with(props{
		"proxy": proxy.connection(t).with(props{"hostKey": stranger.authorizedLine}),
	}))
	mustFail(t, err, "proxy: after 1 failed attempts: ssh: handshake failed: ssh: host key mismatch")

	_, err = try(t, s.connection(t).with(props{
		"proxy": proxy.connection(t).with(props{"privateKey": stranger.private}),
	}))
	mustFail(t, err, "proxy: after 1 failed attempts: ssh: handshake failed: ssh: unable to authenticate")

	_, err = try(t, s.connection(t).with(props{
		"dialErrorLimit": 0.0, "hostKey": stranger.authorizedLine, "proxy": proxy.connection(t),
	}))
	mustFail(t, err, "proxy: after 0 failed attempts: ssh: handshake failed: ssh: host key mismatch")

	s.stop()
	_, err = try(t, s.connection(t).with(props{"proxy": proxy.connection(t)}))
	mustFail(t, err, "proxy: after 1 failed attempts: ssh: rejected: connect failed (Connection refused)")

	proxy.stop()
	i, err := try(t, s.connection(t).with(props{"proxy": proxy.connection(t)}))
	mustFail(t, err, "proxy: after 1 failed attempts: dial tcp 127.0.0.1:")
	wantEqual(t, "shown", plugin.engine.texts(i.urn, "info"), []string{"Dial proxy 1/1 failed: retrying"})
}

func TestProxyIsAskedAgainUntilTheServerIsThere(t *testing.T) {
	s, proxy := newServer(t), startServer(t)
	late := time.AfterFunc(time.Second, s.start)
	t.Cleanup(func() { late.Stop() })
	i, err := try(t, s.connection(t).with(props{"dialErrorLimit": 10.0, "proxy": proxy.connection(t)}))
	mustWork(t, err)
	if lines := plugin.engine.texts(i.urn, "info"); len(lines) < 3 || lines[0] != "Dial from proxy 1/10 failed: retrying" {
		t.Errorf("shown %q", lines)
	}
	wantEqual(t, "log-ins at the proxy", proxy.logged("Accepted publickey"), 1)
}

// Not in the contract: the official plugin tries a failed handshake again over the
// same, useless channel and then reports that channel's end.
func TestProxyRetriesTheHandshakeOverAFreshChannel(t *testing.T) {
	if official {
		t.Skip("an improvement of our plugin")
	}
	s, proxy := startServer(t), startServer(t)
	_, err := try(t, s.connection(t).with(props{
		"hostKey": newEd25519(t).authorizedLine, "proxy": proxy.connection(t),
	}))
	mustFail(t, err, "proxy: after 1 failed attempts: ssh: handshake failed: ssh: host key mismatch")
	wantEqual(t, "connections", s.dials(), 2)
}
