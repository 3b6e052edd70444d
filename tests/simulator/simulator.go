package simulator

import (
	"cmp"
	"crypto/x509"
	"net/http"
	"strings"
	"sync"
	"time"
)

// The made-up identity that Options fills in where a field is empty. Tests and
// documentation use it; nothing outside a simulator accepts it.
const (
	DefaultTenantID     = "0aa0aaaa-1111-2222-3333-444455556666"
	DefaultClientID     = "11111111-2222-3333-4444-555555555555"
	DefaultClientSecret = "made-up-secret-of-the-simulator"
	DefaultDomain       = "contoso.example"
)

// Order is the order of the contents in a listing.
type Order string

// The orders. The documentation promises Sorted; collectors met the others.
const (
	Sorted   Order = "sorted"
	Shuffled Order = "shuffled"
	Reversed Order = "reversed"
)

// CoolDownRule says how the cool-down between starts and AF20024 meet.
type CoolDownRule string

// The rules; which of them the service follows is unknown.
const (
	// CoolDownFirst answers a start within the cool-down with it, enabled or not.
	CoolDownFirst CoolDownRule = "cool-down-first"
	// EnabledFirst answers AF20024 whenever the subscription is enabled.
	EnabledFirst CoolDownRule = "enabled-first"
	// EnabledRestarts is EnabledFirst, and each AF20024 starts the cool-down anew.
	EnabledRestarts CoolDownRule = "enabled-restarts"
)

// Backfill is the content that appears by itself at the first start of a
// subscription, with contentCreated up to 22 hours before that start.
type Backfill struct {
	Blobs, Records int
}

// Options describes a tenant. The zero value of every field but Now is a
// working default.
type Options struct {
	TenantID, ClientID, ClientSecret string
	DisplayName                      string // of the tenant, in records; Contoso
	Domain                           string // of its users; contoso.example

	Now  func() time.Time // required: the only clock
	Seed uint64

	PageSize int           // contents on a page of a listing; 0 = all on one
	PageLife time.Duration // after which a page token answers AF20031; 1 h
	Order    Order
	Expiry   time.Duration // contentExpiration after contentCreated; 7 d (documented), 21 d was measured
	Latency  time.Duration // before every answer of the API and of the token endpoint

	Roles     []string      // of the tokens; nil = ActivityFeed.Read and ActivityFeed.ReadDlp
	Audiences []string      // accepted beside the server's own root
	TokenLife time.Duration // 3599 s

	Certificates []*x509.Certificate   // of the app: it may sign in with their keys
	Federated    []FederatedCredential // of the app: whose tokens it may sign in with
	Identity     ManagedIdentity       // of the machine of the collector

	QuotaPerMinute       int // requests per publisher; 0 = no limit
	SharedQuotaPerMinute int // requests without PublisherIdentifier; 0 = a twentieth of QuotaPerMinute

	CoolDown     time.Duration // between two starts of a content type; 15 min, negative = none
	CoolDownRule CoolDownRule
	Withhold     time.Duration // listings stay empty so long after a first start
	Backfill     Backfill

	LenientTenant bool // any GUID is taken in the path
	StrictDLP     bool // DLP.All answers 401 without ActivityFeed.ReadDlp; else its detections are left out
	AuditOff      bool // unified auditing is off: start answers the DataServiceException
	LegacyWindow  bool // AF20030 in place of AF20055

	WindowTolerance time.Duration // beyond 7 days back; 1 h (measured)
	NotFoundStatus  int           // of AF20050; 404
	ExpiredStatus   int           // of AF20051; 400
	LogLimit        int           // requests kept in the log; 200,000
}

// Simulator is one tenant.
type Simulator struct {
	faults  faultSet
	records *generator
	control http.Handler
	gzips   sync.Pool // of *gzip.Writer, 800 KB each

	mu       sync.Mutex // guards all below
	opts     Options
	offset   time.Duration // by Advance
	subs     map[ContentType]*subscription
	store    store
	quota    quota
	log      requestLog
	verified map[string]claims // tokens whose signature was checked
	issued   int               // tokens issued
	revoked  int               // tokens up to this number are refused
}

// New returns a tenant without subscriptions and without content. It panics
// when o.Now is nil: a simulator that read the clock itself could not be tested.
func New(o Options) *Simulator {
	if o.Now == nil {
		panic("simulator: Options.Now is required")
	}
	o = o.withDefaults()
	s := &Simulator{
		opts:     o,
		records:  newGenerator(o),
		subs:     map[ContentType]*subscription{},
		store:    newStore(),
		quota:    quota{},
		verified: map[string]claims{},
	}
	s.control = s.controlRoutes()
	return s
}

func (o Options) withDefaults() Options {
	o.TenantID = strings.ToLower(cmp.Or(o.TenantID, DefaultTenantID))
	o.ClientID = strings.ToLower(cmp.Or(o.ClientID, DefaultClientID))
	o.ClientSecret = cmp.Or(o.ClientSecret, DefaultClientSecret)
	o.DisplayName = cmp.Or(o.DisplayName, "Contoso")
	o.Domain = cmp.Or(o.Domain, DefaultDomain)
	o.PageLife = cmp.Or(o.PageLife, time.Hour)
	o.Order = cmp.Or(o.Order, Sorted)
	o.Expiry = cmp.Or(o.Expiry, 7*24*time.Hour)
	o.TokenLife = cmp.Or(o.TokenLife, 3599*time.Second)
	o.CoolDown = cmp.Or(o.CoolDown, 15*time.Minute)
	o.CoolDownRule = cmp.Or(o.CoolDownRule, CoolDownFirst)
	o.WindowTolerance = cmp.Or(o.WindowTolerance, time.Hour)
	o.NotFoundStatus = cmp.Or(o.NotFoundStatus, http.StatusNotFound)
	o.ExpiredStatus = cmp.Or(o.ExpiredStatus, http.StatusBadRequest)
	o.LogLimit = cmp.Or(o.LogLimit, 200_000)
	if o.Roles == nil {
		o.Roles = []string{roleRead, roleReadDLP}
	}
	return o
}

// Options returns the options in force, defaults filled in.
func (s *Simulator) Options() Options {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.opts
}

// Change lets f change the options while the tenant runs: a page size, a
// switch, the roles of the next tokens. The identity and the seed stay.
func (s *Simulator) Change(f func(o *Options)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.opts
	f(&o)
	o.TenantID, o.ClientID, o.Domain, o.Seed = s.opts.TenantID, s.opts.ClientID, s.opts.Domain, s.opts.Seed
	s.opts = o.withDefaults()
}

// Now returns the tenant's time: Options.Now plus what Advance added.
func (s *Simulator) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now()
}

func (s *Simulator) now() time.Time { return s.opts.Now().Add(s.offset).UTC() }

// Advance moves the tenant's clock by d, ahead of Options.Now or behind it.
func (s *Simulator) Advance(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.offset += d
}
