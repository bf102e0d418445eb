// Package provider puts the resources together that the plugin serves.
package provider

import (
	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi-go-provider/middleware/schema"

	"tools.invalid/pulumi-resource-command/internal/local"
	"tools.invalid/pulumi-resource-command/internal/remote"
)

// Name is the package name in type tokens.
const Name = "command"

// New makes the provider. Types and functions that it does not implement are
// answered with an error that names those it does.
func New() p.Provider {
	return infer.Wrap(unsupported(), infer.Options{
		Metadata: schema.Metadata{
			DisplayName: "Command",
			Description: "Commands on this machine and over SSH as Pulumi resources.",
			Keywords:    []string{"pulumi", "command", "category/utility", "kind/native"},
		},
		Resources: []infer.InferredResource{
			infer.Resource(&local.Command{}),
			infer.Resource(&remote.Command{}),
			infer.Resource(&remote.CopyToRemote{}),
		},
	})
}
