package ocsf

import (
	_ "embed" // the schema
	"encoding/json"
	"slices"
	"strconv"
)

// Version is the version of the schema.
const Version = "1.8.0"

//go:embed ocsf-1.8.0-trimmed.json
var compiled []byte

// schema is the parsed schema, read-only.
var schema = parse(compiled)

// tables are the schema as it is compiled.
type tables struct {
	Version string            `json:"version"`
	Classes map[string]*class `json:"classes"`
	Objects map[string]*class `json:"objects"`

	byUID    map[int64]*class
	profiles map[string]bool // all there are
}

// class is a class or an object.
type class struct {
	Name        string                `json:"-"`
	UID         int64                 `json:"uid"`
	Attributes  map[string]*attribute `json:"a"`
	Constraints constraints           `json:"c"`
}

// constraints are about which attributes stand together.
type constraints struct {
	AtLeastOne []string `json:"at_least_one"`
	JustOne    []string `json:"just_one"`
}

type attribute struct {
	Type        string   `json:"type"`
	ObjectType  string   `json:"object_type"`
	IsArray     bool     `json:"is_array"`
	Requirement string   `json:"requirement"`
	Profiles    []string `json:"profiles"`
	Enum        []string `json:"enum"`
}

// required reports whether an object without the attribute is wrong.
func (a *attribute) required() bool { return a.Requirement == "required" }

// in reports whether the attribute is there under the declared profiles.
func (a *attribute) in(declared []string) bool {
	return len(a.Profiles) == 0 || slices.ContainsFunc(a.Profiles, func(p string) bool { return slices.Contains(declared, p) })
}

// parse reads the schema; what is wrong with it is our own mistake.
func parse(text []byte) *tables {
	var t tables
	if err := json.Unmarshal(text, &t); err != nil {
		panic("ocsf: " + err.Error())
	}
	if t.Version != Version {
		panic("ocsf: the schema has version " + t.Version)
	}
	t.byUID, t.profiles = make(map[int64]*class), make(map[string]bool)
	for name, c := range t.Classes {
		c.Name = name
		t.byUID[c.UID] = c
		t.addProfiles(c)
	}
	for name, c := range t.Objects {
		c.Name = name
		t.addProfiles(c)
	}
	return &t
}

func (t *tables) addProfiles(c *class) {
	for name, a := range c.Attributes {
		for _, p := range a.Profiles {
			t.profiles[p] = true
		}
		if a.Type == objectType && t.Objects[a.ObjectType] == nil {
			panic("ocsf: " + c.Name + "." + name + " is an unknown object " + strconv.Quote(a.ObjectType))
		}
	}
}

// Attributes returns the names of the attributes that a class may have on top,
// whatever the profiles, and the name of the class; nil for an unknown class.
func Attributes(classUID int64) (name string, attributes []string) {
	c := schema.byUID[classUID]
	if c == nil {
		return "", nil
	}
	for name := range c.Attributes {
		attributes = append(attributes, name)
	}
	slices.Sort(attributes)
	return c.Name, attributes
}
