package telemetry

import (
	"encoding/json"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

const mask = "***"

// shortestSecret keeps Forbid from hiding the letter "a" everywhere.
const shortestSecret = 4

// Names under which OAuth 2.0, MSAL and our own settings carry what must never
// be printed, whatever the value looks like.
const secretNames = `client_secret|client_assertion|assertion|access_token|refresh_token|id_token|password|passwd|private_key`

// Shapes of secrets that nobody told us, with what remains of them.
var shapes = []struct {
	pattern *regexp.Regexp
	with    string
}{
	// A JSON Web Token, signed or not: header and payload are objects, so both start with {" in base64.
	{regexp.MustCompile(`eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]*)*`), mask},
	// The value of an Authorization header, or of Proxy-Authorization.
	{regexp.MustCompile(`(?i)\b(authorization["']?\s*[:=]\s*["']?(?:basic|bearer|negotiate|digest)\s+)[^\s"',;]+`), "$1" + mask},
	// An opaque access token; shorter words after "bearer" are prose ("bearer authentication").
	{regexp.MustCompile(`(?i)\b(bearer(?:\s+|%20))[A-Za-z0-9._~+/-]{20,}=*`), "$1" + mask},
	// A form or query parameter, or a setting as the user wrote it.
	{regexp.MustCompile(`(?i)\b(` + secretNames + `)(\s*[=:]\s*)([^\s&"',;]+)`), "$1$2" + mask},
	// A member of a JSON object, also one that is quoted once more.
	{regexp.MustCompile(`(?i)\b(` + secretNames + `)(\\*"\s*:\s*\\*")(?:[^"\\]|\\[^"])*`), "$1$2" + mask},
	// The password of a URL, as a proxy may have one.
	{regexp.MustCompile(`://[^\s/@:]*:[^\s/@]*@`), "://" + mask + "@"},
	// A PEM block.
	{regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)`), mask},
}

var secretKey = regexp.MustCompile(`(?i)^(?:` + secretNames + `|authorization)$`)

// redactor replaces secrets in a text. It is safe for concurrent use.
type redactor struct {
	mu        sync.RWMutex
	forbidden []string // old, new, old, new: what known answers to
	known     *strings.Replacer
}

func newRedactor() *redactor { return &redactor{known: strings.NewReplacer()} }

func (r *redactor) forbid(secrets []string) {
	r.mu.Lock()
	defer r.mu.Unlock()

	for _, secret := range secrets {
		if len(secret) < shortestSecret {
			continue
		}
		for _, form := range forms(secret) {
			r.forbidden = append(r.forbidden, form, mask)
		}
	}
	r.known = strings.NewReplacer(r.forbidden...)
}

// forms lists the ways in which a secret shows up in messages of others: as it
// is, in a query or a path, in a JSON text, in a quoted Go string.
func forms(secret string) []string {
	all := []string{secret, url.QueryEscape(secret), url.PathEscape(secret), strings.Trim(strconv.Quote(secret), `"`)}
	if text, err := json.Marshal(secret); err == nil {
		all = append(all, strings.Trim(string(text), `"`))
	}
	return all
}

// redact returns s without the secrets that it knows or recognizes.
func (r *redactor) redact(s string) string {
	r.mu.RLock()
	known := r.known
	r.mu.RUnlock()

	s = known.Replace(s)
	for _, shape := range shapes {
		s = shape.pattern.ReplaceAllString(s, shape.with)
	}
	return s
}

// attr is redact for the value of an attribute, whose key alone may say that it
// is a secret.
func (r *redactor) attr(key, value string) string {
	if value != "" && secretKey.MatchString(key) {
		return mask
	}
	return r.redact(value)
}
