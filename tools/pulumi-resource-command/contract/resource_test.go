package contract

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	rpc "github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/structpb"
)

const (
	localCommand  = "command:local:Command"
	remoteCommand = "command:remote:Command"
	copyToRemote  = "command:remote:CopyToRemote"
)

// props is what a program writes as a resource's arguments: plain values, assets
// and resource.PropertyValue (for secrets and unknowns).
type props map[string]any

func (p props) with(more props) props {
	merged := maps.Clone(p)
	maps.Copy(merged, more)
	return merged
}

func (p props) properties() resource.PropertyMap {
	return resource.NewPropertyMapFromMap(p)
}

var marshalling = rpc.MarshalOptions{
	KeepUnknowns: true, KeepSecrets: true, KeepResources: true, ComputeAssetHashes: true,
}

func marshal(t *testing.T, properties resource.PropertyMap) *structpb.Struct {
	t.Helper()
	if properties == nil {
		return nil
	}
	message, err := rpc.MarshalProperties(properties, marshalling)
	if err != nil {
		t.Fatal(err)
	}
	return message
}

func unmarshal(t *testing.T, message *structpb.Struct) resource.PropertyMap {
	t.Helper()
	properties, err := rpc.UnmarshalProperties(message, marshalling)
	if err != nil {
		t.Fatal(err)
	}
	return properties
}

// instance is a resource as the engine keeps it between calls.
type instance struct {
	t              *testing.T
	token, urn, id string
	inputs, state  resource.PropertyMap
}

func declare(t *testing.T, token string) *instance {
	name := strings.NewReplacer("/", "-", " ", "-").Replace(t.Name())
	urn := fmt.Sprintf("urn:pulumi:test::contract::%s::%s-%d", token, name, time.Now().UnixNano())
	return &instance{t: t, token: token, urn: urn}
}

// check returns the checked arguments and the faults, "property: reason".
func (i *instance) check(args props) (resource.PropertyMap, []string) {
	i.t.Helper()
	response, err := plugin.Check(i.t.Context(), &pulumirpc.CheckRequest{
		Urn: i.urn, Olds: marshal(i.t, i.inputs), News: marshal(i.t, args.properties()),
	})
	if err != nil {
		i.t.Fatal(message(err))
	}
	var faults []string
	for _, failure := range response.Failures {
		faults = append(faults, failure.Property+": "+failure.Reason)
	}
	return unmarshal(i.t, response.Inputs), faults
}

func (i *instance) checked(args props) resource.PropertyMap {
	i.t.Helper()
	inputs, faults := i.check(args)
	if len(faults) > 0 {
		i.t.Fatalf("faults: %q", faults)
	}
	return inputs
}

func (i *instance) create(args props) error {
	i.t.Helper()
	inputs := i.checked(args)
	response, err := plugin.Create(i.t.Context(), &pulumirpc.CreateRequest{
		Urn: i.urn, Properties: marshal(i.t, inputs),
	})
	if err != nil {
		return err
	}
	i.id, i.inputs, i.state = response.Id, inputs, unmarshal(i.t, response.Properties)
	return nil
}

func (i *instance) previewCreate(args props) resource.PropertyMap {
	i.t.Helper()
	response, err := plugin.Create(i.t.Context(), &pulumirpc.CreateRequest{
		Urn: i.urn, Properties: marshal(i.t, i.checked(args)), Preview: true,
	})
	if err != nil {
		i.t.Fatal(message(err))
	}
	return unmarshal(i.t, response.Properties)
}

func (i *instance) update(args props) error {
	i.t.Helper()
	inputs := i.checked(args)
	response, err := plugin.Update(i.t.Context(), &pulumirpc.UpdateRequest{
		Id: i.id, Urn: i.urn,
		Olds: marshal(i.t, i.state), News: marshal(i.t, inputs), OldInputs: marshal(i.t, i.inputs),
	})
	if err != nil {
		return err
	}
	i.inputs, i.state = inputs, unmarshal(i.t, response.Properties)
	return nil
}

func (i *instance) delete() error {
	_, err := plugin.Delete(i.t.Context(), &pulumirpc.DeleteRequest{
		Id: i.id, Urn: i.urn, Properties: marshal(i.t, i.state), OldInputs: marshal(i.t, i.inputs),
	})
	return err
}

// diff returns the paths of the properties that differ, sorted, and whether the
// provider itself asks for a replacement.
func (i *instance) diff(args props) (paths []string, replaces bool) {
	i.t.Helper()
	response, err := plugin.Diff(i.t.Context(), &pulumirpc.DiffRequest{
		Id: i.id, Urn: i.urn,
		Olds: marshal(i.t, i.state), News: marshal(i.t, i.checked(args)), OldInputs: marshal(i.t, i.inputs),
	})
	if err != nil {
		i.t.Fatal(message(err))
	}
	if some := response.Changes == pulumirpc.DiffResponse_DIFF_SOME; some != (len(response.DetailedDiff) > 0) {
		i.t.Errorf("changes: %v, but the details are %v", response.Changes, response.DetailedDiff)
	}
	replaces = len(response.Replaces) > 0 || response.DeleteBeforeReplace
	for path, detail := range response.DetailedDiff {
		paths = append(paths, path)
		replaces = replaces || strings.HasSuffix(detail.Kind.String(), "_REPLACE")
	}
	slices.Sort(paths)
	return paths, replaces
}

// created is for tests that are about what comes after.
func created(t *testing.T, token string, args props) *instance {
	t.Helper()
	i := declare(t, token)
	mustWork(t, i.create(args))
	return i
}

func (i *instance) output(name string) resource.PropertyValue {
	return i.state[resource.PropertyKey(name)]
}

func (i *instance) wantText(name, want string) {
	i.t.Helper()
	value := i.output(name)
	if value.IsSecret() {
		value = value.SecretValue().Element
	}
	if !value.IsString() || value.StringValue() != want {
		i.t.Errorf("%s = %v, want %q", name, value, want)
	}
}

func mustWork(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(message(err))
	}
}

// mustFail returns the error's text, which has to contain every part.
func mustFail(t *testing.T, err error, parts ...string) string {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", parts)
	}
	text := message(err)
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("error %q, want one with %q", text, part)
		}
	}
	return text
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return status.Convert(err).Message()
}

func wantEqual(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

func secret(text string) resource.PropertyValue {
	return resource.MakeSecret(resource.NewStringProperty(text))
}

func unknown() resource.PropertyValue { return resource.MakeComputed(resource.NewStringProperty("")) }
