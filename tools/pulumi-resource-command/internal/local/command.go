// Package local is the resource command:local:Command.
package local

import (
	"context"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi-go-provider/infer/types"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"tools.invalid/pulumi-resource-command/internal/lifecycle"
	"tools.invalid/pulumi-resource-command/internal/transcript"
)

// Command runs commands on the machine that runs Pulumi.
type Command struct{}

// Logging says which of the command's streams are shown while it runs.
type Logging string

// Values lists the modes for the schema.
func (Logging) Values() []infer.EnumValue[Logging] { return transcript.Modes[Logging]() }

// CommandInputs are the inputs of a Command.
type CommandInputs struct {
	lifecycle.Steps
	Stdin                  *string            `pulumi:"stdin,optional"`
	Logging                *Logging           `pulumi:"logging,optional"`
	Interpreter            *[]string          `pulumi:"interpreter,optional"`
	Dir                    *string            `pulumi:"dir,optional"`
	Environment            *map[string]string `pulumi:"environment,optional"`
	AssetPaths             *[]string          `pulumi:"assetPaths,optional"`
	ArchivePaths           *[]string          `pulumi:"archivePaths,optional"`
	AddPreviousOutputInEnv *bool              `pulumi:"addPreviousOutputInEnv,optional"`
}

// CommandOutputs are the inputs and what the last command left behind.
type CommandOutputs struct {
	CommandInputs
	Stdout  string                            `pulumi:"stdout"`
	Stderr  string                            `pulumi:"stderr"`
	Assets  *map[string]*types.AssetOrArchive `pulumi:"assets,optional"`
	Archive *resource.Archive                 `pulumi:"archive,optional"`
}

// Annotate describes the resource in the schema.
func (c *Command) Annotate(a infer.Annotator) {
	a.Describe(&c, "A command that runs on the machine that runs Pulumi.")
}

// Annotate describes the inputs in the schema.
func (c *CommandInputs) Annotate(a infer.Annotator) {
	a.Describe(&c.Stdin, "Text for the command's standard input.")
	a.Describe(&c.Logging, "Which output is shown while the command runs. Default: both.")
	a.Describe(&c.Interpreter, "The program and its arguments that get the command as last argument. "+
		"Default: `[\"/bin/sh\", \"-c\"]`.")
	a.Describe(&c.Dir, "The directory that the command runs in; it has to exist.")
	a.Describe(&c.Environment, "Environment variables besides those of the plugin.")
	a.Describe(&c.AssetPaths, "Globs of files, relative to the directory, that become the output `assets`. "+
		"`*` stops at a slash, `**` does not, a leading `!` takes out; later rules win.")
	a.Describe(&c.ArchivePaths, "Globs of files, as in `assetPaths`, that become the output `archive`.")
	a.Describe(&c.AddPreviousOutputInEnv, "Whether the outputs of the step before are passed as "+
		"PULUMI_COMMAND_STDOUT and PULUMI_COMMAND_STDERR. Default: true.")
}

// Create runs `create`.
func (*Command) Create(
	ctx context.Context, req infer.CreateRequest[CommandInputs],
) (infer.CreateResponse[CommandOutputs], error) {
	state := CommandOutputs{CommandInputs: req.Inputs}
	id, err := resource.NewUniqueHex(req.Name, 8, 0)
	if err == nil && !req.DryRun && state.Steps.Create != nil {
		err = state.run(ctx, *state.Steps.Create)
	}
	return infer.CreateResponse[CommandOutputs]{ID: id, Output: state}, err
}

// Update runs `update`, or `create` if there is none.
func (*Command) Update(
	ctx context.Context, req infer.UpdateRequest[CommandInputs, CommandOutputs],
) (infer.UpdateResponse[CommandOutputs], error) {
	state := req.State
	state.CommandInputs = req.Inputs
	var err error
	if command := state.OnChange(); command != nil && !req.DryRun {
		err = state.run(ctx, *command)
	}
	return infer.UpdateResponse[CommandOutputs]{Output: state}, err
}

// Delete runs `delete`, if there is one.
func (*Command) Delete(
	ctx context.Context, req infer.DeleteRequest[CommandOutputs],
) (infer.DeleteResponse, error) {
	state := req.State
	if state.Steps.Delete == nil {
		return infer.DeleteResponse{}, nil
	}
	return infer.DeleteResponse{}, state.run(ctx, *state.Steps.Delete)
}
