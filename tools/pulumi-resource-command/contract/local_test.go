package contract

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestLocalCreateReturnsBothStreamsWithoutTheLastLineBreak(t *testing.T) {
	i := created(t, localCommand, props{"create": `printf 'one\ntwo\n\n'; echo three >&2`})
	i.wantText("stdout", "one\ntwo\n")
	i.wantText("stderr", "three")
	if !strings.HasPrefix(i.id, "TestLocalCreate") {
		t.Errorf("id %q does not begin with the resource's name", i.id)
	}
}

func TestLocalWithoutCommandsRunsNothing(t *testing.T) {
	i := created(t, localCommand, props{"stdin": "x"})
	i.wantText("stdout", "")
	mustWork(t, i.update(props{"stdin": "y"}))
	i.wantText("stdout", "")
	mustWork(t, i.delete())
}

func TestLocalUpdateRunsUpdateElseCreate(t *testing.T) {
	i := created(t, localCommand, props{"create": "echo created"})
	mustWork(t, i.update(props{"create": "echo created again"}))
	i.wantText("stdout", "created again")
	mustWork(t, i.update(props{"create": "echo created", "update": "echo updated"}))
	i.wantText("stdout", "updated")
}

func TestLocalDeleteRunsDeleteWithThePreviousOutputs(t *testing.T) {
	file := filepath.Join(t.TempDir(), "deleted")
	i := created(t, localCommand, props{
		"create": "echo out; echo err >&2",
		"delete": `echo "$PULUMI_COMMAND_STDOUT-$PULUMI_COMMAND_STDERR" > ` + file,
	})
	mustWork(t, i.delete())
	wantFile(t, file, "out-err\n")
}

func TestLocalUpdateSeesThePreviousOutputsUnlessTurnedOff(t *testing.T) {
	show := props{"create": "echo first", "update": `echo "<$PULUMI_COMMAND_STDOUT>"`}
	i := created(t, localCommand, props{"create": "echo first"})
	mustWork(t, i.update(show))
	i.wantText("stdout", "<first>")

	i = created(t, localCommand, props{"create": "echo first"})
	mustWork(t, i.update(show.with(props{"addPreviousOutputInEnv": false})))
	i.wantText("stdout", "<>")
}

func TestLocalInputsReachTheProcess(t *testing.T) {
	dir := t.TempDir()
	i := created(t, localCommand, props{
		"create":      `pwd; cat; echo "$CONTRACT_NAME"; echo "$0"`,
		"stdin":       "from stdin\n",
		"dir":         dir,
		"environment": props{"CONTRACT_NAME": "from the environment"},
		"interpreter": []any{"/bin/sh", "-u", "-c"},
	})
	i.wantText("stdout", dir+"\nfrom stdin\nfrom the environment\n/bin/sh")
}

func TestLocalFailureNamesStatusCommandAndOutput(t *testing.T) {
	i := declare(t, localCommand)
	err := i.create(props{"create": "echo some output; echo some fault >&2; exit 3"})
	text := mustFail(t, err)
	// The two streams are two pipes: their order among each other is not certain.
	prefix := "exit status 3: running \"echo some output; echo some fault >&2; exit 3\":\n"
	if !strings.HasPrefix(text, prefix) || !strings.Contains(text, "some output\n") || !strings.Contains(text, "some fault\n") {
		t.Errorf("error %q", text)
	}
}

func TestLocalFailureOfUpdateKeepsNothing(t *testing.T) {
	i := created(t, localCommand, props{"create": "echo fine"})
	mustFail(t, i.update(props{"create": "exit 4"}), "exit status 4")
	i.wantText("stdout", "fine")
}

func TestLocalMissingDirectoryAndInterpreterFail(t *testing.T) {
	i := declare(t, localCommand)
	mustFail(t, i.create(props{"create": "true", "dir": "/nonexistent"}), "no such file or directory", `running "true"`)
	mustFail(t, i.create(props{"create": "true", "interpreter": []any{"/nonexistent"}}), "no such file or directory")
}

func TestLocalLoggingModes(t *testing.T) {
	for mode, want := range map[string][]string{
		"": {"err", "out"}, "stdoutAndStderr": {"err", "out"}, "stdout": {"out"}, "stderr": {"err"}, "none": nil,
	} {
		t.Run(mode, func(t *testing.T) {
			args := props{"create": "echo err >&2; echo out"}
			if mode != "" {
				args["logging"] = mode
			}
			i := created(t, localCommand, args)
			// Two pipes: which of the two is read first is nobody's promise.
			wantEqual(t, "shown", slices.Sorted(slices.Values(plugin.engine.texts(i.urn, "info"))), want)
			i.wantText("stdout", "out")
			i.wantText("stderr", "err")
		})
	}
}

func TestLocalAssetsAndArchive(t *testing.T) {
	dir := t.TempDir()
	i := created(t, localCommand, props{
		"create":       "mkdir -p a/b; echo 1 > a/one.txt; echo 2 > a/b/two.txt; echo 3 > a/secret.txt",
		"dir":          dir,
		"assetPaths":   []any{"a/*.txt", "!**secret.txt"},
		"archivePaths": []any{"**.txt", "!a/*.txt"},
	})
	assets := i.output("assets").ObjectValue()
	if len(assets) != 1 || assets["a/one.txt"].AssetValue().Path != filepath.Join(dir, "a/one.txt") {
		t.Errorf("assets %v", assets)
	}
	archive := i.output("archive").ArchiveValue().Assets
	if len(archive) != 1 || archive["a/b/two.txt"] == nil {
		t.Errorf("archive %v", archive)
	}
}

func wantFile(t *testing.T, file, want string) {
	t.Helper()
	got, err := os.ReadFile(file)
	if err != nil || string(got) != want {
		t.Errorf("%s holds %q (%v), want %q", file, got, err, want)
	}
}

func wantNoFile(t *testing.T, file string) {
	t.Helper()
	if _, err := os.Stat(file); err == nil {
		t.Errorf("%s is there", file)
	}
}
