package config

import (
	"errors"
	"strings"
	"time"
)

// StartKind says how StartFrom names a moment.
type StartKind int

// The ways to name the moment at which collection begins.
const (
	StartNow      StartKind = iota // the first start itself
	StartEarliest                  // as far back as the API goes
	StartBack                      // Back before the first start
	StartAt                        // At
)

// StartFrom is where collection begins when there is no saved position.
type StartFrom struct {
	Kind StartKind
	Back time.Duration
	At   time.Time // UTC
}

// earliestMargin keeps the oldest moment asked for inside the 7 days of the API
// while the request is under way; a start of exactly 7 days ago is refused with
// AF20055 now and then.
const earliestMargin = 5 * time.Minute

// Time returns the moment, for a first start at now: never before the oldest
// content that the API still lists. A moment after now is returned as it is.
func (s StartFrom) Time(now time.Time) time.Time {
	earliest := now.Add(earliestMargin - retention)
	at := now
	switch s.Kind {
	case StartNow:
	case StartEarliest:
		at = earliest
	case StartBack:
		at = now.Add(-s.Back)
	case StartAt:
		at = s.At
	}
	if at.Before(earliest) {
		at = earliest
	}
	return at.UTC()
}

// String returns the text from which the setting would be parsed again.
func (s StartFrom) String() string {
	switch s.Kind {
	case StartEarliest:
		return "earliest"
	case StartBack:
		return formatDuration(s.Back)
	case StartAt:
		return s.At.Format(time.RFC3339Nano)
	default:
		return "now"
	}
}

func startFrom(at func(*Settings) *StartFrom) kind {
	return of(at, parseStart, StartFrom.String)
}

func parseStart(value string) (StartFrom, error) {
	switch strings.ToLower(value) {
	case "now":
		return StartFrom{Kind: StartNow}, nil
	case "earliest":
		return StartFrom{Kind: StartEarliest}, nil
	}
	if at, err := time.Parse(time.RFC3339, strings.ToUpper(value)); err == nil {
		if at.Year() < 2000 { // the API is younger, and such a time is a slip of the pen
			return StartFrom{}, errors.New("is before the year 2000; " + startForms)
		}
		return StartFrom{Kind: StartAt, At: at.UTC()}, nil
	}
	if reason := almostTime(value); reason != "" {
		return StartFrom{}, errors.New(reason)
	}
	back, err := parseDuration(value)
	switch {
	case errors.Is(err, errNoUnit):
		return StartFrom{}, noUnit(value)
	case err != nil || back <= 0:
		return StartFrom{}, errors.New("is not a start; " + startForms)
	}
	return StartFrom{Kind: StartBack, Back: back}, nil
}

const startForms = "use now, earliest, a duration back such as 36h, or a time such as 2026-01-31T08:00:00Z"

// almostTime says what a time lacks that is one but for its form.
func almostTime(value string) string {
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04", time.DateOnly} {
		if at, err := time.Parse(layout, value); err == nil {
			return "has no zone or is not in the form of RFC 3339; write " + at.Format(time.RFC3339) + " for UTC"
		}
	}
	return ""
}
