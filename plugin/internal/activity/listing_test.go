package activity

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/normalize"
)

const nextPageURI = "NextPageUri" // set by index: Set would canonicalize it

// list asks a fresh client for the hour before testNow.
func list(t *testing.T, s *service) (Page, *Client, error) {
	t.Helper()
	client, _ := newClient(t, s.URL)
	page, err := client.List(t.Context(), normalize.AuditExchange, testNow.Add(-time.Hour), testNow)
	return page, client, err
}

func entryOf(id string) string {
	return fmt.Sprintf(`{"contentType":"Audit.Exchange","contentId":%q,"contentUri":"http://localhost/elsewhere/%s","contentCreated":"2026-03-02T10:16:12.456Z","contentExpiration":"2026-03-09T10:16:12.456Z"}`, id, id)
}

func TestListReadsContents(t *testing.T) {
	t.Parallel()
	s := newService(t, answering(200, "["+entryOf("a$1")+","+entryOf("b$2")+"]"))
	page, _, err := list(t, s)
	require.NoError(t, err)
	created := time.Date(2026, 3, 2, 10, 16, 12, 456e6, time.UTC)
	assert.Equal(t, []Content{
		{ID: "a$1", Created: created, Expires: created.Add(7 * 24 * time.Hour)},
		{ID: "b$2", Created: created, Expires: created.Add(7 * 24 * time.Hour)},
	}, page.Contents)
	assert.False(t, page.More)
	assert.Empty(t, page.Malformed)
	assert.Equal(t, 1, page.Number)
}

func TestEmptyListIsNoError(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"[]", " \r\n[ ]\n", bom + "[]"} {
		page, _, err := list(t, newService(t, answering(200, body)))
		require.NoError(t, err)
		assert.Empty(t, page.Contents)
		assert.False(t, page.More)
	}
}

func TestListingThatIsNoListIsAnError(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body string
		want Class
		text string
	}{
		"nothing":            {body: "", want: Retry, text: "empty"},
		"white space":        {body: " \n", want: Retry, text: "empty"},
		"an empty object":    {body: "{}", want: Retry, text: "{}"},
		"null":               {body: "null", want: Retry, text: "null"},
		"an error object":    {body: `{"error":{"code":"AF20022","message":"No subscription."}}`, want: Resubscribe, text: "AF20022"},
		"an odd success":     {body: `{"error":{"code":"AF20024","message":"Enabled."}}`, want: Retry, text: "AF20024"},
		"HTML":               {body: "<html>Sign in</html>", want: Retry, text: "Sign in"},
		"a list that ends":   {body: "[" + entryOf("a"), want: Retry, text: "unexpected EOF"},
		"an entry that ends": {body: "[" + entryOf("a") + `,{"contentId":"b`, want: Retry, text: "unexpected EOF"},
		"a bracket":          {body: "[", want: Retry, text: "unexpected EOF"},
		"broken JSON":        {body: "[" + entryOf("a") + " " + entryOf("b") + "]", want: Retry},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			page, _, err := list(t, newService(t, answering(200, c.body)))
			e := refusedWith(t, err, c.want)
			assert.Contains(t, e.Error(), "list Audit.Exchange: 200")
			assert.Contains(t, e.Error(), c.text)
			assert.Empty(t, page.Contents, "half a list is no list")
		})
	}
}

func TestListingCutOnTheWayIsAnError(t *testing.T) {
	t.Parallel()
	s := newService(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "10000")
		_, _ = io.WriteString(w, "["+entryOf("a"))
	})
	_, _, err := list(t, s)
	assertRefused(t, err, Retry)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
}

func TestEntryWithoutContentIDIsReportedAndTheRestKept(t *testing.T) {
	t.Parallel()
	long := `{"contentId":17,"note":"` + strings.Repeat("é", 300) + `"}`
	s := newService(t, answering(200, `[{"contentUri":"https://x/y?z=1"},`+entryOf("good")+`,{"contentId":""},"text",null,[],`+long+`]`))
	page, _, err := list(t, s)
	require.NoError(t, err)
	require.Len(t, page.Contents, 1)
	assert.Equal(t, "good", page.Contents[0].ID)
	require.Len(t, page.Malformed, 6)
	assert.JSONEq(t, `{"contentUri":"https://x/y"}`, page.Malformed[0])
	for _, text := range page.Malformed {
		assert.LessOrEqual(t, len(text), 200)
	}
}

func TestContentTimesAreReadInEveryShape(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 2, 10, 16, 12, 0, time.UTC)
	for text, want := range map[string]time.Time{
		`"2026-03-02T10:16:12Z"`:          at,
		`"2026-03-02T10:16:12"`:           at,
		`"2026-03-02T10:16:12.1Z"`:        at.Add(1e8),
		`"2026-03-02T10:16:12.123"`:       at.Add(123e6),
		`"2026-03-02T10:16:12.1234567Z"`:  at.Add(123456700),
		`"2026-03-02T10:16:12.123456789"`: at.Add(123456789),
		`"2026-03-02T15:46:12+05:30"`:     at,
		`"2026-03-02T10:16"`:              at.Truncate(time.Minute),
		`"2026-03-02"`:                    at.Truncate(24 * time.Hour),
		`"yesterday"`:                     testNow,
		`"0001-01-01T00:00:00"`:           testNow,
		`null`:                            testNow,
		`{}`:                              testNow,
	} {
		page, _, err := list(t, newService(t, answering(200, `[{"contentId":"a","contentCreated":`+text+`}]`)))
		require.NoError(t, err)
		require.Len(t, page.Contents, 1, text)
		assert.Equal(t, want, page.Contents[0].Created, text)
		assert.Equal(t, want.Add(7*24*time.Hour), page.Contents[0].Expires, text)
	}
}

func TestWindowIsSentInUTCWhateverTheZone(t *testing.T) {
	t.Parallel()
	s := newService(t, answering(200, "[]"))
	client, _ := newClient(t, s.URL)
	zone := time.FixedZone("IST", 5*3600+1800)
	_, err := client.List(t.Context(), normalize.AuditExchange, testNow.Add(-time.Hour).In(zone), testNow.Add(999*time.Millisecond).In(zone))
	require.NoError(t, err)
	assert.Contains(t, s.requests()[0].uri, "&startTime=2026-03-02T09:30:00&endTime=2026-03-02T10:30:00&")
}

func TestPagesAreFollowedToTheEnd(t *testing.T) {
	t.Parallel()
	var s *service
	link := func(n int) string {
		return s.URL + "/api/v1/" + testTenant + "/activity/feed/subscriptions/content?contentType=Audit.Exchange&starttime=2026-03-02T09:30:00&endtime=2026-03-02T10:30:00&nextpage=2026R%2B" + strconv.Itoa(n)
	}
	s = newService(t, func(n int, w http.ResponseWriter, _ *http.Request) {
		switch n {
		case 1:
			w.Header()[nextPageURI] = []string{link(2)}
			_, _ = io.WriteString(w, "["+entryOf("a")+"]")
		case 2: // a page without entries is followed as well
			w.Header()["nextpageuri"] = []string{" " + link(3)}
			_, _ = io.WriteString(w, "[]")
		case 3:
			w.Header()["NextPageUrl"] = []string{link(4) + "&publisheridentifier=" + testPublisher}
			_, _ = io.WriteString(w, "["+entryOf("b")+"]")
		default:
			_, _ = io.WriteString(w, "["+entryOf("c")+"]")
		}
	})
	page, client, err := list(t, s)
	require.NoError(t, err)
	var ids []string
	pages := []Page{page}
	for page.More {
		page, err = client.Next(t.Context(), normalize.AuditExchange, page)
		require.NoError(t, err)
		pages = append(pages, page)
	}
	for i, p := range pages {
		assert.Equal(t, i+1, p.Number)
		assert.Empty(t, p.Foreign)
		for _, c := range p.Contents {
			ids = append(ids, c.ID)
		}
	}
	assert.Equal(t, []string{"a", "b", "c"}, ids, "a page has its own contents, also after the next one was read")
	path := func(n int) string { return strings.TrimPrefix(link(n), s.URL) }
	requests := s.requests()
	require.Len(t, requests, 4)
	assert.Equal(t, path(2)+"&PublisherIdentifier="+testPublisher, requests[1].uri)
	assert.Equal(t, path(3)+"&PublisherIdentifier="+testPublisher, requests[2].uri)
	assert.Equal(t, path(4)+"&publisheridentifier="+testPublisher, requests[3].uri, "verbatim")
}

func TestListingInACircleIsAnError(t *testing.T) {
	t.Parallel()
	for name, circle := range map[string]int{"to itself": 1, "of three": 3} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var s *service
			s = newService(t, func(n int, w http.ResponseWriter, _ *http.Request) {
				w.Header()[nextPageURI] = []string{fmt.Sprintf("%s%s/subscriptions/content?nextPage=%d", s.URL, testFeed, n%circle)}
				_, _ = io.WriteString(w, "["+entryOf(fmt.Sprint("id", n))+"]")
			})
			page, client, err := list(t, s)
			for err == nil {
				require.True(t, page.More)
				require.LessOrEqual(t, page.Number, circle+1)
				page, err = client.Next(t.Context(), normalize.AuditExchange, page)
			}
			e := refusedWith(t, err, PageLost)
			assert.Contains(t, e.Error(), "circle")
			assert.Len(t, s.requests(), circle+1, "what the repeated page brought was kept, the link was not followed again")
		})
	}
}

func TestPageCanBeAskedForAgainAfterAnError(t *testing.T) {
	t.Parallel()
	var s *service
	s = newService(t, func(n int, w http.ResponseWriter, _ *http.Request) {
		switch n {
		case 1:
			w.Header()[nextPageURI] = []string{s.URL + testFeed + "/subscriptions/content?nextPage=2"}
			_, _ = io.WriteString(w, "[]")
		case 2:
			w.WriteHeader(http.StatusBadGateway)
		default:
			_, _ = io.WriteString(w, "["+entryOf("a")+"]")
		}
	})
	first, client, err := list(t, s)
	require.NoError(t, err)
	_, err = client.Next(t.Context(), normalize.AuditExchange, first)
	assertRefused(t, err, Retry)
	for range 2 {
		page, err := client.Next(t.Context(), normalize.AuditExchange, first)
		require.NoError(t, err)
		assert.Len(t, page.Contents, 1)
	}
}

func TestStalePageTokenLosesThePage(t *testing.T) {
	t.Parallel()
	var s *service
	s = newService(t, func(n int, w http.ResponseWriter, r *http.Request) {
		if n == 1 {
			w.Header()[nextPageURI] = []string{s.URL + testFeed + "/subscriptions/content?nextPage=2"}
			_, _ = io.WriteString(w, "[]")
			return
		}
		answering(400, `{"error":{"code":"AF20031","message":"Invalid nextPage Input: 2"}}`)(n, w, r)
	})
	page, client, err := list(t, s)
	require.NoError(t, err)
	_, err = client.Next(t.Context(), normalize.AuditExchange, page)
	assertRefused(t, err, PageLost)
}

func TestLastPageHasNoNext(t *testing.T) {
	t.Parallel()
	s := newService(t, answering(200, "[]"))
	page, client, err := list(t, s)
	require.NoError(t, err)
	_, err = client.Next(t.Context(), normalize.AuditExchange, page)
	assertRefused(t, err, PageLost)
	assert.Len(t, s.requests(), 1)
}

func TestListingWithoutAnEndIsAnError(t *testing.T) {
	t.Parallel()
	client, _ := newClient(t, "http://localhost")
	for _, page := range []Page{{link: "x", Number: maxPages}, {link: "x", Number: maxEmptyPages, empty: maxEmptyPages}} {
		_, err := client.Next(t.Context(), normalize.AuditExchange, page)
		e := refusedWith(t, err, PageLost)
		assert.Contains(t, e.Error(), "does not end")
	}
}

func TestEmptyPagesAreCountedInARow(t *testing.T) {
	t.Parallel()
	var s *service
	s = newService(t, func(n int, w http.ResponseWriter, _ *http.Request) {
		w.Header()[nextPageURI] = []string{s.URL + testFeed + "/subscriptions/content?nextPage=" + strconv.Itoa(n)}
		_, _ = io.WriteString(w, map[bool]string{true: "[" + entryOf("a") + "]", false: "[]"}[n == 3])
	})
	page, client, err := list(t, s)
	for _, want := range []int{1, 2, 0, 1, 2} {
		require.NoError(t, err)
		assert.Equal(t, want, page.empty)
		page, err = client.Next(t.Context(), normalize.AuditExchange, page)
	}
	require.NoError(t, err)
}

func TestPageHasALimit(t *testing.T) {
	t.Parallel()
	endless := io.MultiReader(strings.NewReader("["), new(entries))
	_, err := decodeList(endless, func(json.RawMessage) {})
	require.ErrorContains(t, err, "more than 64 MB")
}

// entries is a list that never ends.
type entries struct{ rest string }

func (e *entries) Read(p []byte) (int, error) {
	if e.rest == "" {
		e.rest = `{"contentId":"` + strings.Repeat("x", 1<<15) + `"},`
	}
	n := copy(p, e.rest)
	e.rest = e.rest[n:]
	return n, nil
}

func TestWindowErrorsAskForANewWindow(t *testing.T) {
	t.Parallel()
	s := newService(t, answering(400, `{"error":{"code":"AF20055","message":"Start time and end time must both be specified … StartTime:2021-05-14T20:04:50.2372975Z, EndTime:2021-05-17T08:04:50.2529240Z"}}`))
	_, _, err := list(t, s)
	e := refusedWith(t, err, Window)
	assert.Contains(t, e.Error(), "StartTime:2021-05-14T20:04:50.2372975Z", "the service's own view of the window stays readable")
}
