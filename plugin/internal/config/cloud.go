package config

// Plan is a cloud of Microsoft 365, by the name that Microsoft gives to its
// subscription plan.
type Plan string

// The clouds in which the API is published.
const (
	PlanEnterprise Plan = "enterprise"
	PlanGCC        Plan = "gcc"
	PlanGCCHigh    Plan = "gcc_high"
	PlanDoD        Plan = "dod"
	PlanChina      Plan = "china"
)

var plans = []Plan{PlanEnterprise, PlanGCC, PlanGCCHigh, PlanDoD, PlanChina}

// cloud is where a plan lives.
type cloud struct{ api, authority string }

// clouds: API roots of Microsoft Learn, "Office 365 Management Activity API
// reference", read 2026-11; the one of China is not there, other collectors use
// it. GCC identities live in the public Entra cloud. In all of them the
// audience of a token is the API root.
var clouds = map[Plan]cloud{
	PlanEnterprise: {"https://manage.office.com", "https://login.microsoftonline.com"},
	PlanGCC:        {"https://manage-gcc.office.com", "https://login.microsoftonline.com"},
	PlanGCCHigh:    {"https://manage.office365.us", "https://login.microsoftonline.us"},
	PlanDoD:        {"https://manage.protection.apps.mil", "https://login.microsoftonline.us"},
	PlanChina:      {"https://manage.office365.cn", "https://login.partner.microsoftonline.cn"},
}

// publishedAuthorities are the hosts at which Microsoft gives out tokens. No plan
// is in the German one, which Microsoft closed in 2021; its name is still taken.
var publishedAuthorities = []string{
	"login.microsoftonline.com", "login.microsoftonline.us", "login.microsoftonline.de", "login.partner.microsoftonline.cn",
}

// AuthMethod is a way to get an access token.
type AuthMethod string

// The ways. Parse resolves AuthAuto to one of the others.
const (
	AuthAuto             AuthMethod = "auto"
	AuthSecret           AuthMethod = "secret"
	AuthCertificate      AuthMethod = "certificate"
	AuthWorkloadIdentity AuthMethod = "workload_identity"
	AuthManagedIdentity  AuthMethod = "managed_identity"
)

var authMethods = []AuthMethod{AuthAuto, AuthSecret, AuthCertificate, AuthWorkloadIdentity, AuthManagedIdentity}
