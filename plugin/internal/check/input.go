package check

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"office365/plugin/internal/config"
	"office365/plugin/internal/fluentconf"
)

// Plugin is the name of the input in a configuration.
const Plugin = "office365"

// Input is one section of the plugin.
type Input struct {
	Number  int // among the sections of the plugin, from 0, as Fluent Bit counts
	Section fluentconf.Section
}

// Inputs returns the sections of the plugin.
func Inputs(c *fluentconf.Config) []Input {
	var inputs []Input
	for _, s := range c.Inputs {
		if s.Plugin == Plugin {
			inputs = append(inputs, Input{len(inputs), s})
		}
	}
	return inputs
}

// Name is what Fluent Bit calls the input: its alias, or office365.0.
func (i Input) Name() string {
	if alias := i.Section.Last("alias"); alias != "" {
		return alias
	}
	return Plugin + "." + strconv.Itoa(i.Number)
}

// Tag is the tag of its records.
func (i Input) Tag() string {
	if tag := i.Section.Last("tag"); tag != "" {
		return tag
	}
	return Plugin + "." + strconv.Itoa(i.Number)
}

// Is reports whether a user who writes name may mean this input: its number, its
// name for Fluent Bit, its tenant_name or its tag.
func (i Input) Is(name string) bool {
	return name == strconv.Itoa(i.Number) ||
		slices.Contains([]string{i.Name(), Plugin + "." + strconv.Itoa(i.Number), i.Section.First("tenant_name"), i.Tag()}, name)
}

// Settings parses the section as the plugin does.
func (i Input) Settings() (config.Settings, []string, error) {
	return config.Parse(i.Section.First)
}

// Fluent Bit's own keys of an input (flb_input_set_property, 5.1.1) that are no
// business of the plugin's, and what its configuration format takes out before.
var ownKeys = []string{
	"alias", "host", "ipv6", "listen", "log_level", "log_suppress_interval", "mem_buf_limit", "port", "processors",
	"rate_gate", "rate_gate.backpressure", "rate_gate.max_bytes", "rate_gate.max_records", "rate_gate.resume_ratio",
	"rate_window", "routable", "routes", "storage.pause_on_chunks_overlimit", "storage.type", "tag", "telemetry",
	"thread.ring_buffer.capacity", "thread.ring_buffer.window", "threaded",
}

// ownPrefixes begin further keys of Fluent Bit.
var ownPrefixes = []string{"net.", "oauth2", "tls."}

func knownKeys() []string {
	keys := slices.Clone(ownKeys)
	for _, f := range config.Fields() {
		keys = append(keys, f.Key)
	}
	return keys
}

// isSetting reports whether the key is one of the plugin.
func isSetting(key string) bool {
	return slices.ContainsFunc(config.Fields(), func(f config.Field) bool { return f.Key == key })
}

// settings looks at the section: its keys, its values, and what Fluent Bit does
// with its records.
func (i Input) settings(storagePath string) (config.Settings, Result) {
	var r Result
	i.checkKeys(&r)
	i.checkStorage(&r, storagePath)
	settings, warnings, err := i.Settings()
	for _, problem := range unjoin(err) {
		what, todo, _ := strings.Cut(problem.Error(), "; ")
		r.fail(what, todo)
	}
	for _, w := range warnings {
		r.warn(w, "")
	}
	if err == nil {
		r.What = fmt.Sprintf("plan %s, auth_method %s, %s", settings.Plan, settings.AuthMethod, count(len(settings.ContentTypes), "content type"))
	}
	return settings, r
}

// unjoin takes apart what errors.Join has put together.
func unjoin(err error) []error {
	var joined interface{ Unwrap() []error }
	switch {
	case err == nil:
		return nil
	case errors.As(err, &joined):
		return joined.Unwrap()
	}
	return []error{err}
}

// checkKeys finds keys that nobody reads, lists, and keys that are set twice.
// Values are not shown: a misspelled client_secret is still a secret.
func (i Input) checkKeys(r *Result) {
	seen := map[string]fluentconf.Place{}
	for _, p := range i.Section.Properties {
		place := p.Place.String()
		switch {
		case !i.known(p.Key):
			todo := "remove it; in_office365 settings prints the keys"
			if near := config.Nearest(p.Key, knownKeys()); near != "" {
				todo = "did you mean " + near + "?"
			}
			r.fail(fmt.Sprintf("the key %s (%s) is unknown, and Fluent Bit would pass over it without a word", p.Key, place), todo)
		case p.List && isSetting(p.Key):
			r.fail(fmt.Sprintf("%s (%s) is a YAML list, of which Fluent Bit passes on the first item only", p.Key, place),
				"write the items in one string, separated by commas")
		}
		if first, twice := seen[p.Key]; twice && isSetting(p.Key) {
			r.warn(fmt.Sprintf("%s is set twice (%s and %s), and the first counts", p.Key, first, place), "remove one of them")
		}
		seen[p.Key] = p.Place
	}
}

func (i Input) known(key string) bool {
	return isSetting(key) || slices.Contains(ownKeys, key) || key == "tls" ||
		slices.ContainsFunc(ownPrefixes, func(prefix string) bool { return strings.HasPrefix(key, prefix) })
}

func (i Input) checkStorage(r *Result, storagePath string) {
	filesystem := strings.EqualFold(i.Section.Last("storage.type"), "filesystem")
	switch {
	case !filesystem:
		r.warn("storage.type is not filesystem: what Fluent Bit has buffered is lost when it dies",
			"set storage.type filesystem here, and storage.path in the service section")
	case storagePath == "":
		r.fail("storage.type is filesystem and the service section has no storage.path: Fluent Bit does not start",
			"set storage.path in the service section to a folder that Fluent Bit may write")
	}
	if i.Section.Last("mem_buf_limit") != "" {
		r.warn("mem_buf_limit is set: when it pauses this input, Fluent Bit (5.1.1) stops calling the other inputs of the plugin too",
			"remove it; with filesystem storage there is no need of it")
	}
}
