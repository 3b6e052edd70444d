package fluentconf

import (
	"bytes"
	"errors"
	"io"
	"path"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"
)

// yamlFile is one file in YAML.
type yamlFile struct {
	r    *reader
	name string
}

func (r *reader) readYAML(file string) error { return r.includeYAML(file, Place{}) }

func (r *reader) includeYAML(file string, from Place) error {
	text, err := r.open(file, from)
	if err != nil {
		return err
	}
	f := &yamlFile{r: r, name: file}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	for {
		var document yaml.Node
		err := decoder.Decode(&document)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return f.syntax(err)
		}
		for _, top := range document.Content {
			if err := f.document(top); err != nil {
				return err
			}
		}
	}
}

var yamlLine = regexp.MustCompile(`line (\d+)`)

// syntax makes the error of text that is no YAML. The library quotes names that
// it does not know, and what looks like one may be a secret that begins with *.
func (f *yamlFile) syntax(err error) error {
	place := Place{File: f.name}
	if found := yamlLine.FindStringSubmatch(err.Error()); found != nil {
		place.Line, _ = strconv.Atoi(found[1]) // digits; none too many in a file that fits into memory
	}
	if strings.Contains(err.Error(), "anchor") {
		return &Error{Place: place, Message: "a value that begins with * or & must stand in quotes"}
	}
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	if place.Line > 0 {
		message = message[strings.Index(message, ":")+1:]
	}
	return &Error{Place: place, Message: "this is no YAML: " + strings.TrimSpace(message)}
}

func (f *yamlFile) at(n *yaml.Node) Place { return Place{File: f.name, Line: n.Line} }

func (f *yamlFile) fail(n *yaml.Node, message string) error {
	return &Error{Place: f.at(n), Message: message}
}

// pairs calls each with the members of a map.
func (f *yamlFile) pairs(n *yaml.Node, what string, each func(key, value *yaml.Node) error) error {
	if n.Kind == yaml.ScalarNode && n.Value == "" {
		return nil // nothing after the colon
	}
	if n.Kind != yaml.MappingNode {
		return f.fail(n, what+" is no map of keys and values")
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if err := each(n.Content[i], n.Content[i+1]); err != nil {
			return err
		}
	}
	return nil
}

// items calls each with the elements of a list.
func (f *yamlFile) items(n *yaml.Node, what string, each func(*yaml.Node) error) error {
	if n.Kind == yaml.ScalarNode && n.Value == "" {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		return f.fail(n, what+" is no list")
	}
	for _, item := range n.Content {
		if err := each(item); err != nil {
			return err
		}
	}
	return nil
}

func (f *yamlFile) document(top *yaml.Node) error {
	return f.pairs(top, "the file", func(key, value *yaml.Node) error {
		switch strings.ToLower(key.Value) {
		case "env":
			return f.env(value)
		case "includes":
			return f.items(value, "includes", f.include)
		case "service":
			return f.section("service", value)
		case "pipeline":
			return f.pipeline(value)
		}
		return nil
	})
}

func (f *yamlFile) pipeline(n *yaml.Node) error {
	return f.pairs(n, "pipeline", func(key, value *yaml.Node) error {
		kind := strings.ToLower(key.Value)
		if kind != "inputs" && kind != "filters" && kind != "outputs" {
			return f.fail(key, "pipeline has inputs, filters and outputs, and nothing of the name "+strconv.Quote(key.Value))
		}
		return f.items(value, kind, func(item *yaml.Node) error { return f.section(kind, item) })
	})
}

func (f *yamlFile) section(kind string, n *yaml.Node) error {
	var properties []Property
	err := f.pairs(n, "each of "+kind, func(key, value *yaml.Node) error {
		p, err := f.property(key, value)
		properties = append(properties, p)
		return err
	})
	if err != nil {
		return err
	}
	f.r.add(kind, f.at(n)).Properties = properties
	return nil
}

func (f *yamlFile) property(key, value *yaml.Node) (Property, error) {
	p := Property{Key: translateKey(key.Value), Place: f.at(key)}
	switch value.Kind {
	case yaml.ScalarNode:
		p.Values = []string{strings.TrimSpace(value.Value)}
	case yaml.AliasNode:
		return p, f.fail(value, "a value that begins with * must stand in quotes (Fluent Bit knows no aliases)")
	case yaml.SequenceNode:
		p.List = true
		for _, item := range value.Content {
			if item.Kind == yaml.ScalarNode {
				p.Values = append(p.Values, strings.TrimSpace(item.Value))
			}
		}
	}
	return p, nil
}

// translateKey turns camelCase into snake_case, unless there is a _ in the key
// (flb_cf_key_translate). Letter case means nothing to what looks keys up.
func translateKey(key string) string {
	key = strings.TrimSpace(key)
	if key == "" || !unicode.IsLower(rune(key[0])) || strings.Contains(key, "_") {
		return strings.ToLower(key)
	}
	var out strings.Builder
	for i, c := range []byte(key) {
		if c >= 'A' && c <= 'Z' && i > 0 {
			out.WriteByte('_')
		}
		out.WriteByte(c)
	}
	return strings.ToLower(out.String())
}

// include reads another file, from beside this one.
func (f *yamlFile) include(n *yaml.Node) error {
	dir := path.Dir(f.r.absolute(f.name))
	files := []string{n.Value}
	if !path.IsAbs(n.Value) {
		files[0] = path.Join(path.Dir(f.name), n.Value)
	}
	if strings.Contains(n.Value, "*") {
		var err error
		if files, err = f.r.glob(dir, n.Value, f.at(n)); err != nil {
			return err
		}
	}
	for _, file := range files {
		if err := f.r.includeYAML(file, f.at(n)); err != nil {
			return err
		}
	}
	return nil
}

// env takes both forms: a map, and a list of maps with name and value or uri.
func (f *yamlFile) env(n *yaml.Node) error {
	if n.Kind == yaml.MappingNode {
		return f.pairs(n, "env", func(key, value *yaml.Node) error {
			return f.r.set(key.Value, strings.TrimSpace(value.Value), f.at(key))
		})
	}
	return f.items(n, "env", func(item *yaml.Node) error {
		var name, value string
		err := f.pairs(item, "each of env", func(k, v *yaml.Node) error {
			switch strings.ToLower(k.Value) {
			case "name":
				name = v.Value
			case "value", "uri":
				value = v.Value
			case "refresh_interval":
			default:
				name, value = k.Value, v.Value
			}
			return nil
		})
		if err != nil || name == "" {
			return err
		}
		return f.r.set(name, value, f.at(item))
	})
}
