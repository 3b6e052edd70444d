// Package simulator is a made-up Microsoft 365 tenant behind HTTP: the token
// endpoint of Entra ID, the subscriptions, listings and contents of the Office
// 365 Management Activity API, and the ways in which the real service fails.
//
// A Simulator is one tenant with one registered application and is an
// http.Handler. NewServer puts it behind TLS on a loopback port with a
// certificate authority of its own; a Mux puts several tenants behind one port.
// The program in cmd/o365sim is the same on the command line.
// The app has a secret, and what Options registers beside it: certificates (AppKey
// makes them), issuers of federated tokens (Issuer), managed identities of the
// machine. A Proxy stands between, when a test wants one.
//
//	sim := simulator.New(simulator.Options{Now: clock})
//	srv := simulator.NewServer(t, sim)
//	sim.AddContent(simulator.AuditExchange, 10, 50, from, to)
//	sim.Inject(simulator.MustFault("af429").On(simulator.RouteBlob).Calls(3, 5))
//	… point a client at srv.URL with srv.CAFile …
//	assert.ElementsMatch(t, sim.Offered(), delivered)
//
// Everything is a function of Options: the same seed and the same calls give
// the same bytes, contents included, and no code of this package reads the
// clock but Options.Now (token signatures and the certificates are the only
// random things). Records of a generated blob are never stored: they are made
// from the seed and their number each time a client asks, so that a backlog of
// millions costs a few bytes a blob.
//
// Where the real service is documented (Microsoft Learn, "Office 365 Management
// Activity API reference", its schema and its troubleshooting page) or was
// measured by other collectors, the simulator follows it; where two readings
// are possible, a field of Options switches between them. A call passes checks
// 1 to 7: token, roles, tenant, quota, content type, subscription, window. That
// order is a guess, so tests should not rely on which of two simultaneous
// mistakes is reported.
//
// All methods are safe for concurrent use.
package simulator
