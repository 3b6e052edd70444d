package simulator

import (
	"encoding/binary"
	"net/http"
	"slices"
	"strings"
)

// contentView is an entry of a listing on the wire.
type contentView struct {
	ContentType ContentType `json:"contentType"`
	ContentID   string      `json:"contentId"`
	ContentURI  string      `json:"contentUri"`
	Created     string      `json:"contentCreated"`
	Expires     string      `json:"contentExpiration"`
}

func (c *call) view(b *blob) contentView {
	return contentView{
		ContentType: b.Type, ContentID: b.ID,
		ContentURI: c.base + "/api/v1.0/" + c.opts.TenantID + "/activity/feed/audit/" + b.ID,
		Created:    b.Created.Format(b.CreatedLayout), Expires: b.Expires.Format(b.CreatedLayout),
	}
}

// listing is the answer to subscriptions/content: one page of what has
// contentCreated in the window and is listable by now.
func (s *Simulator) listing(c *call) reply {
	if rep := s.checkSubscription(c.contentType()); rep != nil {
		return *rep
	}
	win, refused := s.window(c)
	if refused != nil {
		return *refused
	}
	at, ok := s.position(c, win)
	if !ok {
		return apiError("AF20031", apiText["AF20031"])
	}
	blobs := s.snapshot(c, win, at)
	page, next := c.page(blobs, at)
	views := make([]contentView, 0, len(page))
	for _, b := range page {
		b.listed++
		views = append(views, c.view(b))
	}
	rep := jsonReply(http.StatusOK, views)
	if link := c.nextPage(win, next); link != "" {
		rep.header = append(rep.header, [2]string{c.action.headerName(), link})
	}
	return rep
}

// position is where the request stands in its listing: at the start of a new
// one, or where its page token says.
func (s *Simulator) position(c *call, win window) (pageToken, bool) {
	text := c.query["nextpage"]
	if text == "" {
		return pageToken{listed: c.now, added: s.store.added}, true
	}
	at, ok := parsePageToken(text, pageSum(c, win))
	if !ok || c.now.Sub(at.listed) > c.opts.PageLife {
		return pageToken{}, false
	}
	return at, true
}

// snapshot is the whole listing in its order, as it was when its first page
// was asked for: contents that appear in between do not move the pages.
func (s *Simulator) snapshot(c *call, win window, at pageToken) []*blob {
	ct := c.contentType()
	sub := s.subs[ct]
	if c.now.Before(sub.first.Add(c.opts.Withhold)) {
		return nil
	}
	var blobs []*blob
	for _, b := range s.store.between(ct, win.from, win.to) {
		if b.sequence <= at.added && !b.Listable.After(at.listed) && !sub.lost(b.Listable) {
			blobs = append(blobs, b)
		}
	}
	switch c.opts.Order {
	case Reversed:
		slices.Reverse(blobs)
	case Shuffled:
		r := newRandom(c.opts.Seed, uint64(win.from.UnixNano()), uint64(at.added)) //nolint:gosec // a seed, not a number
		for i := len(blobs) - 1; i > 0; i-- {
			j := r.intn(i + 1)
			blobs[i], blobs[j] = blobs[j], blobs[i]
		}
	case Sorted:
	}
	return blobs
}

// page cuts one page out of the listing and says where the next one starts, or
// nil after the last.
func (c *call) page(blobs []*blob, at pageToken) (page []*blob, next *pageToken) {
	size := c.opts.PageSize
	if size <= 0 {
		size = len(blobs)
	}
	paging := c.action.Paging
	if paging == PagingEmptyPage && at.offset == 0 && !at.after {
		at.after = true
		return nil, &at
	}
	low := min(at.offset, len(blobs))
	high := min(low+size, len(blobs))
	from := low
	if paging == PagingRepeat && low > 0 {
		from = low - 1
	}
	if high < len(blobs) {
		next = &pageToken{listed: at.listed, added: at.added, offset: high, after: true}
	}
	return blobs[from:high], next
}

// nextPage words NextPageUri, on the v1 path as the service does, or as a fault
// wants it.
func (c *call) nextPage(win window, next *pageToken) string {
	names := []string{"contentType", "startTime", "endTime", "nextPage"}
	base := c.base
	token := ""
	if next != nil {
		token = next.String(pageSum(c, win))
	}
	switch c.action.Paging {
	case PagingSelf:
		return c.base + c.r.URL.RequestURI()
	case PagingForeign:
		base = foreignHost
		if token == "" {
			token = pageToken{listed: c.now}.String(pageSum(c, win))
		}
	case PagingLower:
		for i := range names {
			names[i] = strings.ToLower(names[i])
		}
	case PagingStale:
		if token == "" {
			return ""
		}
		token = strings.Repeat("0", len(token))
	}
	if token == "" {
		return ""
	}
	return base + "/api/v1/" + c.opts.TenantID + "/activity/feed/subscriptions/" + c.operation() + "?" +
		names[0] + "=" + string(c.contentType()) + "&" + names[1] + "=" + win.rawFrom +
		"&" + names[2] + "=" + win.rawTo + "&" + names[3] + "=" + token
}

func (c *call) operation() string {
	if c.route == RouteNotifications {
		return "notifications"
	}
	return "content"
}

// pageSum binds a page token to its listing: tenant, type and window.
func pageSum(c *call, win window) uint64 {
	sum := hashText(c.opts.TenantID) ^ hashText(string(c.contentType())+string(c.route))
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(win.from.UnixNano()))
	binary.BigEndian.PutUint64(b[8:], uint64(win.to.UnixNano()))
	return sum ^ hashText(string(b[:]))
}

// notifications is the listing of webhook notifications: empty, for a tenant
// without webhooks has none, but under the rules of a listing.
func (s *Simulator) notifications(c *call) reply {
	if rep := s.checkSubscription(c.contentType()); rep != nil {
		return *rep
	}
	if _, refused := s.window(c); refused != nil {
		return *refused
	}
	return jsonReply(http.StatusOK, []struct{}{})
}
