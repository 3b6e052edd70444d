package simulator

import (
	"net/http"
	"regexp"
	"strings"
)

// contentIDPattern is what the service recognizes as a content id; %24 in
// place of $ is none.
var contentIDPattern = regexp.MustCompile(`^[0-9A-Za-z_.-]+(\$[0-9A-Za-z_.-]+)+$`)

// content is the answer to a request for one blob.
func (s *Simulator) content(c *call) reply {
	b := s.store.byID[c.contentID]
	if b == nil {
		if !contentIDPattern.MatchString(c.contentID) {
			return apiError("AF20052", "Content ID in the URL ("+c.contentID+") is invalid.")
		}
		return c.notFound()
	}
	if c.opts.StrictDLP && b.Type == DLPAll && !c.claims.has(roleReadDLP) {
		return *c.permissionError()
	}
	if rep := s.checkSubscription(b.Type); rep != nil {
		return *rep
	}
	if b.Listable.After(c.now) || s.subs[b.Type].lost(b.Listable) {
		return c.notFound()
	}
	if !c.now.Before(b.Expires) {
		rep := apiError("AF20051", apiText["AF20051"])
		rep.status = c.opts.ExpiredStatus
		return rep
	}
	b.requested++
	rep := b.reply(s.records, c.claims.has(roleReadDLP))
	rep.blob = b
	return rep
}

func (c *call) notFound() reply {
	rep := apiError("AF20050", "The specified content ("+c.contentID+") does not exist.")
	rep.status = c.opts.NotFoundStatus
	return rep
}

// sensitiveTypes are information types that the DLP records name.
var sensitiveTypes = []struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}{
	{"50842eb7-edc8-4019-85dd-5a5c1f2bb085", "Credit Card Number"},
	{"419f449f-6d9d-4be1-a154-b531f7a91b41", "EU National Identification Number"},
	{"e7dc4711-11b7-4cb0-b88b-2c394a771f0e", "International Banking Account Number (IBAN)"},
	{"a2f29c85-ecb8-4514-a610-364790c0773e", "U.S. Social Security Number (SSN)"},
}

// dlpTypes is the list of friendly names.
func dlpTypes(c *call) reply {
	if language := c.r.Header.Get("Accept-Language"); strings.Contains(language, ",") {
		return apiError("AF20053", "Only a single language may be present in the Accept-Language header.")
	}
	return jsonReply(http.StatusOK, sensitiveTypes)
}
