package config

import (
	"errors"
	"fmt"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"office365/normalize"
)

// kind is how the text of a row becomes a value of Settings, and back. The
// error of set ends a sentence that key and value begin.
type kind struct {
	set    func(s *Settings, text string) error
	show   func(s *Settings) string
	secret bool
}

// of makes a kind of a place in Settings, a parser and a printer.
func of[T any](at func(*Settings) *T, parse func(string) (T, error), show func(T) string) kind {
	return kind{
		set: func(s *Settings, text string) error {
			v, err := parse(text)
			if err != nil {
				return err
			}
			*at(s) = v
			return nil
		},
		show: func(s *Settings) string { return show(*at(s)) },
	}
}

func text(at func(*Settings) *string, parse func(string) (string, error)) kind {
	return of(at, parse, maskUserinfoOfURL)
}

func secret(at func(*Settings) *Secret) kind {
	k := of(at, func(v string) (Secret, error) { return Secret(v), nil }, Secret.String)
	k.secret = true
	return k
}

func boolean(at func(*Settings) *bool) kind {
	show := func(v bool) string {
		if v {
			return "on"
		}
		return "off"
	}
	return of(at, parseBool, show)
}

// parseBool takes the words that Fluent Bit takes.
func parseBool(value string) (bool, error) {
	switch strings.ToLower(value) {
	case "on", "true", "yes":
		return true, nil
	case "off", "false", "no":
		return false, nil
	}
	return false, errors.New("is neither on nor off; use one of them")
}

// integer is a whole number from 1 on.
func integer(at func(*Settings) *int, most int) kind {
	parse := func(value string) (int, error) {
		n, err := strconv.Atoi(value)
		if err != nil && !errors.Is(err, strconv.ErrRange) {
			return 0, fmt.Errorf("is not a whole number; use one from 1 to %d", most)
		}
		if err != nil || n < 1 || n > most {
			return 0, fmt.Errorf("is out of range; use 1 to %d", most)
		}
		return n, nil
	}
	return of(at, parse, strconv.Itoa)
}

func enum[T ~string](at func(*Settings) *T, values []T) kind {
	parse := func(value string) (T, error) {
		v := T(strings.ToLower(value))
		if slices.Contains(values, v) {
			return v, nil
		}
		return "", errors.New("is unknown; use " + suggest(string(v), values))
	}
	return of(at, parse, func(v T) string { return string(v) })
}

func contentTypes(at func(*Settings) *[]normalize.ContentType) kind {
	return of(at, parseContentTypes, joinTypes)
}

func parseContentTypes(value string) ([]normalize.ContentType, error) {
	names := strings.FieldsFunc(value, func(r rune) bool { return r == ',' || unicode.IsSpace(r) })
	var (
		types   []normalize.ContentType
		unknown []string
	)
	for _, name := range names {
		ct, ok := normalize.ParseContentType(name)
		switch {
		case !ok:
			unknown = append(unknown, fmt.Sprintf("%q is no content type; use %s", name, suggest(name, normalize.ContentTypes())))
		case !slices.Contains(types, ct):
			types = append(types, ct)
		}
	}
	switch {
	case len(unknown) > 0:
		return nil, errors.New("is wrong: " + strings.Join(unknown, "; "))
	case len(types) == 0:
		return nil, errors.New("names no content type; use " + suggest("", normalize.ContentTypes()))
	}
	return types, nil
}

func joinTypes(types []normalize.ContentType) string {
	names := make([]string, len(types))
	for i, ct := range types {
		names[i] = string(ct)
	}
	return strings.Join(names, ", ")
}

func duration(at func(*Settings) *time.Duration, least, most time.Duration) kind {
	parse := func(value string) (time.Duration, error) {
		d, err := parseDuration(value)
		switch {
		case errors.Is(err, errNoUnit):
			return 0, noUnit(value)
		case err != nil:
			return 0, err
		case d < least || d > most:
			return 0, fmt.Errorf("is out of range; use %s to %s", formatDuration(least), formatDuration(most))
		}
		return d, nil
	}
	return of(at, parse, formatDuration)
}

var (
	errNoUnit   = errors.New("has no unit")
	errDuration = errors.New("is not a duration; write a number with a unit: s, m, h or d, such as 90s or 5m")
)

// noUnit explains the refusal: the page from which users come counts in
// minutes, Fluent Bit in seconds.
func noUnit(number string) error {
	return fmt.Errorf("%w; write %ss for seconds or %sm for minutes", errNoUnit, number, number)
}

// parseDuration is time.ParseDuration in any letter case, with days.
func parseDuration(value string) (time.Duration, error) {
	value = strings.ToLower(value)
	if n, err := strconv.ParseFloat(value, 64); err == nil && n != 0 {
		return 0, errNoUnit
	}
	var days time.Duration
	if number, rest, found := strings.Cut(value, "d"); found {
		n, err := strconv.ParseUint(number, 10, 16) // 65,535 days fit into a Duration
		if err != nil {
			return 0, errDuration
		}
		days = time.Duration(n) * day
		if value = rest; value == "" {
			return days, nil
		}
	}
	d, err := time.ParseDuration(value)
	if err != nil || d < 0 || d > math.MaxInt64-days {
		return 0, errDuration
	}
	return days + d, nil
}

// formatDuration writes 5m for what time.Duration writes as 5m0s.
func formatDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = s[:len(s)-len("0s")]
	}
	if strings.HasSuffix(s, "h0m") {
		s = s[:len(s)-len("0m")]
	}
	return s
}

func size(at func(*Settings) *int64, least, most int64) kind {
	parse := func(value string) (int64, error) {
		n, err := parseSize(value)
		if err != nil {
			return 0, err
		}
		if n < least || n > most {
			return 0, fmt.Errorf("is out of range; use %s to %s", formatSize(least), formatSize(most))
		}
		return n, nil
	}
	return of(at, parse, formatSize)
}

var sizePattern = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?)([kmg]?)b?$`)

// parseSize reads a size as Fluent Bit does (flb_utils_size_to_bytes): a number
// of bytes, or with k, M or G of thousands, millions, thousands of millions.
func parseSize(value string) (int64, error) {
	m := sizePattern.FindStringSubmatch(strings.ToLower(value))
	if m == nil {
		return 0, errors.New("is not a size; write a number of bytes, or with k, M or G, such as 4M")
	}
	n, _ := strconv.ParseFloat(m[1], 64) // the pattern leaves only the error of range, which comes with +Inf
	n *= map[string]float64{"": 1, "k": 1e3, "m": 1e6, "g": 1e9}[m[2]]
	if n >= math.MaxInt64 {
		return math.MaxInt64, nil
	}
	return int64(n), nil
}

func formatSize(n int64) string {
	for _, unit := range []struct {
		bytes int64
		name  string
	}{{1e9, "G"}, {1e6, "M"}, {1e3, "k"}} {
		if n >= unit.bytes && n%unit.bytes == 0 {
			return strconv.FormatInt(n/unit.bytes, 10) + unit.name
		}
	}
	return strconv.FormatInt(n, 10)
}

var guidPattern = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// parseGUID also refuses the zero GUID: as PublisherIdentifier it stands for
// the quota that all callers without one share.
func parseGUID(value string) (string, error) {
	v := strings.ToLower(value)
	if !guidPattern.MatchString(v) {
		return "", errors.New("is not a GUID; use the form 11111111-2222-3333-4444-555555555555")
	}
	if strings.Trim(v, "0-") == "" {
		return "", errors.New("is the empty GUID; use that of your tenant or app")
	}
	return v, nil
}

// parseRoot takes the root of a service: an https URL without a path.
func parseRoot(value string) (string, error) {
	u, err := parseHTTPS(value)
	switch {
	case err != nil:
		return "", err
	case u.Path != "":
		return "", fmt.Errorf("has a path; write only https://%s", u.Host)
	}
	return u.String(), nil
}

// parseAuthority takes the root of a login endpoint, which may have a path where
// it is not Microsoft's own: a gateway serves several things.
func parseAuthority(value string) (string, error) {
	u, err := parseHTTPS(value)
	if err != nil {
		return "", err
	}
	segments := strings.Split(u.Path, "/")
	switch {
	case u.Path != "" && slices.Contains(publishedAuthorities, u.Hostname()):
		return "", fmt.Errorf("has a path; write only https://%s", u.Host)
	case slices.ContainsFunc(segments, func(s string) bool { return guidPattern.MatchString(strings.ToLower(s)) }):
		return "", errors.New("names a tenant, which tenant_id does; end it before that")
	}
	return u.String(), nil
}

// parseHTTPS returns an https URL with the host in lower case and no slash at the
// end.
func parseHTTPS(value string) (*url.URL, error) {
	u, err := url.Parse(value)
	switch {
	case err != nil || u.Opaque != "" || u.Hostname() == "" && u.Scheme == "https":
		return nil, errors.New("is not a URL; write one such as https://manage.office.com")
	case u.Scheme == "":
		return nil, errors.New("has no scheme; write https:// in front")
	case u.Scheme != "https":
		return nil, errors.New("is not https; a token must not travel in the clear")
	case u.User != nil:
		return nil, errors.New("holds a user name; remove it")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.Contains(value, "#"):
		return nil, errors.New("has a query or a fragment; remove it")
	case !portOK(u):
		return nil, errors.New("has a port that is no port; use 1 to 65535")
	}
	u.Host = strings.ToLower(u.Host)
	return &url.URL{Scheme: "https", Host: u.Host, Path: strings.TrimRight(u.Path, "/")}, nil
}

func parseProxy(value string) (string, error) {
	u, err := url.Parse(value)
	switch {
	case !strings.Contains(value, "://"):
		return "", errors.New("has no scheme; write one in front, such as http://")
	case err != nil || u.Hostname() == "":
		return "", errors.New("is not a URL; write one such as http://proxy.example.com:3128")
	case u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "socks5":
		return "", errors.New("has an unknown scheme; use http, https or socks5")
	case !portOK(u):
		return "", errors.New("has a port that is no port; use 1 to 65535")
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		return "", errors.New("has a path, a query or a fragment; write only scheme, host and port")
	}
	return value, nil
}

func portOK(u *url.URL) bool {
	if u.Port() == "" {
		return true
	}
	n, err := strconv.ParseUint(u.Port(), 10, 16)
	return err == nil && n > 0
}

// maskUserinfoOfURL prints a text setting; only URLs can hold a password.
func maskUserinfoOfURL(text string) string {
	if strings.Contains(text, "://") {
		return maskUserinfo(text)
	}
	return text
}

// parseLine takes any text that fits into one line of a log.
func parseLine(value string) (string, error) {
	if !utf8.ValidString(value) || strings.ContainsFunc(value, unicode.IsControl) {
		return "", errors.New("holds control characters or is not UTF-8; use plain text")
	}
	return value, nil
}

// parsePath takes what the system could open; whether it can is found out by
// the package that does.
func parsePath(value string) (string, error) {
	if strings.ContainsRune(value, 0) {
		return "", errors.New("holds a zero byte; use the path of a file")
	}
	return value, nil
}

func parseASCII(value string) (string, error) {
	if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' }) {
		return "", errors.New("is not plain ASCII; use letters, digits and signs of ASCII")
	}
	return value, nil
}

// All fields of Microsoft begin with an upper-case letter, so a key of this form
// cannot hide one.
var indexKeyPattern = regexp.MustCompile(`^[a-z_@][A-Za-z0-9_@-]*$`)

// parseIndexKey returns "" for off: Fluent Bit cannot tell a plugin an empty
// value from none.
func parseIndexKey(value string) (string, error) {
	switch {
	case strings.EqualFold(value, "off"):
		return "", nil
	case !indexKeyPattern.MatchString(value):
		return "", errors.New("cannot be the name of the key; begin with a lower-case letter, _ or @, go on with letters, digits, _, - and @")
	case slices.Contains(normalize.LayerKeys(), value):
		return "", errors.New("is already a field of records; use another name")
	}
	return value, nil
}
