package simulator

import (
	"net/url"
	"time"
)

const (
	windowSpan = 24 * time.Hour
	windowBack = 7 * 24 * time.Hour
	windowText = "Start time and end time must both be specified (or both omitted) and must be less than or equal to 24 hours apart, with the start time prior to end time and start time no more than 7 days in the past."
)

// timeLayouts are the documented forms of startTime and endTime and those that
// are accepted in practice. The parser takes a fraction of a
// second after any of them that ends in seconds.
var timeLayouts = []string{
	"2006-01-02", "2006-01-02T15:04", "2006-01-02T15:04:05",
	"2006-01-02T15:04Z", "2006-01-02T15:04:05Z", "2006-01-02T15:04:05-07:00",
}

func parseTime(text string) (time.Time, bool) {
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// window is the time range of a listing, also as the client wrote it.
type window struct {
	from, to         time.Time
	rawFrom, rawTo   string // still escaped, for NextPageUri
	fromText, toText string
}

// window is check 7 of a call.
func (s *Simulator) window(c *call) (window, *reply) {
	win := window{
		rawFrom: rawQuery(c.r.URL, "startTime"), rawTo: rawQuery(c.r.URL, "endTime"),
		fromText: c.query["starttime"], toText: c.query["endtime"],
	}
	if win.fromText == "" && win.toText == "" {
		win.from, win.to = c.now.Add(-windowSpan), c.now
		win.rawFrom = url.QueryEscape(win.from.Format("2006-01-02T15:04:05"))
		win.rawTo = url.QueryEscape(win.to.Format("2006-01-02T15:04:05"))
		return win, nil
	}
	if win.fromText == "" || win.toText == "" {
		return win, c.windowError(win)
	}
	var okFrom, okTo bool
	win.from, okFrom = parseTime(win.fromText)
	win.to, okTo = parseTime(win.toText)
	if !okFrom || !okTo {
		return win, apiError("AF20002", "Invalid parameter type: startTime or endTime. Expected type: datetime.").ptr()
	}
	tooOld := win.from.Before(c.now.Add(-windowBack - c.opts.WindowTolerance))
	if !win.from.Before(win.to) || win.to.Sub(win.from) > windowSpan || tooOld {
		return win, c.windowError(win)
	}
	return win, nil
}

func (c *call) windowError(win window) *reply {
	if c.opts.LegacyWindow {
		return apiError("AF20030", windowText).ptr()
	}
	const layout = "2006-01-02T15:04:05.0000000Z"
	return apiError("AF20055", windowText+" StartTime:"+win.from.Format(layout)+", EndTime:"+win.to.Format(layout)).ptr()
}
