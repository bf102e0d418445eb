package contract

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

func sshdPath() (string, error) {
	for _, candidate := range []string{"sshd", "/usr/sbin/sshd"} {
		if path, err := exec.LookPath(candidate); err == nil {
			return filepath.Abs(path) // sshd starts itself again and wants an absolute path
		}
	}
	return "", errors.New("these tests need an SSH server: apt-get install openssh-server " +
		"(it need not run; they start their own on the loopback interface)")
}

// keyPair is an SSH key in the forms that the two sides want.
type keyPair struct {
	signer         ssh.Signer
	private        string // PEM
	authorizedLine string
}

func newKey(t *testing.T, private crypto.PrivateKey) keyPair {
	t.Helper()
	block, err := ssh.MarshalPrivateKey(private, "")
	mustWork(t, err)
	signer, err := ssh.NewSignerFromKey(private)
	mustWork(t, err)
	return keyPair{signer, string(pem.EncodeToMemory(block)), string(ssh.MarshalAuthorizedKey(signer.PublicKey()))}
}

func newEd25519(t *testing.T) keyPair {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	mustWork(t, err)
	return newKey(t, private)
}

func newECDSA(t *testing.T) keyPair {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	mustWork(t, err)
	return newKey(t, private)
}

// server is an OpenSSH server on a loopback port that lets one key in. It has
// host keys of two kinds, as servers have.
type server struct {
	t              *testing.T
	port           int
	client         keyPair
	ed25519, ecdsa keyPair
	dir            string
	process        *exec.Cmd
}

// newServer prepares a server and a port that nobody listens on yet.
func newServer(t *testing.T) *server {
	t.Helper()
	s := &server{t: t, client: newEd25519(t), ed25519: newEd25519(t), ecdsa: newECDSA(t), dir: t.TempDir()}
	s.port = freePort(t)
	s.write("authorized_keys", s.client.authorizedLine)
	s.write("ed25519", s.ed25519.private)
	s.write("ecdsa", s.ecdsa.private)
	s.write("sshd_config", fmt.Sprintf(`
ListenAddress 127.0.0.1:%d
HostKey %[2]s/ed25519
HostKey %[2]s/ecdsa
AuthorizedKeysFile %[2]s/authorized_keys
PidFile none
StrictModes no
UsePAM no
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
MaxStartups 100
AcceptEnv CONTRACT_*
Subsystem sftp internal-sftp
LogLevel VERBOSE
`, s.port, s.dir))
	return s
}

func startServer(t *testing.T) *server {
	t.Helper()
	s := newServer(t)
	s.start()
	return s
}

func (s *server) write(name, text string) {
	s.t.Helper()
	mustWork(s.t, os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600))
}

func (s *server) start() {
	s.t.Helper()
	if os.Getuid() == 0 {
		mustWork(s.t, os.MkdirAll("/run/sshd", 0o755)) // sshd of root refuses to start without
	}
	path, err := sshdPath()
	mustWork(s.t, err)
	s.process = exec.Command(path, "-D", "-e", "-f", filepath.Join(s.dir, "sshd_config"))
	// A file: an open session holds the log, and a pipe would have to wait for it.
	log, err := os.Create(filepath.Join(s.dir, "log"))
	mustWork(s.t, err)
	defer log.Close()
	s.process.Stderr = log
	mustWork(s.t, s.process.Start())
	s.t.Cleanup(s.stop)
	s.waitForOne("Server listening")
}

func (s *server) stop() {
	if s.process != nil {
		_ = s.process.Process.Kill()
		_ = s.process.Wait()
		s.process = nil
	}
}

// logged counts a text in the server's log.
func (s *server) logged(text string) int { return strings.Count(s.log(), text) }

func (s *server) log() string {
	text, _ := os.ReadFile(filepath.Join(s.dir, "log")) // none: it was never started
	return string(text)
}

// dials counts the connections that reached the server.
func (s *server) dials() int { return s.logged("Connection from ") }

// waitForOne waits until one of the texts is in the server's log.
func (s *server) waitForOne(texts ...string) {
	s.t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		for _, text := range texts {
			if s.logged(text) > 0 {
				return
			}
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("the server did not log any of %q; its log:\n%s", texts, s.log())
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// connection is what a program passes as `connection`, with few retries, so that
// a failure is one within a second.
func (s *server) connection(t *testing.T) props {
	t.Helper()
	me, err := user.Current()
	mustWork(t, err)
	return props{
		"host": "127.0.0.1", "port": float64(s.port), "user": me.Username,
		"privateKey": s.client.private, "dialErrorLimit": 1.0,
	}
}

// freePort returns a port that was free a moment ago.
func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	mustWork(t, err)
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}
