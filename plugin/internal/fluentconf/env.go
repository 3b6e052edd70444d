package fluentconf

import (
	"io/fs"
	"strings"
)

// maxName is the longest variable that Fluent Bit expands, default included.
const maxName = 4095

// set is @SET and the section env. A value of the form file:///run/secret stands
// for the text of that file.
func (r *reader) set(name, value string, place Place) error {
	file, isFile := strings.CutPrefix(value, "file://")
	if !isFile || file == "" {
		r.env[name] = value
		return nil
	}
	text, err := fs.ReadFile(r.FS, inFS(r.absolute(file)))
	if err != nil {
		return &Error{Place: place, Message: "cannot read " + file + " for the variable " + name + ": " + reason(err), err: err}
	}
	value = string(text)
	if strings.HasSuffix(value, "\n") || strings.HasSuffix(value, "\r") {
		value = value[:len(value)-1]
	}
	if value == "" {
		return &Error{Place: place, Message: file + ", for the variable " + name + ", is empty"}
	}
	r.env[name] = value
	return nil
}

// variable returns the value of a variable; an empty one of the environment is
// as good as none.
func (r *reader) variable(name string) (string, bool) {
	if v, ok := r.env[name]; ok {
		return v, true
	}
	v := r.Getenv(name)
	return v, v != ""
}

// expand replaces each ${NAME} and ${NAME:-default}. It follows
// flb_env_var_translate step by step: what stands after an opening that is never
// closed is lost, a brace that closes nothing ends the search.
func (r *reader) expand(value string, place Place) string {
	var out strings.Builder
	rest, tail, found := value, "", false
	for {
		begin, end := strings.Index(rest, "${"), strings.IndexByte(rest, '}')
		if begin >= 0 && end < 0 && found {
			return out.String()
		}
		if begin < 0 || end < 0 || end-begin-2 <= 0 || end-begin-2 > maxName {
			break
		}
		out.WriteString(rest[:begin])
		out.WriteString(r.lookup(rest[begin+2:end], place))
		rest, found = rest[end+1:], true
		tail = rest
	}
	if !found {
		return value
	}
	return out.String() + tail
}

// lookup gives the text for what stands between the braces.
func (r *reader) lookup(inner string, place Place) string {
	name, fallback, hasDefault := inner, "", false
	if at := strings.IndexByte(inner, ':'); at >= 0 && strings.HasPrefix(inner[at:], ":-") {
		name, fallback, hasDefault = inner[:at], inner[at+2:], true
	}
	value, ok := r.variable(name)
	switch {
	case ok && (value != "" || !hasDefault):
		return value
	case !hasDefault:
		r.unset = append(r.unset, Variable{Name: name, Place: place})
	}
	return fallback
}
