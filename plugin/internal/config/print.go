package config

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"text/tabwriter"
)

// Markdown prints the table for the README.
func Markdown() string {
	var b strings.Builder
	b.WriteString("| key | default | meaning |\n| --- | --- | --- |\n")
	for _, f := range fields {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", f.Key, f.defaultText(), f.Help)
	}
	return b.String()
}

// Text prints the table for a terminal.
func Text() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, f := range fields {
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\n", f.Key, plain(f.defaultText()), plain(f.Help)) // a strings.Builder takes all
	}
	_ = w.Flush() // a strings.Builder takes all
	return b.String()
}

// YAMLComments prints the optional settings as commented-out lines of an input
// of fluent-bit.yaml, at that depth of indentation.
func YAMLComments(indent int) string {
	return comments(indent, func(key, value string) string { return key + ": " + value })
}

// ClassicComments prints them for a section of fluent-bit.conf.
func ClassicComments(indent int) string {
	return comments(indent, func(key, value string) string { return fmt.Sprintf("%-20s %s", key, value) })
}

// comments leaves out what every configuration sets in earnest.
func comments(indent int, line func(key, value string) string) string {
	var b strings.Builder
	margin := strings.Repeat(" ", indent)
	for _, f := range fields {
		if f.Required || f.kind.secret || f.Key == "db" {
			continue
		}
		value := f.Default
		if value == "" {
			value = f.Example
		}
		for _, l := range wrap(sentence(plain(f.Help)), 100-indent) {
			fmt.Fprintf(&b, "%s# %s\n", margin, l)
		}
		fmt.Fprintf(&b, "%s#%s\n", margin, line(f.Key, value))
	}
	return b.String()
}

// defaultText is the default as Markdown.
func (f *Field) defaultText() string {
	switch {
	case f.Required:
		return "required"
	case f.Derived != "":
		return f.Derived
	case f.Default != "":
		return "`" + f.Default + "`"
	default:
		return ""
	}
}

// plain takes the marks of Markdown out of a help text.
func plain(markdown string) string { return strings.NewReplacer("`", "", "*", "").Replace(markdown) }

func sentence(text string) string {
	if text[0] < 'a' || text[0] > 'z' || strings.HasPrefix(text, "msg_") || strings.HasPrefix(text, "tenantid") {
		return text + "."
	}
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

// wrap breaks a text at spaces into lines of at most width characters.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		switch {
		case line == "":
			line = word
		case len(line)+1+len(word) <= width:
			line += " " + word
		default:
			lines = append(lines, line)
			line = word
		}
	}
	return append(lines, line)
}

// LogValue gives every setting with its effective value, secrets
// masked, in the order of the table.
func (s Settings) LogValue() slog.Value {
	attrs := make([]slog.Attr, len(fields))
	for i, f := range fields {
		attrs[i] = slog.String(f.Key, f.kind.show(&s))
	}
	return slog.GroupValue(attrs...)
}

// String prints the settings in one line, secrets masked.
func (s Settings) String() string {
	attrs := s.LogValue().Group()
	words := make([]string, len(attrs))
	for i, a := range attrs {
		words[i] = fmt.Sprintf("%s=%q", a.Key, a.Value.String())
	}
	return strings.Join(words, " ")
}

// GoString prints the same for %#v.
func (s Settings) GoString() string { return s.String() }

// MarshalJSON prints an object with the effective value of each key, secrets
// masked.
func (s Settings) MarshalJSON() ([]byte, error) {
	object := map[string]string{}
	for _, a := range s.LogValue().Group() {
		object[a.Key] = a.Value.String()
	}
	return json.Marshal(object)
}
