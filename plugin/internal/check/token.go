package check

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"office365/plugin/internal/activity"
	"office365/plugin/internal/auth"
	"office365/plugin/internal/config"
	"office365/plugin/internal/network"
)

// Connect makes a Connection for the settings. It does no I/O but for the files
// that they name.
func Connect(s config.Settings, now func() time.Time) (*Connection, error) {
	hc, err := network.NewClient(s)
	if err != nil {
		return nil, err
	}
	tokens, err := auth.New(s, hc, now)
	if err != nil {
		return nil, err
	}
	perSecond := float64(s.RequestsPerMinute) / 60
	return &Connection{HTTP: hc, Tokens: tokens, Client: activity.New(activity.Options{
		BaseURL: s.APIURL, TenantID: s.TenantID, PublisherID: s.PublisherID, HTTP: hc, Tokens: tokens, Now: now,
		Quota: rate.NewLimiter(rate.Limit(perSecond), max(1, int(perSecond))), // as the plugin's
	})}, nil
}

// roleHealth is in every setup guide of this API; it belongs to another one.
const roleHealth = "ServiceHealth.Read"

func (t *tenant) token(ctx context.Context) Result {
	if why := t.unreachable(t.settings.Authority); why != "" {
		return skipped(why)
	}
	connection, err := Connect(t.settings, t.now)
	if err != nil {
		return wrongSetting(err)
	}
	about, err := connection.Tokens.About()
	if err != nil {
		connection.Close()
		return wrongSetting(err)
	}
	token, err := connection.Tokens.Token(ctx)
	if err != nil {
		connection.Close()
		r := refused(err)
		r.What = about.Text
		return r
	}
	t.connection = connection
	r := t.inspect(token)
	r.What = about.Text + r.What
	t.checkEnd(&r, about)
	return r
}

// endWarns is long enough to have a certificate renewed.
const endWarns = 30 * 24 * time.Hour

// checkEnd warns of a certificate that ends soon. A federated token always does.
func (t *tenant) checkEnd(r *Result, about auth.About) {
	left := about.Ends.Sub(t.now())
	if t.settings.AuthMethod == config.AuthCertificate && left < endWarns {
		r.warn(fmt.Sprintf("the certificate ends in %d days, at %s", int(left.Hours())/24, about.Ends.Format(time.RFC3339)),
			"register a new one for the app and put it into certificate_file; the plugin reads the file again when it changes")
	}
}

// refused words the refusal of the token endpoint.
func refused(err error) Result {
	var r Result
	var e *auth.Error
	if !errors.As(err, &e) {
		r.fail(err.Error(), "check the network")
		return r
	}
	what := strings.TrimPrefix(e.Error(), "token: ")
	for _, row := range auth.Table() {
		if e.Code == fmt.Sprintf("AADSTS%d", row.Number) {
			what = fmt.Sprintf("%s (%s)", row.Meaning, what)
		}
	}
	r.fail(what, e.Advice())
	return r
}

// inspect looks at what the token says about itself, in words that go on after
// who has signed in. The API has the last word:
// a token that cannot be read need not be a bad one.
func (t *tenant) inspect(token string) Result {
	claims, err := auth.Inspect(token)
	if err != nil {
		return Result{What: "; " + err.Error()}
	}
	r := Result{What: fmt.Sprintf("; for %s: %s", claims.Audience, roles(claims.Roles))}
	want := auth.Wanted{TenantID: t.settings.TenantID, APIURL: t.settings.APIURL, ContentTypes: t.settings.ContentTypes}
	for _, hint := range claims.Hints(want) {
		what, todo, _ := strings.Cut(hint, "; ")
		if strings.Contains(what, auth.RoleReadDLP) {
			r.warn(what, todo)
			continue
		}
		if todo == "" {
			todo = "compare tenant_id and authority with the overview page of the app"
		}
		r.fail(what, todo)
	}
	return r
}

// roles lists the permissions and says what the one is for that nothing here
// uses.
func roles(have []string) string {
	text := "no permission"
	if len(have) > 0 {
		text = strings.Join(have, ", ")
	}
	if slices.Contains(have, roleHealth) {
		return text + "; nothing here uses " + roleHealth
	}
	return text + "; nothing here uses " + roleHealth + ", which setup guides ask for too"
}
