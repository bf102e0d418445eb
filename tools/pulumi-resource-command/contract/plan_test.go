package contract

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

func TestCheckFillsInTheDefaultsOfAConnection(t *testing.T) {
	for _, token := range []string{remoteCommand, copyToRemote} {
		args := props{"connection": props{"host": "h", "proxy": props{"host": "p"}}}
		if token == copyToRemote {
			args = args.with(props{"source": textAsset(t, "text"), "remotePath": "/r"})
		}
		checked := declare(t, token).checked(args)
		if !checked["connection"].IsSecret() {
			t.Errorf("%s: connection is not secret: %v", token, checked["connection"])
		}
		defaults := props{"port": 22.0, "user": "root", "dialErrorLimit": 10.0, "perDialTimeout": 15.0}
		want := defaults.with(props{"host": "h", "proxy": defaults.with(props{"host": "p"})}).properties()
		got := plain(checked["connection"])
		if diff := want.Diff(got.ObjectValue()); diff != nil {
			t.Errorf("%s: got %v, want %v", token, got, want)
		}
	}
}

func TestCheckNamesWhatIsMissing(t *testing.T) {
	_, faults := declare(t, remoteCommand).check(props{"create": "true"})
	if len(faults) != 1 {
		t.Errorf("without a connection: %q", faults)
	}
	_, faults = declare(t, remoteCommand).check(props{"connection": props{"user": "root"}})
	if len(faults) != 1 {
		t.Errorf("without a host: %q", faults)
	}
	_, faults = declare(t, copyToRemote).check(props{"connection": props{"host": "h"}, "source": textAsset(t, "x")})
	if len(faults) != 1 {
		t.Errorf("without a path: %q", faults)
	}
}

func TestCheckMarksTheWholeConnectionSecret(t *testing.T) {
	checked := declare(t, remoteCommand).checked(props{"connection": props{"host": "h"}, "create": "true"})
	if !checked["connection"].IsSecret() || checked["create"].IsSecret() {
		t.Errorf("checked: %v", checked)
	}
}

// A provider says only that a trigger differs. That this replaces the resource is
// the doing of the npm package, which passes replaceOnChanges for `triggers[*]`.
func TestDiffNamesWhatDiffersAndLeavesReplacingToTheProgram(t *testing.T) {
	s, other := startServer(t), newServer(t)
	connection := s.connection(t)
	remote := props{"connection": connection, "create": "true", "triggers": []any{"a", 1.0}}
	file := props{
		"connection": connection, "source": textAsset(t, "one"), "remotePath": t.TempDir() + "/f", "triggers": []any{"a"},
	}
	local := props{"create": "true", "triggers": []any{"a", props{"b": "c"}}}
	for _, c := range []struct {
		name, token string
		args        props
		change      props
		want        []string
	}{
		{"no change", remoteCommand, remote, props{}, nil},
		{"trigger", remoteCommand, remote, props{"triggers": []any{"b", 1.0}}, []string{"triggers[0]"}},
		{"one more trigger", remoteCommand, remote, props{"triggers": []any{"a", 1.0, "c"}}, []string{"triggers[2]"}},
		{"one trigger less", remoteCommand, remote, props{"triggers": []any{"a"}}, []string{"triggers[1]"}},
		{"unknown trigger", remoteCommand, remote, props{"triggers": []any{unknown(), 1.0}}, []string{"triggers[0]"}},
		{"stdin", remoteCommand, remote, props{"stdin": "x"}, []string{"stdin"}},
		{"unknown stdin", remoteCommand, remote, props{"stdin": unknown()}, []string{"stdin"}},
		{"create", remoteCommand, remote, props{"create": "false"}, []string{"create"}},
		{"update", remoteCommand, remote, props{"update": "false"}, []string{"update"}},
		{"delete", remoteCommand, remote, props{"delete": "false"}, []string{"delete"}},
		{"environment", remoteCommand, remote, props{"environment": props{"A": "b"}}, []string{"environment"}},
		{"logging", remoteCommand, remote, props{"logging": "none"}, []string{"logging"}},
		{"connection", remoteCommand, remote, props{"connection": other.connection(t)}, []string{"connection"}},
		{
			"dial limit", remoteCommand, remote,
			props{"connection": connection.with(props{"dialErrorLimit": 9.0})}, []string{"connection"},
		},
		{"local: no change", localCommand, local, props{}, nil},
		{"local: trigger", localCommand, local, props{"triggers": []any{"a", props{"b": "d"}}}, []string{"triggers[1].b"}},
		{"local: interpreter", localCommand, local, props{"interpreter": []any{"sh"}}, []string{"interpreter"}},
		{"copy: no change", copyToRemote, file, props{}, nil},
		{"copy: trigger", copyToRemote, file, props{"triggers": []any{"b"}}, []string{"triggers[0]"}},
		{"copy: source", copyToRemote, file, props{"source": textAsset(t, "two")}, []string{"source"}},
		{"copy: path", copyToRemote, file, props{"remotePath": "/other"}, []string{"remotePath"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			i := created(t, c.token, c.args)
			paths, replaces := i.diff(c.args.with(c.change))
			wantEqual(t, "differs", paths, c.want)
			wantEqual(t, "replaces", replaces, false)
		})
	}
}

func TestPreviewRunsNothingAndDoesNotKnowTheOutputs(t *testing.T) {
	file := t.TempDir() + "/made"
	for token, args := range map[string]props{
		localCommand:  {"create": "touch " + file, "stdin": unknown()},
		remoteCommand: {"create": "touch " + file, "stdin": unknown(), "connection": newServer(t).connection(t)},
	} {
		state := declare(t, token).previewCreate(args)
		for _, output := range []resource.PropertyKey{"stdout", "stderr"} {
			if !plain(state[output]).IsComputed() {
				t.Errorf("%s: %s = %v, want unknown", token, output, state[output])
			}
		}
	}
	wantNoFile(t, file)
}

func TestPreviewWithUnknownHostWorks(t *testing.T) {
	state := declare(t, remoteCommand).previewCreate(props{
		"connection": props{"host": unknown(), "privateKey": unknown()}, "create": "true",
	})
	if !plain(state["stdout"]).IsComputed() {
		t.Errorf("stdout = %v, want unknown", state["stdout"])
	}
}

// What a command prints is not secret because its inputs are: a program whose
// command prints secrets has to say additionalSecretOutputs.
func TestSecretsStaySecretButDoNotSpreadToTheOutputs(t *testing.T) {
	s := startServer(t)
	for token, args := range map[string]props{
		localCommand:  {},
		remoteCommand: {"connection": s.connection(t)},
	} {
		i := created(t, token, args.with(props{"create": "cat", "stdin": secret("hush"), "environment": props{}}))
		for _, input := range []string{"stdin", "connection"} {
			if _, given := i.inputs[resource.PropertyKey(input)]; given && !i.output(input).IsSecret() {
				t.Errorf("%s: %s is not secret any more", token, input)
			}
		}
		for _, output := range []string{"stdout", "stderr"} {
			if i.output(output).IsSecret() {
				t.Errorf("%s: %s is secret", token, output)
			}
		}
		i.wantText("stdout", "hush")
	}
}

func plain(value resource.PropertyValue) resource.PropertyValue {
	for value.IsSecret() || value.IsOutput() {
		if value.IsSecret() {
			value = value.SecretValue().Element
			continue
		}
		output := value.OutputValue()
		if !output.Known {
			return unknown()
		}
		value = output.Element
	}
	if !value.IsObject() {
		return value
	}
	bare := resource.PropertyMap{}
	for key, member := range value.ObjectValue() {
		bare[key] = plain(member)
	}
	return resource.NewObjectProperty(bare)
}
