// Package config holds the settings of one input instance.
//
// Everything about a setting stands in one row of the table in fields.go: its
// key, its default as a user would write it, its help, and how its text becomes
// a value of Settings. The parser walks the table; the table in the README, the
// comments of the example configurations in conf/ and the command
// `in_office365 settings` are printed from it (print.go), and a test compares
// them, so none of them can fall behind. The kinds of values (durations, sizes,
// URLs, …) stand in kinds.go, what must hold between settings in check.go, the
// clouds of Microsoft 365 in cloud.go.
//
// Parse does no I/O and reads no clock: it asks for each key by name, as Fluent
// Bit's API does, and returns the settings or every problem that it found, each
// with key, value and what would be right. Files are opened by the packages
// that use them.
//
// Secrets have a type of their own, which prints as ***; Settings prints itself
// from the table, so that a password inside of a proxy URL is masked too. The
// fmt package cannot call methods on unexported fields: print a struct that
// holds Settings in one only through the Settings.
package config

import (
	"errors"
	"slices"
	"strings"
	"time"

	"office365/normalize"
)

// Settings are the settings of one instance, complete: where the configuration
// is silent the defaults of the table stand, and what follows from another
// setting (Authority, APIURL, PublisherID, TenantName, AuthMethod) is filled in.
// A value that Parse returned is valid; it is not changed afterwards and may be
// read by several goroutines.
type Settings struct {
	TenantID           string // lower case
	ClientID           string // lower case; "" for the system-assigned managed identity
	ClientSecret       Secret
	ClientSecretFile   string
	CertificateFile    string
	CertificateKeyFile string
	FederatedTokenFile string
	AuthMethod         AuthMethod // never AuthAuto
	Plan               Plan
	Authority          string // https://host[:port][/path], no trailing slash
	APIURL             string // https://host[:port], no trailing slash; the audience of the token
	PublisherID        string // lower case
	TenantName         string
	ConnectorName      string
	RecordTenantID     string // the setting `tenantid`
	ContentTypes       []normalize.ContentType
	Interval           time.Duration
	StartFrom          StartFrom
	DB                 string // "" keeps the position in memory
	Overlap            time.Duration
	Dedup              bool
	DedupWindow        time.Duration
	DedupMax           int
	RequestsPerMinute  int
	FetchWorkers       int
	BatchBytes         int64
	BufferBytes        int64
	MaxRecordBytes     int64
	CommitDelay        time.Duration
	Format             Format
	VendorFields       VendorFields
	Flatten            bool
	RawText            bool // the setting `raw`
	Redact             bool
	IndexKey           string // "" writes no key
	IndexEvents        string
	IndexAlerts        string
	AlertUpdates       AlertUpdates
	AlertMergeWait     time.Duration
	AlertMergeTTL      time.Duration
	AlertMaxEntities   int
	AlertStatusUpdates bool
	OriginalBundle     bool
	Proxy              string // "" follows the environment; may hold a password
	CAFile             string
	TLSVerify          bool
	Timeout            time.Duration
	StatusInterval     time.Duration
}

// FieldError is one problem of one setting.
type FieldError struct {
	Key    string
	Value  string // as it may be shown: *** for a secret, "" when the value is not the point
	Reason string // ends the sentence that key and value begin, and says what would be right
}

func (e *FieldError) Error() string {
	if e.Value == "" {
		return e.Key + " " + e.Reason
	}
	return e.Key + " " + e.Value + " " + e.Reason
}

// Parse reads the settings. It calls get with every key of the table, in lower
// case; get returns "" for a key that is not set. The error joins a *FieldError
// for every problem. Warnings are sentences for the log about settings that
// work and are likely not meant; they are returned with an error as well.
func Parse(get func(key string) string) (Settings, []string, error) {
	p := parser{get: get, bad: map[string]bool{}}
	for i := range fields {
		p.read(&fields[i], strings.TrimSpace(get(fields[i].Key)))
	}
	p.check()
	if len(p.problems) > 0 {
		return Settings{}, p.warnings, errors.Join(p.problems...)
	}
	return p.s, p.warnings, nil
}

// parser collects what one call of Parse finds.
type parser struct {
	s        Settings
	get      func(key string) string
	bad      map[string]bool // keys with a problem: checks between settings skip them
	problems []error
	warnings []string
}

// sparer looks at the section for a reason why a setting may be missing.
type sparer func(get func(key string) string) bool

// read takes one row: its default first, so that one bad value leaves a
// complete Settings for the checks of the others.
func (p *parser) read(f *Field, text string) {
	if f.Default != "" {
		if err := f.kind.set(&p.s, f.Default); err != nil {
			panic("config: default of " + f.Key + ": " + err.Error()) // a bug in the table, found by every test
		}
	}
	if text == "" {
		if f.Required && (f.spared == nil || !f.spared(p.get)) {
			p.problem(f.Key, "", "is missing; "+f.missing)
		}
		return
	}
	if err := f.kind.set(&p.s, text); err != nil {
		p.problem(f.Key, f.quote(text), err.Error())
	}
}

func (p *parser) problem(key, value, reason string) {
	p.bad[key] = true
	p.problems = append(p.problems, &FieldError{Key: key, Value: value, Reason: reason})
}

// good reports whether none of the keys had a problem of its own.
func (p *parser) good(keys ...string) bool {
	return !slices.ContainsFunc(keys, func(k string) bool { return p.bad[k] })
}
