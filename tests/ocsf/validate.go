package ocsf

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Kind is the kind of a problem.
type Kind string

// What may be wrong with an event.
const (
	NotJSON          Kind = "not an object of JSON"
	TwiceThere       Kind = "name comes twice"
	UnknownClass     Kind = "unknown class"
	UnknownProfile   Kind = "unknown profile"
	UnknownAttribute Kind = "unknown attribute"
	MissingAttribute Kind = "required attribute missing"
	WrongType        Kind = "wrong type"
	WrongForm        Kind = "wrong form" // of the right type
	WrongShape       Kind = "list or single value"
	WrongEnum        Kind = "value not of the enum"
	WrongCaption     Kind = "not the word for the id"
	BrokenConstraint Kind = "broken constraint"
	WrongTypeUID     Kind = "type_uid is not class_uid * 100 + activity_id"
	WrongCategory    Kind = "category_uid is not that of the class"
	WrongVersion     Kind = "not the version of the schema"
	WrongObservable  Kind = "observable of an attribute that the class does not have"
)

// Problem is one thing that is wrong.
type Problem struct {
	Path   string // of the attribute, with [0] for items; "" for the event
	Kind   Kind
	Detail string
}

func (p Problem) String() string { return p.Path + ": " + string(p.Kind) + ": " + p.Detail }

// Validate returns what is wrong with an event; nil when nothing is. Problems
// come in the order of their attributes' names, those about the event as a whole
// last.
func Validate(event []byte) []Problem {
	value, err := decode(event)
	o, ok := value.(map[string]any)
	if err != nil || !ok {
		return []Problem{{Kind: NotJSON, Detail: fmt.Sprint(err)}}
	}
	uid, ok := integer(o["class_uid"])
	c := schema.byUID[uid]
	if !ok || c == nil {
		return []Problem{{Path: "class_uid", Kind: UnknownClass, Detail: fmt.Sprint(o["class_uid"])}}
	}
	v := validation{}
	v.declare(o)
	v.object("", c, o)
	v.ids(c, o)
	v.observables(c, o)
	return v.problems
}

func integer(value any) (int64, bool) {
	n, ok := value.(json.Number)
	if !ok {
		return 0, false
	}
	i, err := n.Int64()
	return i, err == nil
}

type validation struct {
	declared []string // profiles
	problems []Problem
}

func (v *validation) add(path string, kind Kind, format string, args ...any) {
	v.problems = append(v.problems, Problem{Path: path, Kind: kind, Detail: fmt.Sprintf(format, args...)})
}

// declare reads the profiles that the event declares, and its version.
func (v *validation) declare(event map[string]any) {
	metadata, _ := event["metadata"].(map[string]any)
	profiles, _ := metadata["profiles"].([]any)
	for i, p := range profiles {
		name, _ := p.(string)
		if !schema.profiles[name] {
			v.add("metadata.profiles["+strconv.Itoa(i)+"]", UnknownProfile, "%v", p)
		}
		v.declared = append(v.declared, name)
	}
	if version, ok := metadata["version"].(string); ok && version != Version {
		v.add("metadata.version", WrongVersion, "%s, not %s", version, Version)
	}
}

// object checks an object against its attributes and constraints.
func (v *validation) object(path string, c *class, o map[string]any) {
	if len(c.Attributes) == 0 { // the object that may hold anything
		return
	}
	for _, name := range slices.Sorted(maps.Keys(o)) {
		a := c.Attributes[name]
		if a == nil || !a.in(v.declared) {
			detail := c.Name + " has none of this name"
			if a != nil {
				detail = "needs a profile of " + strings.Join(a.Profiles, ", ")
			}
			v.add(join(path, name), UnknownAttribute, "%s", detail)
			continue
		}
		v.attribute(join(path, name), a, o[name])
		v.caption(path, c, name, o)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Attributes)) {
		a := c.Attributes[name]
		if _, is := o[name]; !is && a.required() && a.in(v.declared) {
			v.add(join(path, name), MissingAttribute, "%s needs it", c.Name)
		}
	}
	v.constraints(path, c, o)
}

func (v *validation) constraints(path string, c *class, o map[string]any) {
	if most := c.Constraints.AtLeastOne; len(most) > 0 && count(o, most) == 0 {
		v.add(path, BrokenConstraint, "%s needs at least one of %s", c.Name, strings.Join(most, ", "))
	}
	if one := c.Constraints.JustOne; len(one) > 0 && count(o, one) != 1 {
		v.add(path, BrokenConstraint, "%s needs just one of %s", c.Name, strings.Join(one, ", "))
	}
}

// count says how many of the names an object has.
func count(o map[string]any, names []string) int {
	n := 0
	for _, name := range names {
		if _, is := o[name]; is {
			n++
		}
	}
	return n
}

// attribute checks the value of an attribute, or each of them.
func (v *validation) attribute(path string, a *attribute, value any) {
	if last, is := value.(twice); is {
		v.add(path, TwiceThere, "in one object")
		value = last.value
	}
	if a.Type == jsonType && !a.IsArray {
		return
	}
	items, isList := value.([]any)
	if isList != a.IsArray {
		v.add(path, WrongShape, "is_array is %t", a.IsArray)
		return
	}
	if !isList {
		v.value(path, a, value)
		return
	}
	for i, item := range items {
		v.value(path+"["+strconv.Itoa(i)+"]", a, item)
	}
}

func (v *validation) value(path string, a *attribute, value any) {
	switch a.Type {
	case jsonType:
		return
	case objectType:
		o, ok := value.(map[string]any)
		if !ok {
			v.add(path, WrongType, "%T, not an object %s", value, a.ObjectType)
			return
		}
		v.object(path, schema.Objects[a.ObjectType], o)
		return
	}
	switch typed, formed := isScalar(a.Type, value); {
	case !typed:
		v.add(path, WrongType, "%T %v, not %s", value, value, a.Type)
	case !formed:
		v.add(path, WrongForm, "%v is no %s", value, a.Type)
	case len(a.Enum) > 0 && !slices.Contains(a.Enum, fmt.Sprint(value)):
		v.add(path, WrongEnum, "%v", value)
	}
}

// ids checks those ids that others decide. The enum of type_uid has all sums of
// its class, so that a wrong one may still be of the enum.
func (v *validation) ids(c *class, event map[string]any) {
	activity, hasActivity := integer(event["activity_id"])
	typeUID, hasType := integer(event["type_uid"])
	if hasActivity && hasType && typeUID != c.UID*100+activity {
		v.add("type_uid", WrongTypeUID, "%d of class %d, activity %d", typeUID, c.UID, activity)
	}
	if category, ok := integer(event["category_uid"]); ok && category != c.UID/1000 {
		v.add("category_uid", WrongCategory, "%d of class %d", category, c.UID)
	}
}

// observables checks that the name of each one leads to an attribute of the
// class. Items of lists may be meant with [], [0] or nothing behind the name.
func (v *validation) observables(c *class, event map[string]any) {
	list, _ := event["observables"].([]any)
	for i, item := range list {
		o, _ := item.(map[string]any)
		name, ok := o["name"].(string)
		if ok && !v.leads(c, name) {
			v.add("observables["+strconv.Itoa(i)+"].name", WrongObservable, "%s", name)
		}
	}
}

// leads reports whether a path of attributes exists.
func (v *validation) leads(c *class, path string) bool {
	name, rest, more := strings.Cut(path, ".")
	name, index, isItem := strings.Cut(name, "[")
	a := c.Attributes[name]
	switch {
	case a == nil, !a.in(v.declared), isItem && (!a.IsArray || !strings.HasSuffix(index, "]")):
		return false
	case !more:
		return true
	case a.Type != objectType:
		return a.Type == jsonType
	}
	inner := schema.Objects[a.ObjectType]
	return len(inner.Attributes) == 0 || v.leads(inner, rest)
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
