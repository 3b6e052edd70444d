package cli

import (
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/plugin/internal/activity"
	"office365/plugin/internal/auth"
	"office365/tests/simulator"
)

// broken is one broken state: what makes a good scene it, and the exit code.
type broken struct {
	options func(*simulator.Options)
	change  func(s *scene)
	code    int
}

func fault(name string, route simulator.Route) func(*scene) {
	return func(s *scene) { s.sim.Inject(simulator.MustFault(name).On(route)) }
}

// closedPort is an address at which nobody listens.
func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	return l.Addr().String()
}

const otherGUID = "99999999-8888-7777-6666-555555555555"

var states = map[string]broken{
	"all_well": {code: exitDone},

	"wrong_secret":   {change: func(s *scene) { s.variables["SECRET"] = "not~the.secret-at-all" }, code: exitWrong},
	"expired_secret": {change: fault("token-7000222", simulator.RouteToken), code: exitWrong},
	"secret_id":      {change: func(s *scene) { s.variables["SECRET"] = otherGUID }, code: exitWrong},
	"secret_not_set": {change: func(s *scene) { delete(s.variables, "SECRET") }, code: exitWrong},
	"wrong_tenant":   {change: func(s *scene) { s.pairs["tenant_id"] = otherGUID }, code: exitWrong},
	"wrong_app":      {change: func(s *scene) { s.pairs["client_id"] = otherGUID }, code: exitWrong},
	"wrong_cloud": {change: func(s *scene) {
		api := simulator.NewServer(s.t, simulator.New(simulator.Options{Now: time.Now}))
		pem := append(append([]byte{}, s.server.CAPEM...), api.CAPEM...)
		require.NoError(s.t, os.WriteFile(s.server.CAFile, pem, 0o600))
		s.pairs["api_url"] = api.URL
	}, code: exitWrong},
	"tenant_of_another_cloud": {change: fault("token-90002", simulator.RouteToken), code: exitWrong},
	"conditional_access":      {change: fault("token-53003", simulator.RouteToken), code: exitWrong},
	"certificate_unknown":     {change: func(s *scene) { s.signWithCertificate(10*365*24*time.Hour, false) }, code: exitWrong},
	"certificate_ends_soon":   {change: func(s *scene) { s.signWithCertificate(5*24*time.Hour, true) }, code: exitDone},
	"certificate_missing":     {change: func(s *scene) { s.pairs["certificate_file"] = "/nowhere/app.pem"; delete(s.pairs, "client_secret") }, code: exitWrong},
	"login_down":              {change: fault("token-503", simulator.RouteToken), code: exitWrong},
	"login_page":              {change: fault("token-html", simulator.RouteToken), code: exitWrong},

	"no_consent": {options: func(o *simulator.Options) { o.Roles = []string{} }, code: exitWrong},
	"no_readdlp": {options: func(o *simulator.Options) {
		o.Roles, o.StrictDLP = []string{"ActivityFeed.Read"}, true
	}, code: exitWrong},
	"no_readdlp_and_details_left_out": {options: func(o *simulator.Options) {
		o.Roles = []string{"ActivityFeed.Read", "ServiceHealth.Read"}
	}, code: exitDone},

	"auditing_off": {change: func(s *scene) {
		fault("audit-off", simulator.RouteList)(s)
		fault("audit-off", simulator.RouteContentList)(s)
	}, code: exitWrong},
	"never_started": {change: func(s *scene) { s.freshTenant() }, code: exitDone},
	"disabled":      {change: func(s *scene) { s.sim.Stop(simulator.AuditExchange) }, code: exitWrong},
	"disabled_meanwhile": {change: func(s *scene) {
		s.sim.Inject(simulator.MustFault("disabled").For(simulator.AuditGeneral))
	}, code: exitWrong},
	"throttled":        {change: fault("af429", simulator.RouteContentList), code: exitWrong},
	"http_429":         {change: fault("429", simulator.RouteContentList), code: exitWrong},
	"http_401":         {change: fault("401", simulator.RouteList), code: exitWrong},
	"http_403":         {change: answer(403), code: exitWrong},
	"http_404":         {change: answer(404), code: exitWrong},
	"http_400":         {change: answer(400), code: exitWrong},
	"error_of_service": {change: fault("af50000", simulator.RouteContentList), code: exitWrong},
	"window_refused":   {change: fault("window", simulator.RouteContentList), code: exitWrong},

	"clock_ahead":  {change: func(s *scene) { s.Now = func() time.Time { return time.Now().Add(3 * time.Hour) } }, code: exitWrong},
	"clock_behind": {change: func(s *scene) { s.Now = func() time.Time { return time.Now().Add(-time.Minute) } }, code: exitDone},
	"proxy_down":   {change: func(s *scene) { s.pairs["proxy"] = "http://user:p4ssword@" + closedPort(s.t) }, code: exitWrong},
	"api_down":     {change: func(s *scene) { s.pairs["api_url"] = "https://" + closedPort(s.t) }, code: exitWrong},
	"unknown_ca":   {change: func(s *scene) { delete(s.pairs, "ca_file") }, code: exitWrong},
	"no_ca_file":   {change: func(s *scene) { s.pairs["ca_file"] = "/nowhere/ca.pem" }, code: exitWrong},

	"misspelled_keys": {change: func(s *scene) {
		s.pairs["client_secrt"], s.pairs["Intervall"], s.pairs["what_is_this"] = "s3cr3t-value", "5m", "x"
	}, code: exitWrong},
	"bad_values": {change: func(s *scene) {
		s.pairs["interval"], s.pairs["content_types"], s.pairs["plan"] = "5", "Audit.Exchnge", "gcchigh"
	}, code: exitWrong},
	"records_may_be_lost": {change: func(s *scene) {
		delete(s.pairs, "storage.type")
		delete(s.pairs, "db")
		delete(s.output, "Retry_Limit")
		s.pairs["Mem_Buf_Limit"] = "5M"
	}, code: exitDone},
	"no_output":  {change: func(s *scene) { s.output["Match"] = "other.*" }, code: exitWrong},
	"no_folder":  {change: func(s *scene) { s.pairs["db"] = s.dir + "/nowhere/x.db" }, code: exitWrong},
	"foreign_db": {change: func(s *scene) { s.leave("SQLite format 3\x00 of Fluent Bit's tail") }, code: exitWrong},
	"damaged_db": {change: func(s *scene) { s.leave(string(make([]byte, 40_000))) }, code: exitWrong},
}

// signWithCertificate replaces the secret by a certificate, which the app may not
// know.
func (s *scene) signWithCertificate(life time.Duration, known bool) {
	key, err := simulator.NewAppKey("collector", time.Now().Add(-time.Hour), time.Now().Add(life))
	require.NoError(s.t, err)
	if known {
		s.sim.Change(func(o *simulator.Options) { o.Certificates = append(o.Certificates, key.Certificate) })
	}
	file := filepath.Join(filepath.Dir(s.server.CAFile), "app.pem")
	require.NoError(s.t, os.WriteFile(file, append(key.CertificatePEM(), key.PKCS8PEM()...), 0o600))
	s.pairs["certificate_file"] = file
	delete(s.pairs, "client_secret")
}

// answer makes the listings answer a status without a code.
func answer(status int) func(*scene) {
	return func(s *scene) {
		s.sim.Inject(simulator.Fault{Route: simulator.RouteContentList, Action: simulator.Action{Status: status, Body: `{"Message":"No."}`}})
	}
}

// leave puts a file where the state belongs.
func (s *scene) leave(text string) {
	require.NoError(s.t, os.WriteFile(s.pairs["db"], []byte(text), 0o600))
}

// freshTenant takes the subscriptions away: the tenant begins anew.
func (s *scene) freshTenant() {
	fresh := simulator.New(simulator.Options{Now: time.Now})
	s.sim = fresh
	s.server = simulator.NewServer(s.t, fresh)
	s.pairs["authority"], s.pairs["api_url"], s.pairs["ca_file"] = s.server.URL, s.server.URL, s.server.CAFile
}

func TestCheckSaysWhatIsWrongAndWhatToDo(t *testing.T) {
	t.Parallel()
	for name, state := range states {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var options []func(*simulator.Options)
			if state.options != nil {
				options = append(options, state.options)
			}
			s := newScene(t, options...)
			if state.change != nil {
				state.change(s)
			}
			file := s.write()
			code, stdout, stderr := s.run("check", "-c", file)
			assert.Equal(t, state.code, code)
			assert.Empty(t, stderr)
			s.noSecrets(stdout)
			assert.NotContains(t, stdout, "p4ssword")
			assert.NotContains(t, stdout, "s3cr3t-value")
			golden(t, "check/"+name+".txt", s.normalized(stdout))
			s.unchanged()
		})
	}
}

// unchanged checks that nothing was altered: no subscription started or stopped,
// no content fetched, no state file made.
func (s *scene) unchanged() {
	s.t.Helper()
	assert.Empty(s.t, s.sim.Requests(simulator.RouteStart, simulator.RouteStop, simulator.RouteBlob))
	found, err := os.ReadDir(s.dir)
	require.NoError(s.t, err)
	for _, f := range found {
		assert.Contains(s.t, []string{"fluent-bit.conf", "fluent-bit.yaml", "office365.db"}, f.Name())
	}
}

func TestCheckPrintsTheSameAsJSON(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"all_well", "wrong_secret", "misspelled_keys", "proxy_down"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			if change := states[name].change; change != nil {
				change(s)
			}
			code, stdout, stderr := s.run("check", "--json", "-c", s.write())
			assert.Equal(t, states[name].code, code)
			assert.Empty(t, stderr)
			s.noSecrets(stdout)
			require.True(t, json.Valid([]byte(stdout)))
			assert.NotContains(t, stdout, "p4ssword")
			golden(t, "check/"+name+".json", s.normalized(stdout))
		})
	}
}

const twoInputs = `
env:
  secret_of_b: ${SECRET}
service:
  storage.path: DIR/storage
pipeline:
  inputs:
    - name: office365
      tag: a
      storage.type: filesystem
      tenant_id: TENANT
      client_id: CLIENT
      client_secret: ${SECRET}
      authority: URL
      api_url: URL
      ca_file: CA
      content_types: [DLP.All, Audit.General]
      db: DIR/one.db
    - name: dummy
      tag: b
    - name: office365
      alias: second
      tag: c
      storage.type: filesystem
      tenantId: TENANT
      client_id: CLIENT
      client_secret: ${SECRET}
      authority: ${URL_OF_B:-URL}
      api_url: URL
      ca_file: CA
      content_types: DLP.All
      db: DIR/one.db
  outputs:
    - name: stdout
      match_regex: ^[ac]$
      retry_limit: "off"
`

func (s *scene) writeTwoInputs() string {
	o := s.sim.Options()
	text := strings.NewReplacer("DIR", s.dir, "TENANT", o.TenantID, "CLIENT", o.ClientID, "${URL_OF_B:-URL}", "${URL_OF_B:-"+s.server.URL+"}",
		"URL", s.server.URL, "CA\n", s.server.CAFile+"\n").Replace(twoInputs)
	return s.writeFile("fluent-bit.yaml", text)
}

func TestCheckLooksAtEveryInputOrAtTheOneThatIsNamed(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	file := s.writeTwoInputs()
	code, stdout, _ := s.run("check", "-c", file)
	assert.Equal(t, exitWrong, code)
	golden(t, "check/two_inputs.txt", s.normalized(stdout))

	for _, name := range []string{"1", "second", "office365.1", "c"} {
		code, stdout, _ = s.run("check", "-c", file, "--input", name)
		assert.Equal(t, exitWrong, code) // the file itself has a problem
		assert.Contains(t, stdout, "\nsecond, tenant ")
		assert.NotContains(t, stdout, "office365.0, tenant", "input %s", name)
	}
	code, stdout, stderr := s.run("check", "-c", file, "--input", "third")
	assert.Equal(t, exitUsage, code)
	assert.Empty(t, stdout)
	assert.Contains(t, stderr, "there is no input third; there are office365.0, second")
}

func TestCheckOfAFileThatIsNotThereNamesIt(t *testing.T) {
	t.Parallel()
	code, stdout, stderr := call("check", "-c", "/nowhere/fluent-bit.yaml")
	assert.Equal(t, exitWrong, code)
	assert.Contains(t, stdout, "wrong: /nowhere/fluent-bit.yaml: cannot read /nowhere/fluent-bit.yaml: no such file or directory")
	assert.Empty(t, stderr)

	code, _, stderr = call("check")
	assert.Equal(t, exitUsage, code)
	assert.Contains(t, stderr, `required flag(s) "config" not set`)
}

// The table of the API's errors is what a refusal is explained from: every code
// reaches the reader with its meaning and what to do.
func TestCheckExplainsEveryCodeOfTheTables(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	file := s.write()
	for _, row := range activity.Table() {
		if row.Class == activity.Success {
			continue
		}
		remove := s.sim.Inject(simulator.Fault{Route: simulator.RouteContentList, Action: simulator.Action{
			Status: 400, Body: `{"error":{"code":"` + row.Code + `","message":"Retry again after 14m 56s."}}`,
		}})
		code, stdout, _ := s.run("check", "-c", file)
		remove()
		assert.Equal(t, exitWrong, code, row.Code)
		assert.Contains(t, stdout, "wrong: "+row.Meaning+" (400 "+row.Code, row.Code)
		assert.Contains(t, stdout, "-> ", row.Code)
	}
	for _, row := range auth.Table() {
		number := strconv.Itoa(row.Number)
		remove := s.sim.Inject(simulator.Fault{Route: simulator.RouteToken, Action: simulator.Action{
			Status: 400, Body: `{"error":"invalid_client","error_description":"AADSTS` + number + `: No. Trace ID: x","error_codes":[` + number + `]}`,
		}})
		code, stdout, _ := s.run("check", "-c", file)
		remove()
		assert.Equal(t, exitWrong, code, number)
		assert.Contains(t, stdout, "wrong: "+row.Meaning+" (400 AADSTS"+number+": No)", number)
		assert.Contains(t, stdout, "-> ", number)
	}
}
