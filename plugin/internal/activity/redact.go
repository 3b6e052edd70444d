package activity

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	messageBytes   = 512 // most of a foreign text in an error
	malformedBytes = 200 // most of an entry of a listing that cannot be used
	nameBytes      = 200 // most of a content id or host name in an error
	redacted       = "***"
)

var (
	// A JWT, whole or cut off.
	jwtPattern = regexp.MustCompile(`eyJ[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]+)*`)
	// A value with a name that says it is one.
	namedPattern = regexp.MustCompile(`(?i)\b(bearer\b|(?:client_secret|client_assertion|assertion|access_token|refresh_token|id_token|password|authorization|sig)["']?\s*[:=])(\s*["']?(?:(?:bearer|basic|digest|negotiate|ntlm)\s+)?)[^\s"'&<>,;}]+`)
	// The query of an address: page tokens and signatures stand there.
	queryPattern = regexp.MustCompile(`(https?://[^\s"'<>?]*)\?[^\s"'<>]*`)
	// Anything long that is letters and digits mixed, as secrets and opaque tokens are.
	longPattern = regexp.MustCompile(`[A-Za-z0-9_~+-]{40,}={0,2}`)
)

// cleanMessage makes foreign text fit for an error: without the token of the
// request and anything like one, in one line, at most 512 bytes.
func cleanMessage(text, token string) string {
	if token != "" {
		text = strings.ReplaceAll(text, token, redacted)
	}
	return clean(text, messageBytes)
}

// clean redacts text, puts it into one line and cuts it to at most limit bytes.
// It redacts first: a token cut in two would no longer be known as one.
func clean(text string, limit int) string {
	text = jwtPattern.ReplaceAllString(text, redacted)
	text = queryPattern.ReplaceAllString(text, "$1")
	text = namedPattern.ReplaceAllString(text, "$1$2"+redacted)
	text = longPattern.ReplaceAllStringFunc(text, func(s string) string {
		if strings.ContainsAny(s, "0123456789") && strings.ContainsFunc(s, unicode.IsLetter) {
			return redacted
		}
		return s
	})
	return cut(oneLine(text), limit)
}

// oneLine joins the words of text with single spaces and drops what is not
// printable.
func oneLine(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r == utf8.RuneError, !unicode.IsPrint(r):
			return -1
		}
		return r
	}, text)
	return strings.Join(strings.Fields(text), " ")
}

// cut shortens text to at most limit bytes, at the border of a character.
func cut(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	const dots = "…"
	end := limit - len(dots)
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + dots
}
