package contract

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/emptypb"
)

// plugin is the plugin under test, shared by all tests, as the engine shares one
// between all resources of a program.
var plugin struct {
	pulumirpc.ResourceProviderClient
	engine *engine
}

// official tells that the plugin is not ours; improvements are then not asked for.
var official = os.Getenv("COMMAND_PLUGIN") != ""

func TestMain(m *testing.M) {
	code, err := runAll(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func runAll(m *testing.M) (int, error) {
	if _, err := sshdPath(); err != nil {
		return 0, err
	}
	dir, err := os.MkdirTemp("", "contract")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	binary, err := pluginBinary(dir)
	if err != nil {
		return 0, err
	}
	fmt.Println("plugin under test:", binary)

	plugin.engine = &engine{lines: map[string][]logLine{}}
	address, stopEngine, err := plugin.engine.serve()
	if err != nil {
		return 0, err
	}
	defer stopEngine()
	stopPlugin, err := startPlugin(binary, address)
	if err != nil {
		return 0, err
	}
	defer stopPlugin()
	return m.Run(), nil
}

func pluginBinary(dir string) (string, error) {
	if given := os.Getenv("COMMAND_PLUGIN"); given != "" {
		return filepath.Abs(given)
	}
	binary := filepath.Join(dir, "pulumi-resource-command")
	build := exec.Command("go", "build", "-o", binary, "..")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	build.Stderr = os.Stderr
	return binary, build.Run()
}

// startPlugin starts the binary as the engine does: it gets the engine's address
// as argument and says its own port on the first line of its standard output.
func startPlugin(binary, engineAddress string) (stop func(), err error) {
	process := exec.Command(binary, engineAddress)
	process.Stderr = os.Stderr
	// An agent of whoever runs the tests must not log in for them.
	process.Env = append(os.Environ(), "SSH_AUTH_SOCK=")
	stdout, err := process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := process.Start(); err != nil {
		return nil, err
	}
	kill := func() {
		_ = process.Process.Kill()
		_ = process.Wait()
	}
	port, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		kill()
		return nil, fmt.Errorf("the plugin did not say its port: %w", err)
	}
	conn, err := grpc.NewClient("127.0.0.1:"+strings.TrimSpace(port),
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		kill()
		return nil, err
	}
	plugin.ResourceProviderClient = pulumirpc.NewResourceProviderClient(conn)
	_, err = plugin.Configure(context.Background(), &pulumirpc.ConfigureRequest{
		AcceptSecrets: true, AcceptResources: true, SendsOldInputs: true, SendsOldInputsToDelete: true,
	})
	if err != nil {
		kill()
		return nil, fmt.Errorf("the plugin cannot be configured: %w", err)
	}
	return kill, nil
}

// engine is the side of the engine that a plugin logs to.
type engine struct {
	pulumirpc.UnimplementedEngineServer
	mu    sync.Mutex
	lines map[string][]logLine // by URN
}

type logLine struct {
	severity  string
	ephemeral bool
	text      string
}

func (e *engine) serve() (address string, stop func(), err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := grpc.NewServer()
	pulumirpc.RegisterEngineServer(server, e)
	go func() { _ = server.Serve(listener) }()
	return listener.Addr().String(), server.Stop, nil
}

// Log keeps a line.
func (e *engine) Log(_ context.Context, req *pulumirpc.LogRequest) (*emptypb.Empty, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.lines[req.Urn] = append(e.lines[req.Urn], logLine{
		strings.ToLower(req.Severity.String()), req.Ephemeral, strings.TrimRight(req.Message, "\n"),
	})
	return &emptypb.Empty{}, nil
}

// texts are the messages of one severity for a resource, in order.
func (e *engine) texts(urn, severity string) []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var texts []string
	for _, line := range e.lines[urn] {
		if line.severity == severity {
			texts = append(texts, line.text)
		}
	}
	return texts
}
