// Package fluentconf reads a configuration of Fluent Bit, as Fluent Bit itself
// does, to look at it before Fluent Bit runs.
//
// Read takes either syntax (.yaml and .yml, everything else is classic), follows
// includes, and expands variables from the environment, from `env` and from
// @SET. What it returns is what plugins are given: keys in lower case (camelCase
// of YAML as snake_case), values trimmed, a YAML list as its items, and where
// each of them stands. Sections that say nothing about the flow of records
// (parsers, plugins, customs) are read over.
//
// A file that Fluent Bit refuses is an *Error, with the place and without the
// text there: a secret may stand in it. Where Fluent Bit's readers have habits of
// their own (src/config_format/flb_cf_fluentbit.c, flb_cf_yaml.c and flb_env.c of
// 5.1.1), this package has them too: an include of the classic syntax is looked
// for in the working directory first, a tab does not part key and value, of two
// lines with the same key of a plugin the first counts.
//
// The package is pure but for the fs.FS that it is given.
package fluentconf

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// Options are where the file and its variables come from.
type Options struct {
	FS     fs.FS               // the root of the file system
	Dir    string              // working directory, absolute
	Getenv func(string) string // "" for a variable that is not set
}

// Config is what the files say.
type Config struct {
	Service                  Section // all service sections as one
	Inputs, Filters, Outputs []Section
	Unset                    []Variable // variables used that have no value and no default
	Files                    []string   // the file and what it includes, in the order of reading
}

// Section is one plugin, or the service.
type Section struct {
	Kind       string // "input"
	Plugin     string // its name, in lower case; "" when it has none
	Place      Place
	Properties []Property // without the name
}

// Property is one line of a section.
type Property struct {
	Key    string   // as Fluent Bit compares it
	Values []string // one, or the items of a YAML list; none for a map
	List   bool     // of YAML
	Place  Place
}

// Variable is one ${NAME}.
type Variable struct {
	Name  string
	Place Place
}

// Place is where something stands.
type Place struct {
	File string
	Line int
}

// String returns "fluent-bit.yaml:12".
func (p Place) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d", p.File, p.Line)
}

// Error is why Fluent Bit would not start with this file.
type Error struct {
	Place   Place
	Message string
	err     error
}

func (e *Error) Error() string { return e.Place.String() + ": " + e.Message }

// Unwrap gives the file system's error.
func (e *Error) Unwrap() error { return e.err }

// First returns what a plugin gets for a key of its own, of which Fluent Bit
// hands over the first, and "" when it is not set.
func (s Section) First(key string) string {
	for _, p := range s.Properties {
		if p.Key == key && len(p.Values) > 0 {
			return p.Values[0]
		}
	}
	return ""
}

// Last returns the value of a key that Fluent Bit reads itself, such as tag: the
// last one that is not empty.
func (s Section) Last(key string) string {
	value := ""
	for _, p := range s.Properties {
		if p.Key == key && len(p.Values) > 0 {
			value = cmp.Or(p.Values[len(p.Values)-1], value)
		}
	}
	return value
}

// Read reads the file and all that it includes.
func Read(o Options, file string) (*Config, error) {
	r := &reader{Options: o, seen: map[string]bool{}, env: map[string]string{}}
	r.root = path.Dir(r.absolute(file))
	var err error
	if isYAML(file) {
		err = r.readYAML(file)
	} else {
		err = r.readClassic(file)
	}
	if err != nil {
		return nil, err
	}
	return r.resolve()
}

func isYAML(file string) bool {
	ext := strings.ToLower(path.Ext(file))
	return ext == ".yaml" || ext == ".yml"
}

// maxFiles is FLB_CF_FILE_NUM_LIMIT of Fluent Bit.
const maxFiles = 1000

// reader is one call of Read.
type reader struct {
	Options
	root     string // folder of the first file
	seen     map[string]bool
	files    []string
	env      map[string]string // of the files
	sections []Section
	unset    []Variable
}

// open reads a file, which may be read once.
func (r *reader) open(file string, from Place) ([]byte, error) {
	where := from
	if where.File == "" {
		where = Place{File: file}
	}
	full := r.absolute(file)
	switch {
	case r.seen[full]:
		return nil, &Error{Place: where, Message: "includes " + file + " a second time"}
	case len(r.files) >= maxFiles:
		return nil, &Error{Place: where, Message: fmt.Sprintf("more than %d files", maxFiles)}
	}
	r.seen[full] = true
	r.files = append(r.files, file)
	text, err := fs.ReadFile(r.FS, inFS(full))
	if err != nil {
		return nil, &Error{Place: where, Message: "cannot read " + file + ": " + reason(err), err: err}
	}
	return text, nil
}

// absolute makes a path absolute and clean.
func (r *reader) absolute(file string) string {
	if path.IsAbs(file) {
		return path.Clean(file)
	}
	return path.Join("/", r.Dir, file)
}

// inFS is how an fs.FS wants an absolute path.
func inFS(full string) string { return cmp.Or(strings.TrimPrefix(full, "/"), ".") }

// reason is the error of a path without the path.
func reason(err error) string {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err.Error()
	}
	return err.Error()
}

// glob returns the files of an include with a star.
func (r *reader) glob(dir, pattern string, from Place) ([]string, error) {
	if !path.IsAbs(pattern) {
		pattern = path.Join(dir, pattern)
	}
	found, err := fs.Glob(r.FS, inFS(path.Clean(pattern)))
	if err != nil || len(found) == 0 {
		return nil, &Error{Place: from, Message: "no file matches the include " + pattern, err: err}
	}
	for i := range found {
		found[i] = "/" + found[i]
	}
	return found, nil
}

// add begins a section. The kinds that carry no records are not kept.
func (r *reader) add(kind string, place Place) *Section {
	kind = strings.TrimSuffix(strings.ToLower(kind), "s")
	r.sections = append(r.sections, Section{Kind: kind, Place: place})
	return &r.sections[len(r.sections)-1]
}

// resolve expands the variables, which may be set after their use, and sorts the
// sections.
func (r *reader) resolve() (*Config, error) {
	c := &Config{Files: r.files, Service: Section{Kind: "service"}}
	for _, s := range r.sections {
		r.expandSection(&s)
		switch s.Kind {
		case "service":
			c.Service.Place = s.Place
			c.Service.Properties = append(c.Service.Properties, s.Properties...)
			continue
		case "input":
			c.Inputs = append(c.Inputs, s)
		case "filter":
			c.Filters = append(c.Filters, s)
		case "output":
			c.Outputs = append(c.Outputs, s)
		default:
			continue
		}
		if s.Plugin == "" {
			return nil, &Error{Place: s.Place, Message: "the " + s.Kind + " has no name"}
		}
	}
	c.Unset = r.unset
	return c, nil
}

// expandSection expands the values and takes the name out of the properties.
func (r *reader) expandSection(s *Section) {
	kept := s.Properties[:0]
	for _, p := range s.Properties {
		for i, v := range p.Values {
			p.Values[i] = r.expand(v, p.Place)
		}
		if p.Key == "name" && s.Kind != "service" {
			if s.Plugin == "" && len(p.Values) > 0 {
				s.Plugin = strings.ToLower(p.Values[0])
			}
			continue
		}
		kept = append(kept, p)
	}
	s.Properties = kept
}
