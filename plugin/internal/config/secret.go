package config

import (
	"fmt"
	"log/slog"
	"strings"
)

const masked = "***"

// Secret is a text that prints as ***, whatever prints it: fmt with any verb,
// encoding/json, slog. Only Reveal gives the text.
type Secret string

// Reveal returns the text, for the one request that needs it.
func (s Secret) Reveal() string { return string(s) }

// String returns *** (nothing for an empty secret).
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return masked
}

// Format covers every verb: %d and %x of a string type would print its bytes.
func (s Secret) Format(f fmt.State, _ rune) {
	_, _ = f.Write([]byte(s.String())) // fmt.State keeps no error to return
}

// GoString is what %#v would print without Format.
func (s Secret) GoString() string { return s.String() }

// MarshalText covers encoding/json and other encoders.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue covers slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// maskUserinfo replaces what stands before the last @ of a URL, readable or
// not, because a password may stand there.
func maskUserinfo(text string) string {
	at := strings.LastIndexByte(text, '@')
	if at < 0 {
		return text
	}
	scheme, _, found := strings.Cut(text[:at], "://")
	if !found {
		return masked + text[at:]
	}
	return scheme + "://" + masked + text[at:]
}
