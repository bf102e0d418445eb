package contract

import (
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

const whatIsSupported = "supports the resources command:local:Command, command:remote:Command and " +
	"command:remote:CopyToRemote; for anything else install the official plugin"

func TestOtherTypesAndFunctionsAreRefusedByName(t *testing.T) {
	if official {
		t.Skip("the official plugin has them")
	}
	const token = "command:remote:CopyFile"
	i := declare(t, token)
	_, err := plugin.Check(t.Context(), &pulumirpc.CheckRequest{
		Urn: i.urn, News: marshal(t, props{"localPath": "/a"}.properties()),
	})
	mustFail(t, err, token, whatIsSupported)
	i.state = props{}.properties()
	mustFail(t, i.delete(), token, whatIsSupported)

	_, err = plugin.Invoke(t.Context(), &pulumirpc.InvokeRequest{
		Tok: "command:local:run", Args: marshal(t, props{"command": "true"}.properties()),
	})
	mustFail(t, err, "command:local:run", whatIsSupported)
}

func TestVersionIsTheOneThatTheNpmPackageAsksFor(t *testing.T) {
	info, err := plugin.GetPluginInfo(t.Context(), nil)
	mustWork(t, err)
	wantEqual(t, "version", info.Version, "1.2.1")
}
