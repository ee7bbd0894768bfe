package server

import (
	"context"

	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
)

// unsupported answers what the generated schemas never lead Terraform to ask, and what is not simulated.
type unsupported struct{}

func notPlayed(what string) []*tfprotov5.Diagnostic {
	return []*tfprotov5.Diagnostic{failure(what+" is not simulated", "the state", "plan this against the real provider")}
}

// MoveResourceState would move an object between types.
func (unsupported) MoveResourceState(context.Context, *tfprotov5.MoveResourceStateRequest) (*tfprotov5.MoveResourceStateResponse, error) {
	return &tfprotov5.MoveResourceStateResponse{Diagnostics: notPlayed("moving an object to another type")}, nil
}

// GenerateResourceConfig would write a configuration for an imported object.
func (unsupported) GenerateResourceConfig(context.Context, *tfprotov5.GenerateResourceConfigRequest) (*tfprotov5.GenerateResourceConfigResponse, error) {
	return &tfprotov5.GenerateResourceConfigResponse{Diagnostics: notPlayed("generating configuration")}, nil
}

// GetResourceIdentitySchemas has none: bindings do not tell them.
func (unsupported) GetResourceIdentitySchemas(context.Context, *tfprotov5.GetResourceIdentitySchemasRequest) (*tfprotov5.GetResourceIdentitySchemasResponse, error) {
	return &tfprotov5.GetResourceIdentitySchemasResponse{IdentitySchemas: map[string]*tfprotov5.ResourceIdentitySchema{}}, nil
}

// UpgradeResourceIdentity is not asked without identities.
func (unsupported) UpgradeResourceIdentity(context.Context, *tfprotov5.UpgradeResourceIdentityRequest) (*tfprotov5.UpgradeResourceIdentityResponse, error) {
	return &tfprotov5.UpgradeResourceIdentityResponse{Diagnostics: notPlayed("a resource identity")}, nil
}

// GetFunctions has none: bindings do not tell them.
func (unsupported) GetFunctions(context.Context, *tfprotov5.GetFunctionsRequest) (*tfprotov5.GetFunctionsResponse, error) {
	return &tfprotov5.GetFunctionsResponse{Functions: map[string]*tfprotov5.Function{}}, nil
}

// CallFunction is not asked without functions.
func (unsupported) CallFunction(context.Context, *tfprotov5.CallFunctionRequest) (*tfprotov5.CallFunctionResponse, error) {
	return &tfprotov5.CallFunctionResponse{Error: &tfprotov5.FunctionError{Text: "functions of the provider are not simulated"}}, nil
}

// ValidateEphemeralResourceConfig is not asked without ephemeral resources.
func (unsupported) ValidateEphemeralResourceConfig(context.Context, *tfprotov5.ValidateEphemeralResourceConfigRequest) (*tfprotov5.ValidateEphemeralResourceConfigResponse, error) {
	return &tfprotov5.ValidateEphemeralResourceConfigResponse{Diagnostics: notPlayed("an ephemeral resource")}, nil
}

// OpenEphemeralResource is not asked without ephemeral resources.
func (unsupported) OpenEphemeralResource(context.Context, *tfprotov5.OpenEphemeralResourceRequest) (*tfprotov5.OpenEphemeralResourceResponse, error) {
	return &tfprotov5.OpenEphemeralResourceResponse{Diagnostics: notPlayed("an ephemeral resource")}, nil
}

// RenewEphemeralResource is not asked without ephemeral resources.
func (unsupported) RenewEphemeralResource(context.Context, *tfprotov5.RenewEphemeralResourceRequest) (*tfprotov5.RenewEphemeralResourceResponse, error) {
	return &tfprotov5.RenewEphemeralResourceResponse{Diagnostics: notPlayed("an ephemeral resource")}, nil
}

// CloseEphemeralResource is not asked without ephemeral resources.
func (unsupported) CloseEphemeralResource(context.Context, *tfprotov5.CloseEphemeralResourceRequest) (*tfprotov5.CloseEphemeralResourceResponse, error) {
	return &tfprotov5.CloseEphemeralResourceResponse{}, nil
}

// StopProvider has nothing to stop: every answer is immediate.
func (unsupported) StopProvider(context.Context, *tfprotov5.StopProviderRequest) (*tfprotov5.StopProviderResponse, error) {
	return &tfprotov5.StopProviderResponse{}, nil
}
