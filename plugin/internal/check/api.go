package check

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"office365/normalize"
	"office365/plugin/internal/activity"
)

// deaf says why the API cannot be asked; "" when it can.
func (t *tenant) deaf() string {
	if why := t.unreachable(t.settings.APIURL); why != "" {
		return why
	}
	if t.connection == nil {
		return "without a token"
	}
	return ""
}

func (t *tenant) subscriptions(ctx context.Context) Result {
	if why := t.deaf(); why != "" {
		return skipped(why)
	}
	var r Result
	subs, err := t.connection.Client.Subscriptions(ctx)
	if err != nil {
		problem(&r, err)
		return r
	}
	t.subscribed = true
	r.What = subscriptionText(subs)
	for _, ct := range t.settings.ContentTypes {
		at := slices.IndexFunc(subs, func(s activity.Subscription) bool { return s.ContentType == ct })
		switch {
		case at < 0:
			t.missing = append(t.missing, ct)
		case !subs[at].Enabled():
			r.fail(fmt.Sprintf("the subscription to %s is disabled: what appears now is lost", ct),
				"the plugin starts it when it runs, or do it now with in_office365 subscriptions start; find out which administrator, or which other program of the app, stops it")
		}
	}
	if len(t.missing) > 0 {
		r.warn("there is no subscription yet to "+joined(t.missing),
			"nothing, before the first run: the plugin starts them; after it, look in its log for why they cannot be started: auditing may be off in the tenant (turn it on in the Microsoft Purview portal; that takes effect after an hour, at times a day)")
	}
	return r
}

func subscriptionText(subs []activity.Subscription) string {
	if len(subs) == 0 {
		return "none"
	}
	words := make([]string, len(subs))
	for i, s := range subs {
		words[i] = string(s.ContentType) + " " + s.Status
		if s.WebhookStatus != "" {
			words[i] += " with a webhook (" + s.WebhookStatus + "), which nothing here uses"
		}
	}
	return strings.Join(words, ", ")
}

func joined(types []normalize.ContentType) string {
	names := make([]string, len(types))
	for i, ct := range types {
		names[i] = string(ct)
	}
	return strings.Join(names, ", ")
}

const (
	// listed is the longest window that the API takes.
	listed = 24 * time.Hour
	// endLag keeps the window's end behind the server's clock.
	endLag = 3 * time.Second
)

// listing asks for the first page of what appeared in the last day.
func (t *tenant) listing(ctx context.Context, ct normalize.ContentType) Result {
	if why := t.deaf(); why != "" {
		return skipped(why)
	}
	if slices.Contains(t.missing, ct) {
		return skipped("there is no subscription yet")
	}
	var r Result
	client := t.connection.Client
	now := client.ServerTime(t.now())
	end := now.Add(-endLag)
	page, err := client.List(ctx, ct, end.Add(-listed), end)
	if err != nil {
		unlisted(&r, err)
		return r
	}
	r.What = pageText(page, now)
	return r
}

// unlisted words a listing that failed. What the plugin would mend by itself, it
// has not mended yet, or someone undoes it.
func unlisted(r *Result, err error) {
	problem(r, err)
	var e *activity.Error
	if errors.As(err, &e) && e.Class() == activity.Resubscribe {
		r.Problems[0].ToDo = "the plugin starts the subscription when it runs; when it comes back, find out who stops it"
	}
	if errors.As(err, &e) && e.Class() == activity.Window {
		r.Problems[0].ToDo = "check the clock of this machine, which the step clock compares"
	}
}

func pageText(p activity.Page, now time.Time) string {
	if len(p.Contents) == 0 {
		return "works; no content in the last 24 hours, as in a quiet tenant or up to 12 hours after the first start"
	}
	newest := slices.MaxFunc(p.Contents, func(a, b activity.Content) int { return a.Created.Compare(b.Created) })
	more := ""
	if p.More {
		more = " on the first page"
	}
	return fmt.Sprintf("%s%s in the last 24 hours, the newest %s ago", count(len(p.Contents), "content"), more, now.Sub(newest.Created).Round(time.Second))
}
