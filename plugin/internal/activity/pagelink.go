package activity

import (
	"errors"
	"net"
	"net/url"
	"regexp"
	"strings"

	"office365/normalize"
)

// follow returns the address of the page after page. A link to the configured
// API is followed as it is, with the PublisherIdentifier added where it is
// missing. Any other link is not trusted: what it asks for is asked at the
// configured root.
func (c *Client) follow(ct normalize.ContentType, page Page) (string, error) {
	link, err := url.Parse(page.link)
	if err != nil {
		return "", errors.New("the link to the next page is not a URL") // err holds the link
	}
	if !c.ours(link) {
		return c.rebuild(ct, page, link)
	}
	link.User, link.Fragment, link.RawFragment = nil, "", ""
	link.RawQuery = strings.ReplaceAll(link.RawQuery, " ", "%20")
	if _, has := parameter(link.RawQuery, publisherParameter); !has {
		link.RawQuery = strings.TrimPrefix(link.RawQuery+"&"+c.publisher, "&")
	}
	return link.String(), nil
}

// ours reports whether a link leads to the listing of this tenant at the
// configured root. The version in the path may differ (v1 for v1.0).
func (c *Client) ours(link *url.URL) bool {
	if !strings.EqualFold(link.Scheme, c.root.Scheme) || !sameHost(link, c.root) {
		return false
	}
	feed, err := url.Parse(c.feed)
	if err != nil {
		return false
	}
	before, after, _ := strings.Cut(strings.ToLower(feed.Path), "v1.0/")
	rest, isPath := strings.CutPrefix(strings.ToLower(link.Path), before)
	version, rest, _ := strings.Cut(rest, "/")
	return isPath && versionPattern.MatchString(version) && rest == after+"/subscriptions/content"
}

var versionPattern = regexp.MustCompile(`^v[0-9.]+$`)

// rebuild asks for what a foreign link asks for, at the configured root.
func (c *Client) rebuild(ct normalize.ContentType, page Page, link *url.URL) (string, error) {
	token, _ := parameter(link.RawQuery, "nextPage")
	if token == "" {
		return "", errors.New("the link to the next page leads elsewhere and has no page token")
	}
	start, found := parameter(link.RawQuery, "startTime")
	if !found {
		start = wireTime(page.from)
	}
	end, found := parameter(link.RawQuery, "endTime")
	if !found {
		end = wireTime(page.to)
	}
	return c.address("/subscriptions/content", contentTypeParameter(ct),
		"startTime="+escapeTime(start), "endTime="+escapeTime(end), "nextPage="+url.QueryEscape(token)), nil
}

// escapeTime escapes a query value and leaves the colons of times readable, as
// the service itself writes them.
func escapeTime(text string) string {
	return strings.ReplaceAll(url.QueryEscape(text), "%3A", ":")
}

// parameter finds a query parameter by its name in any letter case.
func parameter(query, name string) (string, bool) {
	for pair := range strings.SplitSeq(query, "&") {
		key, value, _ := strings.Cut(pair, "=")
		if plain, err := url.QueryUnescape(key); err != nil || !strings.EqualFold(plain, name) {
			continue
		}
		if plain, err := url.QueryUnescape(value); err == nil {
			return plain, true
		}
	}
	return "", false
}

// sameHost compares host and port; a port that is not written is the scheme's.
func sameHost(a, b *url.URL) bool { return hostPort(a) == hostPort(b) }

func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[strings.ToLower(u.Scheme)]
	}
	return net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}
