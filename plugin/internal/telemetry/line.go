package telemetry

import (
	"encoding"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// MaxLineBytes is the longest line that is printed. Fluent Bit cuts a line,
// with its own time stamp and level, at about 4 KB (measured on 5.1.1) and
// loses the rest without a sign; we cut before that and say so.
const MaxLineBytes = 3500

// room is what a line leaves for the time that a late one carries.
const room = len(" logged_at=" + lateLayout)

const cutMark = " …(cut)"

// line writes one log line: message, then attributes.
type line struct {
	text   strings.Builder
	secret *redactor
}

func newLine(secret *redactor) *line { return &line{secret: secret} }

// String is the finished line.
func (l *line) String() string { return cut(l.text.String(), MaxLineBytes-room) }

func (l *line) message(prefix, text string) {
	l.text.WriteString(prefix)
	l.text.WriteString(oneLine(l.secret.redact(text)))
}

// attr writes ` key=value`, and the members of a group one by one with the name
// of the group before theirs.
func (l *line) attr(group string, a slog.Attr) {
	value := a.Value.Resolve()
	if value.Kind() == slog.KindGroup {
		if a.Key != "" {
			group += oneLine(a.Key) + "."
		}
		for _, member := range value.Group() {
			l.attr(group, member)
		}
		return
	}
	if a.Key == "" {
		return
	}
	l.text.WriteByte(' ')
	l.text.WriteString(oneLine(group + a.Key))
	l.text.WriteByte('=')
	l.text.WriteString(quote(l.secret.attr(a.Key, valueText(value))))
}

// valueText is the plain text of a resolved value. fmt is asked for everything
// that brings its own method, for it survives a method that panics.
func valueText(v slog.Value) string {
	switch v.Kind() {
	case slog.KindTime:
		return v.Time().UTC().Format(time.RFC3339Nano)
	case slog.KindAny:
		return anyText(v.Any())
	default:
		return v.String()
	}
}

func anyText(v any) string {
	switch v := v.(type) {
	case error, fmt.Stringer:
		return fmt.Sprint(v)
	case encoding.TextMarshaler:
		text, err := v.MarshalText()
		if err != nil {
			return "!" + err.Error()
		}
		return string(text)
	case []byte:
		return string(v)
	default:
		return fmt.Sprintf("%+v", v)
	}
}

// quote puts quotes around a value that would not read as one word.
func quote(s string) string {
	if s == "" || strings.ContainsFunc(s, needsQuotes) {
		return strconv.Quote(s)
	}
	return s
}

func needsQuotes(r rune) bool {
	return r == '"' || r == '=' || r == '\\' || r == utf8.RuneError || unicode.IsSpace(r) || !unicode.IsPrint(r)
}

// oneLine replaces what would break a line of the log in two or move the
// cursor of a terminal: control characters and bytes that are no UTF-8.
func oneLine(s string) string {
	if !strings.ContainsFunc(s, breaksLine) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if breaksLine(r) {
			return ' '
		}
		return r
	}, s)
}

func breaksLine(r rune) bool {
	return r == utf8.RuneError || r == '\u2028' || r == '\u2029' || unicode.IsControl(r)
}

// cut shortens s to at most limit bytes, between two characters.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	end := limit - len(cutMark)
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + cutMark
}
