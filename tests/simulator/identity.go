package simulator

import (
	"crypto/subtle"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// identityVersion is the api-version of the identity endpoint of App Service.
const identityVersion = "2019-08-01"

// ManagedIdentity describes the machine that the collector runs on: an App
// Service whose identity endpoint is the path /msi/token of the simulator.
type ManagedIdentity struct {
	Header   string   // value of X-IDENTITY-HEADER, a secret
	System   string   // client ID of the system-assigned identity; "" when there is none
	Assigned []string // client IDs of the user-assigned identities
}

// identityError is an error of the identity endpoint.
type identityError struct {
	Status  int    `json:"statusCode"`
	Message string `json:"message"`
	ID      string `json:"correlationId"`
}

func (c *call) identityError(status int, message string) reply {
	return jsonReply(status, identityError{status, message, c.newGUID()})
}

// identity gives a token to whoever is on the machine. Only published roots and
// Options.Audiences can be asked for: the endpoint is not on the API's host.
func (s *Simulator) identity(c *call) reply {
	m := c.opts.Identity
	resource, wanted := c.query["resource"], c.query["client_id"]
	app := m.System
	if wanted != "" {
		app = ""
		if slices.Contains(m.Assigned, wanted) {
			app = wanted
		}
	}
	c.entry.Credential = "identity"
	switch {
	case c.r.Method != http.MethodGet:
		return c.identityError(http.StatusMethodNotAllowed, "The method is not allowed.")
	case m.Header == "" || subtle.ConstantTimeCompare([]byte(c.r.Header.Get("X-IDENTITY-HEADER")), []byte(m.Header)) != 1:
		return c.identityError(http.StatusUnauthorized, "The identity header is missing or wrong.")
	case c.query["api-version"] != identityVersion:
		return c.identityError(http.StatusBadRequest, "The api-version is not supported.")
	case !c.knowsResource(resource):
		return c.identityError(http.StatusBadRequest, "AADSTS500011: The resource principal was not found in the tenant.")
	case app == "":
		return c.identityError(http.StatusBadRequest, "No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId.")
	}
	signed, life := s.grant(c, app, resource)
	return jsonReply(http.StatusOK, map[string]string{
		"access_token": signed, "token_type": "Bearer", "resource": resource, "client_id": app,
		"expires_on": strconv.FormatInt(c.now.Add(life).Truncate(time.Second).Unix(), 10),
	})
}
