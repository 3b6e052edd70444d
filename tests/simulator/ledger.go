package simulator

import (
	"iter"
	"net/http"
	"slices"
	"time"
)

// Request is an entry of the request log. Secrets, assertions and tokens never
// enter it: a token is named by its number.
type Request struct {
	Number      int         `json:"number"` // from 1, in the order of arrival of the answers
	At          time.Time   `json:"at"`
	Tenant      string      `json:"tenant"` // of the path
	Method      string      `json:"method"`
	Path        string      `json:"path"`
	Query       string      `json:"query"` // raw; "" on the token routes
	Route       Route       `json:"route"`
	ContentType ContentType `json:"contentType"`
	ContentID   string      `json:"contentId"`

	Publisher      string `json:"publisher"` // PublisherIdentifier, "" when missing
	Token          int    `json:"token"`     // number of the token shown or issued; 0 = none that is valid
	GrantType      string `json:"grantType"`
	Credential     string `json:"credential"` // secret or assertion
	Bearer         bool   `json:"bearer"`     // an Authorization header was there, valid or not
	UserAgent      string `json:"userAgent"`
	AcceptEncoding string `json:"acceptEncoding"`
	Proto          string `json:"proto"`
	ContentLength  int64  `json:"contentLength"`

	Status int    `json:"status"`
	Code   string `json:"code"`  // of the error: AF20023, AADSTS7000215, …
	Bytes  int64  `json:"bytes"` // of the body, as on the wire; 0 until it has gone out
	Fault  string `json:"fault"` // name of the fault that answered or changed the answer
}

func newRequest(c *call) Request {
	r := c.r
	entry := Request{
		At: c.now, Tenant: c.tenant, Method: r.Method, Path: r.URL.EscapedPath(), Route: c.route,
		ContentType: c.contentType(), ContentID: c.contentID,
		Publisher: c.query["publisheridentifier"], Bearer: r.Header.Get("Authorization") != "",
		UserAgent: r.UserAgent(), AcceptEncoding: r.Header.Get("Accept-Encoding"),
		Proto: r.Proto, ContentLength: r.ContentLength,
	}
	if c.route != RouteToken {
		entry.Query = r.URL.RawQuery
	}
	return entry
}

// requestLog keeps the latest requests.
type requestLog struct {
	entries []Request
	dropped int
}

// enter adds a request to the log and returns its number.
func (s *Simulator) enter(entry Request) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if limit := s.opts.LogLimit; len(s.log.entries) >= 2*limit {
		s.log.dropped += len(s.log.entries) - limit
		s.log.entries = append([]Request(nil), s.log.entries[len(s.log.entries)-limit:]...)
	}
	entry.Number = s.log.dropped + len(s.log.entries) + 1
	s.log.entries = append(s.log.entries, entry)
	return entry.Number
}

// left notes how much of an answer went out.
func (s *Simulator) left(number int, sent int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at := number - 1 - s.log.dropped; at >= 0 && at < len(s.log.entries) {
		s.log.entries[at].Bytes = sent
	}
}

// served counts the complete answers with a content.
func (s *Simulator) served(b *blob, by int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b.served += by
}

// Requests returns the log, oldest first: all of it, or the requests of the
// routes named.
func (s *Simulator) Requests(routes ...Route) []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []Request
	for _, entry := range s.log.entries {
		if len(routes) == 0 || slices.Contains(routes, entry.Route) {
			found = append(found, entry)
		}
	}
	return found
}

func (s *Simulator) requestCount() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.dropped + len(s.log.entries)
}

// ForgetRequests empties the log; the numbers go on.
func (s *Simulator) ForgetRequests() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log.dropped += len(s.log.entries)
	s.log.entries = nil
}

// Delivery is what became of one record.
type Delivery struct {
	ID          string      `json:"id"` // "" = the record has none
	ContentType ContentType `json:"contentType"`
	ContentID   string      `json:"contentId"`
	Position    int         `json:"position"`
	Listed      int         `json:"listed"` // listings that named its content
	Served      int         `json:"served"` // complete answers with its content
}

// Ledger yields every record of the tenant, content by content; none named
// means all types. A record of two contents comes twice.
func (s *Simulator) Ledger(types ...ContentType) iter.Seq[Delivery] {
	return func(yield func(Delivery) bool) {
		for _, b := range s.blobs(types, func(*blob) bool { return true }) {
			for position, id := range b.recordIDs(s.records) {
				d := Delivery{id, b.Type, b.ID, position, b.listed, b.served}
				if !yield(d) {
					return
				}
			}
		}
	}
}

// blobs returns copies of the contents that keep wants, with the counters as
// they stand now.
func (s *Simulator) blobs(types []ContentType, keep func(*blob) bool) []blob {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []blob
	for _, ct := range orAll(types) {
		for _, b := range s.store.byType[ct] {
			if keep(b) {
				found = append(found, *b)
			}
		}
	}
	return found
}

// Offered returns the Id of every record that the tenant has made available so
// far, expired or not: the whole that a collector with the right start must
// deliver. A record of two contents comes twice, one without Id not at all;
// what became available while its subscription was disabled is left out.
func (s *Simulator) Offered(types ...ContentType) []string {
	now := s.Now()
	return s.idsOf(s.blobs(types, func(b *blob) bool {
		sub := s.subs[b.Type]
		return !b.Listable.After(now) && (sub == nil || !sub.lost(b.Listable))
	}))
}

// Served returns the Id of every record whose content was sent in full at
// least once.
func (s *Simulator) Served(types ...ContentType) []string {
	return s.idsOf(s.blobs(types, func(b *blob) bool { return b.served > 0 }))
}

func (s *Simulator) idsOf(blobs []blob) []string {
	total := 0
	for i := range blobs {
		total += blobs[i].count()
	}
	ids := make([]string, 0, total)
	for i := range blobs {
		for _, id := range blobs[i].recordIDs(s.records) {
			if id != "" {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// Content is what became of one blob.
type Content struct {
	Type      ContentType `json:"contentType"`
	ID        string      `json:"contentId"`
	Created   time.Time   `json:"contentCreated"`
	Records   int         `json:"records"`
	Listed    int         `json:"listed"`
	Requested int         `json:"requested"` // fetches that were not refused
	Served    int         `json:"served"`    // of these sent in full
}

// Contents returns every content in the order of contentCreated; none named
// means all types.
func (s *Simulator) Contents(types ...ContentType) []Content {
	blobs := s.blobs(types, func(*blob) bool { return true })
	contents := make([]Content, len(blobs))
	for i, b := range blobs {
		contents[i] = Content{b.Type, b.ID, b.Created, b.count(), b.listed, b.requested, b.served}
	}
	return contents
}

// Failed returns the requests of the log whose status is not 2xx.
func (s *Simulator) Failed() []Request {
	var failed []Request
	for _, entry := range s.Requests() {
		if entry.Status < http.StatusOK || entry.Status >= http.StatusMultipleChoices {
			failed = append(failed, entry)
		}
	}
	return failed
}
