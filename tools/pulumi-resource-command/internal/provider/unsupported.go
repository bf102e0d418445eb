package provider

import (
	"context"

	p "github.com/pulumi/pulumi-go-provider"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const supported = "this build of the command plugin supports the resources " +
	"command:local:Command, command:remote:Command and command:remote:CopyToRemote; " +
	"for anything else install the official plugin"

// unsupported is the provider behind ours: whatever reaches it is a type or a
// function that we do not serve.
func unsupported() p.Provider {
	return p.Provider{
		Check: func(_ context.Context, req p.CheckRequest) (p.CheckResponse, error) {
			return p.CheckResponse{}, noResource(string(req.Urn.Type()))
		},
		Diff: func(_ context.Context, req p.DiffRequest) (p.DiffResponse, error) {
			return p.DiffResponse{}, noResource(string(req.Urn.Type()))
		},
		Create: func(_ context.Context, req p.CreateRequest) (p.CreateResponse, error) {
			return p.CreateResponse{}, noResource(string(req.Urn.Type()))
		},
		Read: func(_ context.Context, req p.ReadRequest) (p.ReadResponse, error) {
			return p.ReadResponse{}, noResource(string(req.Urn.Type()))
		},
		Update: func(_ context.Context, req p.UpdateRequest) (p.UpdateResponse, error) {
			return p.UpdateResponse{}, noResource(string(req.Urn.Type()))
		},
		Delete: func(_ context.Context, req p.DeleteRequest) error {
			return noResource(string(req.Urn.Type()))
		},
		Construct: func(_ context.Context, req p.ConstructRequest) (p.ConstructResponse, error) {
			return p.ConstructResponse{}, noResource(string(req.Urn.Type()))
		},
		Invoke: func(_ context.Context, req p.InvokeRequest) (p.InvokeResponse, error) {
			return p.InvokeResponse{}, status.Errorf(codes.NotFound, "Invoke '%s' not found: %s", req.Token, supported)
		},
	}
}

func noResource(token string) error {
	return status.Errorf(codes.NotFound, "Resource '%s' not found: %s", token, supported)
}
