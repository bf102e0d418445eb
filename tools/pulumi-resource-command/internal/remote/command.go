// Package remote is the resources command:remote:Command and
// command:remote:CopyToRemote.
package remote

import (
	"context"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"tools.invalid/pulumi-resource-command/internal/lifecycle"
	"tools.invalid/pulumi-resource-command/internal/transcript"
)

// Command runs commands on another machine, over SSH.
type Command struct{}

// Logging says which of the command's streams are shown while it runs.
type Logging string

// Values lists the modes for the schema.
func (Logging) Values() []infer.EnumValue[Logging] { return transcript.Modes[Logging]() }

// CommandInputs are the inputs of a Command.
type CommandInputs struct {
	lifecycle.Steps
	Stdin                  *string           `pulumi:"stdin,optional"`
	Logging                *Logging          `pulumi:"logging,optional"`
	Connection             *Connection       `pulumi:"connection" provider:"secret"`
	Environment            map[string]string `pulumi:"environment,optional"`
	AddPreviousOutputInEnv *bool             `pulumi:"addPreviousOutputInEnv,optional"`
}

// CommandOutputs are the inputs and what the last command printed.
type CommandOutputs struct {
	CommandInputs
	Stdout string `pulumi:"stdout"`
	Stderr string `pulumi:"stderr"`
}

// Annotate describes the resource in the schema.
func (c *Command) Annotate(a infer.Annotator) {
	a.Describe(&c, "A command that runs on another machine over SSH.")
}

// Annotate describes the inputs in the schema.
func (c *CommandInputs) Annotate(a infer.Annotator) {
	a.Describe(&c.Stdin, "Text for the command's standard input.")
	a.Describe(&c.Logging, "Which output is shown while the command runs. Default: both.")
	a.Describe(&c.Connection, "How to reach the machine.")
	a.Describe(&c.Environment, "Environment variables; the server refuses those that its AcceptEnv does not list, "+
		"and then the command fails.")
	a.Describe(&c.AddPreviousOutputInEnv, "Whether the outputs of the step before are passed as "+
		"PULUMI_COMMAND_STDOUT and PULUMI_COMMAND_STDERR, if the server lets them in. Default: true.")
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

// Delete runs `delete`, over the connection in the state. Without a `delete` it
// does not dial, so that a dead machine does not stop a destroy.
func (*Command) Delete(
	ctx context.Context, req infer.DeleteRequest[CommandOutputs],
) (infer.DeleteResponse, error) {
	state := req.State
	if state.Steps.Delete == nil {
		return infer.DeleteResponse{}, nil
	}
	return infer.DeleteResponse{}, state.run(ctx, *state.Steps.Delete)
}
