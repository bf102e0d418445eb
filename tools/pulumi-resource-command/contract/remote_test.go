package contract

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestRemoteCreateReturnsBothStreamsWithoutTheLastLineBreak(t *testing.T) {
	s := startServer(t)
	i := created(t, remoteCommand, props{
		"connection": s.connection(t), "create": `printf 'one\ntwo\n\n'; echo three >&2`,
	})
	i.wantText("stdout", "one\ntwo\n")
	i.wantText("stderr", "three")
}

func TestRemoteStdinReachesTheCommand(t *testing.T) {
	s := startServer(t)
	text := strings.Repeat("a line of a rendered file\n", 40_000) // 1 MB: more than any window
	i := created(t, remoteCommand, props{
		"connection": s.connection(t), "create": "wc -c; cat /dev/null", "stdin": text, "logging": "none",
	})
	i.wantText("stdout", "1040000")
}

func TestRemoteUpdateRunsUpdateElseCreate(t *testing.T) {
	s := startServer(t)
	args := props{"connection": s.connection(t), "create": "echo created"}
	i := created(t, remoteCommand, args)
	mustWork(t, i.update(args.with(props{"create": "echo created again"})))
	i.wantText("stdout", "created again")
	mustWork(t, i.update(args.with(props{"update": "echo updated"})))
	i.wantText("stdout", "updated")
}

func TestRemoteUpdateUsesTheNewConnection(t *testing.T) {
	before, after := startServer(t), startServer(t)
	i := created(t, remoteCommand, props{"connection": before.connection(t), "create": "echo done"})
	before.stop()
	mustWork(t, i.update(props{"connection": after.connection(t), "create": "echo done"}))
	if after.dials() != 1 {
		t.Errorf("%d connections to the new server, want 1", after.dials())
	}
}

func TestRemoteDeleteRunsDelete(t *testing.T) {
	s := startServer(t)
	file := filepath.Join(t.TempDir(), "deleted")
	i := created(t, remoteCommand, props{"connection": s.connection(t), "create": "true", "delete": "echo gone > " + file})
	mustWork(t, i.delete())
	wantFile(t, file, "gone\n")
}

func TestRemoteDeleteWithoutDeleteDoesNotDial(t *testing.T) {
	s := startServer(t)
	i := created(t, remoteCommand, props{"connection": s.connection(t), "create": "true"})
	dials := s.dials()
	mustWork(t, i.delete())
	wantEqual(t, "connections", s.dials(), dials)
	s.stop()
	mustWork(t, i.delete())
}

func TestRemoteDeleteDialsTheConnectionInTheState(t *testing.T) {
	s := startServer(t)
	i := created(t, remoteCommand, props{"connection": s.connection(t), "create": "true", "delete": "true"})
	s.stop()
	mustFail(t, i.delete(), "after 1 failed attempts: dial tcp 127.0.0.1:", "connection refused")
}

func TestRemoteWithoutCommandsDoesNotDial(t *testing.T) {
	s := newServer(t) // not started
	i := created(t, remoteCommand, props{"connection": s.connection(t), "stdin": "x"})
	mustWork(t, i.update(props{"connection": s.connection(t), "stdin": "y"}))
	i.wantText("stdout", "")
}

func TestRemoteFailureNamesStatusCommandAndOutput(t *testing.T) {
	s := startServer(t)
	i := declare(t, remoteCommand)
	err := i.create(props{"connection": s.connection(t), "create": "echo some output; exit 3"})
	want := "Process exited with status 3: running \"echo some output; exit 3\":\nsome output\n"
	wantEqual(t, "error", mustFail(t, err), want)
}

func TestRemoteSignalIsAFailure(t *testing.T) {
	s := startServer(t)
	i := declare(t, remoteCommand)
	mustFail(t, i.create(props{"connection": s.connection(t), "create": "kill -9 $$"}), "signal KILL", "running")
}

func TestRemoteFailureOfUpdateKeepsNothing(t *testing.T) {
	s := startServer(t)
	args := props{"connection": s.connection(t), "create": "echo fine"}
	i := created(t, remoteCommand, args)
	mustFail(t, i.update(args.with(props{"create": "exit 4"})), "status 4")
	i.wantText("stdout", "fine")
}

func TestRemoteEnvironmentNeedsTheServersConsent(t *testing.T) {
	s := startServer(t)
	args := props{"connection": s.connection(t), "create": `echo "$CONTRACT_NAME"`}
	i := created(t, remoteCommand, args.with(props{"environment": props{"CONTRACT_NAME": "value"}}))
	i.wantText("stdout", "value")

	i = declare(t, remoteCommand)
	err := i.create(args.with(props{"environment": props{"OTHER": "value"}}))
	mustFail(t, err, `could not set environment variable "OTHER"`)
	if texts := plugin.engine.texts(i.urn, "error"); len(texts) != 1 || !strings.Contains(texts[0], "AcceptEnv") {
		t.Errorf("logged errors %q, want one that names AcceptEnv", texts)
	}
}

func TestRemotePreviousOutputsOnlyWarnWhereTheyAreRefused(t *testing.T) {
	s := startServer(t)
	args := props{"connection": s.connection(t), "create": "echo one; echo two >&2"}
	i := created(t, remoteCommand, args)
	mustWork(t, i.update(args.with(props{"stdin": "x"})))
	warnings := plugin.engine.texts(i.urn, "warning")
	if len(warnings) != 2 || !strings.HasPrefix(warnings[0], "Unable to set 'PULUMI_COMMAND_STDOUT'") ||
		!strings.HasPrefix(warnings[1], "Unable to set 'PULUMI_COMMAND_STDERR'") {
		t.Errorf("warnings %q", warnings)
	}
}

func TestRemotePreviousOutputsCanBeTurnedOff(t *testing.T) {
	s := startServer(t)
	args := props{"connection": s.connection(t), "create": "echo one", "addPreviousOutputInEnv": false}
	i := created(t, remoteCommand, args)
	mustWork(t, i.update(args.with(props{"stdin": "x"})))
	wantEqual(t, "warnings", plugin.engine.texts(i.urn, "warning"), []string(nil))
}

func TestRemoteLoggingModes(t *testing.T) {
	s := startServer(t)
	for mode, want := range map[string][]string{
		"": {"err", "out"}, "stdoutAndStderr": {"err", "out"}, "stdout": {"out"}, "stderr": {"err"}, "none": nil,
	} {
		t.Run(mode, func(t *testing.T) {
			args := props{"connection": s.connection(t), "create": "echo err >&2; echo out"}
			if mode != "" {
				args["logging"] = mode
			}
			i := created(t, remoteCommand, args)
			// Two pipes: which of the two is read first is nobody's promise.
			wantEqual(t, "shown", slices.Sorted(slices.Values(plugin.engine.texts(i.urn, "info"))), want)
			i.wantText("stdout", "out")
			i.wantText("stderr", "err")
		})
	}
}

// Not in the contract: the official plugin leaves connections open until it ends.
func TestRemoteConnectionIsClosedAfterTheCommand(t *testing.T) {
	if official {
		t.Skip("an improvement of our plugin")
	}
	s, proxy := startServer(t), startServer(t)
	connection := s.connection(t).with(props{"proxy": proxy.connection(t)})
	created(t, remoteCommand, props{"connection": connection, "create": "true"})
	for _, end := range []*server{s, proxy} {
		end.waitForOne("Connection closed by", "Connection reset by", "Disconnected from", "Read error from")
	}
}

// Not in the contract: the official plugin waits for ever on a line over 64 KB.
func TestRemoteShowsLinesOfAnyLength(t *testing.T) {
	if official {
		t.Skip("an improvement of our plugin")
	}
	s := startServer(t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		i := created(t, remoteCommand, props{
			"connection": s.connection(t), "create": "head -c 200000 /dev/zero | tr '\\0' x",
		})
		i.wantText("stdout", strings.Repeat("x", 200_000))
	}()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Fatal("still running")
	}
}
