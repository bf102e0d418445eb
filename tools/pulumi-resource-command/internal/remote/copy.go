package remote

import (
	"context"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi-go-provider/infer/types"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// CopyToRemote copies a file, a text or a directory to another machine by SFTP.
type CopyToRemote struct{}

// CopyToRemoteInputs are the inputs of a CopyToRemote.
type CopyToRemoteInputs struct {
	Connection *Connection          `pulumi:"connection" provider:"secret"`
	Triggers   *[]any               `pulumi:"triggers,optional" provider:"replaceOnChanges"`
	Source     types.AssetOrArchive `pulumi:"source"`
	RemotePath string               `pulumi:"remotePath"`
}

// CopyToRemoteOutputs are the inputs.
type CopyToRemoteOutputs struct{ CopyToRemoteInputs }

// Annotate describes the resource in the schema.
func (c *CopyToRemote) Annotate(a infer.Annotator) {
	a.Describe(&c, "A file or directory that is copied to another machine by SFTP. It is not removed on delete.")
}

// Annotate describes the inputs in the schema.
func (c *CopyToRemoteInputs) Annotate(a infer.Annotator) {
	a.Describe(&c.Connection, "How to reach the machine.")
	a.Describe(&c.Triggers, "Values of any type; a change of any of them replaces the resource.")
	a.Describe(&c.Source, "A `FileAsset`, a `StringAsset` or a `FileArchive`. A directory is copied with all that is "+
		"in it; a packed archive stays packed.")
	a.Describe(&c.RemotePath, "Where it goes. Parent directories are made. If it is a directory, a file or directory "+
		"goes into it.")
}

// Check accepts sources that are a path or a text.
func (*CopyToRemote) Check(
	ctx context.Context, req infer.CheckRequest,
) (infer.CheckResponse[CopyToRemoteInputs], error) {
	inputs, failures, err := infer.DefaultCheck[CopyToRemoteInputs](ctx, req.NewInputs)
	if err == nil {
		failures = append(failures, sourceFaults(inputs.Source)...)
	}
	return infer.CheckResponse[CopyToRemoteInputs]{Inputs: inputs, Failures: failures}, err
}

func sourceFaults(source types.AssetOrArchive) []p.CheckFailure {
	asset, archive := source.Asset, source.Archive
	var faults []p.CheckFailure
	fault := func(property, reason string) {
		faults = append(faults, p.CheckFailure{Property: property, Reason: reason})
	}
	if asset != nil && archive != nil {
		fault("asset", "only one of asset or archive can be set")
	}
	if asset == nil && archive == nil {
		fault("asset", "either asset or archive must be set")
	}
	if asset != nil && !asset.IsPath() && !asset.IsText() {
		fault("asset", "asset must be a path-based file asset or a text asset")
	}
	if archive != nil && !archive.IsPath() {
		fault("archive", "archive must be a path to a file or directory")
	}
	return faults
}

// Create copies the source.
func (*CopyToRemote) Create(
	ctx context.Context, req infer.CreateRequest[CopyToRemoteInputs],
) (infer.CreateResponse[CopyToRemoteOutputs], error) {
	response := infer.CreateResponse[CopyToRemoteOutputs]{Output: CopyToRemoteOutputs{req.Inputs}}
	if req.DryRun {
		return response, nil
	}
	if err := req.Inputs.upload(ctx); err != nil {
		return response, err
	}
	var err error
	response.ID, err = resource.NewUniqueHex("", 8, 0)
	return response, err
}

// Update copies again if the content or the destination has changed; a change of
// the connection alone copies nothing.
func (*CopyToRemote) Update(
	ctx context.Context, req infer.UpdateRequest[CopyToRemoteInputs, CopyToRemoteOutputs],
) (infer.UpdateResponse[CopyToRemoteOutputs], error) {
	response := infer.UpdateResponse[CopyToRemoteOutputs]{Output: CopyToRemoteOutputs{req.Inputs}}
	same := hash(req.Inputs.Source) == hash(req.State.Source) && req.Inputs.RemotePath == req.State.RemotePath
	if req.DryRun || same {
		return response, nil
	}
	return response, req.Inputs.upload(ctx)
}

func hash(source types.AssetOrArchive) string {
	switch {
	case source.Archive != nil:
		return source.Archive.Hash
	case source.Asset != nil:
		return source.Asset.Hash
	default:
		return ""
	}
}
