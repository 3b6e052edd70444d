package auth

import (
	"context"
	"fmt"
	"net/http"
	"os"

	"github.com/AzureAD/microsoft-authentication-library-for-go/apps/managedidentity"

	"office365/plugin/internal/config"
	"office365/plugin/internal/network"
)

// managedIdentity signs in as the machine: Azure gives the token to whoever asks
// on it, at an endpoint that the environment names (App Service, Container Apps,
// Azure Arc, Service Fabric, Azure ML, Cloud Shell) or at the metadata service of
// virtual machines.
type managedIdentity struct {
	client   managedidentity.Client
	source   managedidentity.Source
	clientID string // of the user-assigned identity; "" is the system-assigned one
	resource string
}

func newManagedIdentity(s config.Settings, hc *http.Client) (*managedIdentity, error) {
	source, err := managedidentity.GetSource()
	if err != nil {
		return nil, fmt.Errorf("auth_method managed_identity: %w", err)
	}
	id := managedidentity.SystemAssigned()
	if s.ClientID != "" {
		id = managedidentity.UserAssignedClientID(s.ClientID)
	}
	client, err := managedidentity.New(id,
		managedidentity.WithHTTPClient(newWire(network.Direct(hc), "")),
		managedidentity.WithRetryPolicyDisabled()) // Source has its own, and is not to be kept waiting
	if err != nil { // an identity that this kind of machine does not have, or its environment is odd
		return nil, fmt.Errorf("auth_method managed_identity with client_id %q: %w", s.ClientID, err)
	}
	return &managedIdentity{client: client, source: source, clientID: s.ClientID, resource: s.APIURL}, nil
}

// acquire hands claims over for one reason: they make the library pass over its
// own cache, which all instances share and which would give out a token again that
// the API has refused. They go nowhere (MSAL Go 1.10.1, AcquireToken).
func (m *managedIdentity) acquire(ctx context.Context) (string, error) {
	result, err := m.client.AcquireToken(ctx, m.resource, managedidentity.WithClaims("{}"))
	return result.AccessToken, err
}

// judge goes by the status: Microsoft Learn, "How to use managed identities on an
// Azure VM to acquire an access token" (error handling), read 2026-11.
func (m *managedIdentity) judge(e *Error) {
	switch {
	case e.Status == 0:
		e.advice = "run on an Azure resource that has a managed identity, or take another auth_method: no identity endpoint answers here (" + string(m.source) + ")"
		e.Kind = Transient // the endpoint may start later than we do
	case m.source == managedidentity.AzureArc && e.Status == http.StatusUnauthorized:
		e.Message = "the key of the Azure Arc agent cannot be read, or is refused"
		e.advice = "put the user of Fluent Bit into the group himds, and start it again"
	case e.Status == http.StatusNotFound, e.Status == http.StatusGone:
		e.Kind, e.advice = Transient, "nothing to do when it passes within minutes: the identity endpoint is being updated"
	case e.Status/100 != 4 || e.Status == http.StatusTooManyRequests || e.Code != "":
	case m.clientID == "":
		e.advice = "turn on the system-assigned identity of this machine, or set client_id to the client ID of a user-assigned one that it has"
	default:
		e.advice = "assign the identity with client_id " + m.clientID + " to this machine, or leave client_id out for the system-assigned one"
	}
}

// secrets are those of the environment with which the endpoints know their own.
func (*managedIdentity) secrets() []string {
	var set []string
	for _, name := range []string{"IDENTITY_HEADER", "MSI_SECRET"} {
		if value := os.Getenv(name); value != "" {
			set = append(set, value)
		}
	}
	return set
}

func (m *managedIdentity) about() (About, error) {
	which := "system-assigned managed identity"
	if m.clientID != "" {
		which = "user-assigned managed identity " + m.clientID
	}
	return About{Text: which + " of this machine (" + string(m.source) + ")"}, nil
}
