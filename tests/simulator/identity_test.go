package simulator_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/tests/simulator"
)

func TestTheIdentityEndpointKnowsTheMachine(t *testing.T) {
	t.Parallel()
	const system, assigned = "77777777-0000-1111-2222-333333333333", "88888888-0000-1111-2222-333333333333"
	c := newClient(t, simulator.Options{Identity: simulator.ManagedIdentity{
		Header: "header of the machine", System: system, Assigned: []string{assigned},
	}})
	c.sim.Change(func(o *simulator.Options) { o.Audiences = []string{c.server.URL} })
	endpoint := simulator.NewIdentityServer(t, c.sim)
	require.True(t, strings.HasPrefix(endpoint.URL, "http://"), "no TLS on the machine itself")

	good := "api-version=2019-08-01&resource=" + c.server.URL
	ask := func(query, header string) answer {
		req, err := http.NewRequest(http.MethodGet, endpoint.URL+"/msi/token?"+query, nil)
		require.NoError(t, err)
		req.Header.Set("X-IDENTITY-HEADER", header)
		return c.do(req)
	}
	for app, query := range map[string]string{system: good, assigned: good + "&client_id=" + assigned} {
		var token map[string]string
		require.NoError(t, json.Unmarshal([]byte(ask(query, "header of the machine").body), &token), "all values are texts")
		assert.Equal(t, app, token["client_id"])
		assert.NotEmpty(t, token["expires_on"])
		c.token = token["access_token"]
		assert.Equal(t, http.StatusOK, c.get("subscriptions/list").StatusCode)
	}
	for name, tt := range map[string]struct {
		query, header string
		status        int
	}{
		"another header":   {good, "guess", http.StatusUnauthorized},
		"another version":  {"api-version=2017-09-01&resource=" + c.server.URL, "header of the machine", http.StatusBadRequest},
		"another API":      {"api-version=2019-08-01&resource=https://api.example", "header of the machine", http.StatusBadRequest},
		"another identity": {good + "&client_id=" + c.tenant, "header of the machine", http.StatusBadRequest},
	} {
		assert.Equal(t, tt.status, ask(tt.query, tt.header).StatusCode, name)
	}
	assert.Equal(t, "identity", c.sim.Requests(simulator.RouteIdentity)[0].Credential)
}
