package activity

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"office365/normalize"
)

const testRoot = "https://manage.office.com"

func followed(t *testing.T, link string) (string, error) {
	t.Helper()
	client, _ := newClient(t, testRoot)
	return client.follow(normalize.AuditExchange, Page{link: link, from: testNow.Add(-time.Hour), to: testNow})
}

func TestLinkToTheAPIIsFollowedVerbatim(t *testing.T) {
	t.Parallel()
	publisher := "PublisherIdentifier=" + testPublisher
	feed := testRoot + testFeed + "/subscriptions/content"
	for name, c := range map[string]struct{ link, want string }{
		"as documented": {
			feed + "?contentType=Audit.Exchange&nextPage=1",
			feed + "?contentType=Audit.Exchange&nextPage=1&" + publisher,
		},
		"another version": {
			strings.Replace(feed, "v1.0", "v1", 1) + "?nextpage=1",
			strings.Replace(feed, "v1.0", "v1", 1) + "?nextpage=1&" + publisher,
		},
		"other letter case": {
			"HTTPS://Manage.Office.COM:443" + strings.ToUpper(testFeed) + "/Subscriptions/Content?nextpage=1",
			"https://Manage.Office.COM:443" + strings.ToUpper(testFeed) + "/Subscriptions/Content?nextpage=1&" + publisher,
		},
		"a publisher of its own": {
			feed + "?nextPage=1&publisherIDENTIFIER=x",
			feed + "?nextPage=1&publisherIDENTIFIER=x",
		},
		"an odd encoding": {
			feed + "?nextPage=a%2fb%2Bc+d:é",
			feed + "?nextPage=a%2fb%2Bc+d:é&" + publisher,
		},
		"a space": {
			feed + "?nextPage=a b",
			feed + "?nextPage=a%20b&" + publisher,
		},
		"no query": {
			feed,
			feed + "?" + publisher,
		},
		"a password and a fragment": {
			strings.Replace(feed, "https://", "https://u:p@", 1) + "?nextPage=1#x",
			feed + "?nextPage=1&" + publisher,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := followed(t, c.link)
			require.NoError(t, err)
			assert.Equal(t, c.want, got)
		})
	}
}

func TestLinkElsewhereIsRebuiltOnTheRoot(t *testing.T) {
	t.Parallel()
	query := "?ContentType=Audit.SharePoint&StartTime=2026-03-01T00:00:00&ENDTIME=2026-03-01T01%3A00%3A00&NextPage=a%2Bb%26c"
	path := testFeed + "/subscriptions/content"
	want := testRoot + path + "?contentType=Audit.Exchange&startTime=2026-03-01T00:00:00&endTime=2026-03-01T01:00:00&nextPage=a%2Bb%26c&PublisherIdentifier=" + testPublisher
	for name, link := range map[string]string{
		"another host":            "https://evil.example.com" + path + query,
		"a host that looks alike": "https://manage.office.com.evil.example" + path + query,
		"a user that looks alike": "https://manage.office.com@evil.example" + path + query,
		"another port":            testRoot + ":8443" + path + query,
		"another scheme":          "http://manage.office.com" + path + query,
		"another tenant":          testRoot + strings.ReplaceAll(path, testTenant, testPublisher) + query,
		"another operation":       testRoot + testFeed + "/subscriptions/stop" + query,
		"another API":             testRoot + "/admin" + query,
		"a path with dots":        testRoot + path + "/../../../x" + query,
		"no host":                 path + query,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := followed(t, link)
			require.NoError(t, err)
			assert.Equal(t, want, got)
		})
	}
}

func TestRebuiltLinkTakesTheWindowOfTheListing(t *testing.T) {
	t.Parallel()
	got, err := followed(t, "https://x/?nextPage=7")
	require.NoError(t, err)
	assert.Contains(t, got, "startTime=2026-03-02T09:30:00&endTime=2026-03-02T10:30:00&nextPage=7&")
}

func TestLinkThatSaysNothingLosesThePage(t *testing.T) {
	t.Parallel()
	for _, link := range []string{"https://x/", "https://x/?nextPage=", "https://x/?nextPage=%zz", "://", "https://manage.office.com:port/"} {
		_, err := followed(t, link)
		require.Error(t, err, link)
		assert.NotContains(t, err.Error(), "x/")
	}
}

func TestForeignHostIsNamedInThePage(t *testing.T) {
	t.Parallel()
	other := newService(t, answering(200, "[]"))
	s := newService(t, answering(200, "[]", nextPageURI, other.URL+testFeed+"/subscriptions/content?nextPage=7"))
	page, client, err := list(t, s)
	require.NoError(t, err)
	assert.Equal(t, strings.TrimPrefix(other.URL, "http://"), page.Foreign)
	_, err = client.Next(t.Context(), normalize.AuditExchange, page)
	require.NoError(t, err)
	assert.Empty(t, other.requests(), "the token goes nowhere else")
	require.Len(t, s.requests(), 2)
	assert.Contains(t, s.requests()[1].uri, "nextPage=7")
}

func TestNoLinkLeadsAwayFromTheRoot(t *testing.T) {
	t.Parallel()
	client, _ := newClient(t, testRoot)
	rapid.Check(t, func(t *rapid.T) {
		link := rapid.OneOf(
			rapid.String(),
			rapid.StringMatching(`(https?:)?//?[a-z@.:/\\%0-9]{0,30}(manage\.office\.com)?[a-z@.:/\\%0-9]{0,20}/?[a-z.%/]{0,20}\?(nextPage=.{0,10})?`),
		).Draw(t, "link")
		got, err := client.follow(normalize.AuditExchange, Page{link: link, from: testNow, to: testNow})
		if err != nil {
			return
		}
		u, err := url.Parse(got)
		require.NoError(t, err)
		assert.Equal(t, "https", u.Scheme)
		assert.Equal(t, "manage.office.com", u.Hostname())
		assert.Contains(t, []string{"", "443"}, u.Port())
		assert.Nil(t, u.User)
	})
}
