package activity

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"office365/normalize"
)

// Subscription is the state of one content type in the tenant, for the app.
type Subscription struct {
	ContentType   normalize.ContentType // as the service spells it; may be none of ours
	Status        string                // lower case: "enabled", "disabled", or "" when the service does not say
	WebhookStatus string                // lower case; "" without a webhook, which nothing here uses
}

// Enabled reports whether content can be listed. A subscription without a status
// counts as enabled: the listing will tell (AF20022, AF20023), and a start that
// is not needed would begin the cool-down.
func (s Subscription) Enabled() bool { return s.Status == "enabled" || s.Status == "" }

// Subscriptions lists the subscriptions of the app in the tenant, in the order
// of the service. Content types that were never started are not among them.
func (c *Client) Subscriptions(ctx context.Context) ([]Subscription, error) {
	r := request{kind: Subscriptions, op: "list subscriptions", method: http.MethodGet, address: c.address("/subscriptions/list")}
	var found []Subscription
	_, err := c.list(ctx, r, func(raw json.RawMessage) {
		var entry struct {
			ContentType string `json:"contentType"`
			Status      string `json:"status"`
			Webhook     *struct {
				Status string `json:"status"`
			} `json:"webhook"`
		}
		if json.Unmarshal(raw, &entry) != nil || entry.ContentType == "" {
			return // an entry that names no content type says nothing about one
		}
		s := Subscription{ContentType: normalize.ContentType(entry.ContentType), Status: strings.ToLower(entry.Status)}
		if ct, known := normalize.ParseContentType(entry.ContentType); known {
			s.ContentType = ct
		}
		if entry.Webhook != nil {
			s.WebhookStatus = strings.ToLower(entry.Webhook.Status)
		}
		found = append(found, s)
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// Start starts the subscription of a content type, without a webhook. One that
// is enabled already is a success. The service refuses a start within 15
// minutes of the one before: an *Error of class CoolDown, whose RetryAfter says
// when to come back; listing may well work meanwhile.
func (c *Client) Start(ctx context.Context, ct normalize.ContentType) error {
	return c.change(ctx, "start", ct)
}

// Stop ends the subscription of a content type. What becomes available until
// the next start is lost for good: only a user's own command calls this.
func (c *Client) Stop(ctx context.Context, ct normalize.ContentType) error {
	return c.change(ctx, "stop", ct)
}

func (c *Client) change(ctx context.Context, verb string, ct normalize.ContentType) error {
	r := request{
		kind: Operation(verb), op: verb + " " + string(ct), method: http.MethodPost,
		address: c.address("/subscriptions/"+verb, contentTypeParameter(ct)),
	}
	a, err := c.do(ctx, r)
	var refused *Error
	switch {
	case errors.As(err, &refused) && refused.class == Success:
		return nil
	case err != nil:
		return err
	}
	defer a.body.discard()
	text, err := io.ReadAll(io.LimitReader(a.body, errorBodyBytes))
	if err != nil {
		return err
	}
	if code, _ := parseErrorBody(string(text)); rowOfCode(strings.ToUpper(code)) != nil {
		return c.disguised(r, a, string(text))
	}
	return nil
}

// disguised makes the error of an answer with a good status and an error in it;
// nil when that error is a success.
func (c *Client) disguised(r request, a *answer, text string) error {
	e := c.refusal(r, &http.Response{StatusCode: http.StatusOK, Header: a.header}, text, "")
	if e.class == Success {
		return nil
	}
	return e
}

func contentTypeParameter(ct normalize.ContentType) string {
	return "contentType=" + url.QueryEscape(string(ct))
}
