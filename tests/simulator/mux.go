package simulator

import (
	"net/http"
	"strings"
	"sync"
)

// Mux puts several tenants behind one port, as the real hosts do. A call of
// the API goes to the tenant of its token, whatever its path says, so that a
// foreign GUID in the path meets AF20010.
type Mux struct {
	mu      sync.Mutex
	tenants []*Simulator
}

// NewMux returns a server of these tenants; it needs at least one.
func NewMux(tenants ...*Simulator) *Mux {
	if len(tenants) == 0 {
		panic("simulator: a Mux needs a tenant")
	}
	return &Mux{tenants: tenants}
}

// Add adds a tenant while the server runs.
func (m *Mux) Add(s *Simulator) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tenants = append(m.tenants, s)
}

// Tenants returns the tenants in the order of addition.
func (m *Mux) Tenants() []*Simulator {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]*Simulator(nil), m.tenants...)
}

// Tenant returns the tenant with this GUID or domain, or nil.
func (m *Mux) Tenant(id string) *Simulator {
	for _, s := range m.Tenants() {
		if o := s.Options(); strings.EqualFold(o.TenantID, id) || strings.EqualFold(o.Domain, id) {
			return s
		}
	}
	return nil
}

// ServeHTTP hands the request to its tenant. One that belongs to none goes to
// the first, which refuses it.
func (m *Mux) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.pick(r).ServeHTTP(w, r)
}

func (m *Mux) pick(r *http.Request) *Simulator {
	var names []string
	if isControl(r) {
		names = []string{r.URL.Query().Get("tenant")}
	} else {
		_, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		cl, _ := peek(token)
		names = []string{cl.Tenant, newCall(r).tenant}
	}
	for _, name := range names {
		if s := m.Tenant(name); name != "" && s != nil {
			return s
		}
	}
	return m.Tenants()[0]
}
