package simulator

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

const htmlBody = "<!DOCTYPE html>\r\n<html><head><title>Service unavailable</title></head>\r\n<body><h2>Our services aren't available right now</h2><p>We're working to restore all services as soon as possible.</p></body></html>\r\n"

// malformed is the text of an element that is no JSON and leaves the array
// around it whole.
const malformed = `{"CreationTime":"2026-03-02T10:16:31","Id":"broken","Operation":tru,"x":01}`

var html = map[string]string{"Content-Type": "text/html; charset=utf-8"}

// Faults returns the faults that have a name. Each is
// complete: injected as it is, it acts on the calls that it is about until it
// is removed, or as often as its name says. On, For, At, Nth, Calls, Count and
// Forever narrow it.
func Faults() []Fault {
	return slices.Concat(statusFaults(), bodyFaults(), pagingFaults(), tokenFaults(), timeFaults())
}

// statusFaults answer in place of the API.
func statusFaults() []Fault {
	api := func(name string, a Action) Fault { return Fault{Name: name, Route: RouteBlob, Action: a} }
	denied := Action{Status: http.StatusUnauthorized, Body: `{"Message":"Authorization has been denied for this request."}`, Header: map[string]string{"WWW-Authenticate": "Bearer"}}
	return []Fault{
		api("401-once", denied).Count(1),
		api("401", denied),
		api("401-empty", Action{Status: http.StatusUnauthorized}),
		api("no-permission", Action{Code: "AF10001"}),
		api("af429", Action{Code: "AF429"}),
		api("af429-seconds", Action{Code: "AF429", Header: map[string]string{"Retry-After": "2"}}),
		api("af429-date", Action{Code: "AF429", Header: map[string]string{"Retry-After": "{now+2s}"}}),
		api("429", Action{Code: "AF429", Status: http.StatusTooManyRequests}),
		api("429-seconds", Action{Code: "AF429", Status: http.StatusTooManyRequests, Header: map[string]string{"Retry-After": "2"}}),
		api("429-date", Action{Code: "AF429", Status: http.StatusTooManyRequests, Header: map[string]string{"Retry-After": "{now+2s}"}}),
		api("af50000", Action{Code: "AF50000"}),
		api("af50000-burst", Action{Code: "AF50000"}).Count(10),
		api("af50005", Action{Code: "AF50005"}),
		api("key-not-found", Action{Status: http.StatusInternalServerError, Body: "System.Collections.Generic.KeyNotFoundException: The given key was not present in the dictionary."}),
		api("408", Action{Status: http.StatusRequestTimeout}),
		api("502", Action{Status: http.StatusBadGateway, Body: htmlBody, Header: html}),
		api("503", Action{Status: http.StatusServiceUnavailable, Body: htmlBody, Header: html}),
		api("503-seconds", Action{Status: http.StatusServiceUnavailable, Body: htmlBody, Header: map[string]string{"Content-Type": "text/html; charset=utf-8", "Retry-After": "2"}}),
		api("504", Action{Status: http.StatusGatewayTimeout, Body: htmlBody, Header: html}),
		api("redirect", Action{Status: http.StatusFound, Header: map[string]string{"Location": foreignHost + "{path}"}}),
		api("gone", Action{Code: "AF20050"}),
		api("gone-400", Action{Code: "AF20050", Status: http.StatusBadRequest}),
		api("expired", Action{Code: "AF20051"}),
		api("expired-410", Action{Code: "AF20051", Status: http.StatusGone}),
		api("bad-id", Action{Code: "AF20052"}),
		api("no-subscription", Action{Code: "AF20022"}).On(RouteContentList),
		api("disabled", Action{Code: "AF20023"}).On(RouteContentList),
		api("window", Action{Code: "AF20055"}).On(RouteContentList),
		api("window-legacy", Action{Code: "AF20030"}).On(RouteContentList),
		api("audit-off", Action{Code: "DataServiceException"}).On(RouteStart),
		api("cool-down", Action{Code: "429"}).On(RouteStart),
		api("single-quotes", Action{Status: http.StatusInternalServerError, Body: `{'error':{'code':'AF50000','message':'An internal error occurred. Retry the request.'}}`}),
	}
}

// bodyFaults change the answer to a request for a content.
func bodyFaults() []Fault {
	blob := func(name string, a Action) Fault { return Fault{Name: name, Route: RouteBlob, Action: a} }
	return []Fault{
		blob("truncated", Action{Cut: -37}),
		blob("truncated-once", Action{Cut: -37}).Count(1),
		blob("empty", Action{Empty: true}),
		blob("error-object", Action{Code: "AF50000", Status: http.StatusOK}),
		blob("empty-object", Action{Status: http.StatusOK, Body: "{}"}),
		blob("html", Action{Status: http.StatusOK, Body: htmlBody, Header: html}),
		blob("single-object", Action{Single: true}),
		blob("bom", Action{Prefix: "\ufeff"}),
		blob("wrong-content-type", Action{Header: map[string]string{"Content-Type": "application/octet-stream"}}),
		blob("reset", Action{Reset: 4096}),
		blob("reset-once", Action{Reset: 4096}).Count(1),
		blob("trickle", Action{Trickle: Trickle{Bytes: 100, Every: Duration(time.Second)}}),
		blob("stall", Action{Trickle: Trickle{Bytes: 200, Every: Duration(time.Hour)}}),
		blob("slow-start", Action{Delay: Duration(10 * time.Second)}),
		blob("invalid-utf8", Action{Insert: &Insert{At: 1, Text: "{\"Id\":\"invalid-utf8\",\"CreationTime\":\"2026-03-02T10:16:31\",\"Operation\":\"\xff\xfe\xc3(\"}"}}),
		blob("malformed-record", Action{Insert: &Insert{At: 1, Text: malformed}}),
		blob("no-object", Action{Insert: &Insert{At: 1, Text: `"a string in place of a record"`}}),
		blob("no-id", Action{Insert: &Insert{At: 1, Text: `{"CreationTime":"2026-03-02T10:16:31","Operation":"NoId","RecordType":9999}`}}),
	}
}

// pagingFaults change a listing. All but the first two need more contents than
// fit on a page.
func pagingFaults() []Fault {
	list := func(name string, a Action) Fault { return Fault{Name: name, Route: RouteContentList, Action: a} }
	return []Fault{
		list("empty-page", Action{Paging: PagingEmptyPage}),
		list("foreign-next", Action{Paging: PagingForeign}),
		list("loop", Action{Paging: PagingSelf}),
		list("lower-next", Action{Paging: PagingLower}),
		list("on-two-pages", Action{Paging: PagingRepeat}),
		list("stale-next", Action{Paging: PagingStale}),
		list("next-page-url", Action{Paging: PagingURL}),
		list("next-page-case", Action{Paging: PagingCase}),
		{Name: "af20031", Route: RouteContentList, Page: 2, Action: Action{Code: "AF20031"}},
		{Name: "af20031-once", Route: RouteContentList, Page: 2, Times: 1, Action: Action{Code: "AF20031"}},
		list("list-error-object", Action{Code: "AF50000", Status: http.StatusOK}),
		list("list-empty", Action{Empty: true}),
		list("list-truncated", Action{Cut: -20}),
		list("list-html", Action{Status: http.StatusOK, Body: htmlBody, Header: html}),
	}
}

// tokenFaults change the token endpoint.
func tokenFaults() []Fault {
	var faults []Fault
	for _, code := range []int{7000215, 7000222, 7000216, 700016, 90002, 900023, 500011, 650057, 65001, 53003, 50196, 700027, 700024, 90055, 50033} {
		name := strconv.Itoa(code)
		faults = append(faults, Fault{Name: "token-" + name, Route: RouteToken, Action: Action{Code: "AADSTS" + name}})
	}
	token := func(name string, a Action) Fault { return Fault{Name: name, Route: RouteToken, Action: a} }
	return append(faults,
		token("token-429", Action{Code: "AADSTS90055", Header: map[string]string{"Retry-After": "2"}}),
		token("token-503", Action{Status: http.StatusServiceUnavailable, Body: htmlBody, Header: html}),
		token("token-html", Action{Status: http.StatusOK, Body: htmlBody, Header: html}),
		token("token-no-roles", Action{Token: TokenTurn{NoRoles: true}}),
		token("token-short", Action{Token: TokenTurn{Life: Duration(time.Second)}}),
		token("token-5m", Action{Token: TokenTurn{Life: Duration(5 * time.Minute)}}),
		token("token-strings", Action{Token: TokenTurn{StringNumbers: true}}),
		Fault{Name: "metadata-503", Route: RouteMetadata, Action: Action{Status: http.StatusServiceUnavailable, Body: htmlBody, Header: html}},
	)
}

// timeFaults act on every route.
func timeFaults() []Fault {
	return []Fault{
		{Name: "date-ahead", Action: Action{DateSkew: Duration(10 * time.Minute)}},
		{Name: "date-behind", Action: Action{DateSkew: Duration(-10 * time.Minute)}},
		{Name: "no-date", Action: Action{Header: map[string]string{"Date": ""}}},
	}
}

// FaultNamed returns a named fault.
func FaultNamed(name string) (Fault, bool) {
	for _, f := range Faults() {
		if f.Name == name {
			return f, true
		}
	}
	return Fault{}, false
}

// MustFault is FaultNamed for tests: it panics when there is no such fault.
func MustFault(name string) Fault {
	f, ok := FaultNamed(name)
	if !ok {
		panic("simulator: no fault named " + name)
	}
	return f
}

// ParseFault reads a fault from the command line: NAME, or NAME and narrowing
// after a colon, as in af429:route=content-list,from=3,to=5.
func ParseFault(text string) (Fault, error) {
	name, narrowing, _ := strings.Cut(text, ":")
	f, ok := FaultNamed(name)
	if !ok {
		return Fault{}, fmt.Errorf("fault %q: no such name", name)
	}
	if narrowing == "" {
		return f, nil
	}
	for part := range strings.SplitSeq(narrowing, ",") {
		key, value, _ := strings.Cut(part, "=")
		if err := f.narrow(key, value); err != nil {
			return Fault{}, fmt.Errorf("fault %q: %s: %w", name, key, err)
		}
	}
	return f, nil
}

func (f *Fault) narrow(key, value string) error {
	var number *int
	switch key {
	case "route":
		f.Route = Route(value)
	case "type":
		f.ContentType = ContentType(value)
	case "id":
		f.ContentID = value
	case "page":
		number = &f.Page
	case "from":
		number = &f.From
	case "to":
		number = &f.To
	case "times":
		number = &f.Times
	default:
		return fmt.Errorf("%q is not one of route, type, id, page, from, to, times", key)
	}
	if number == nil {
		return nil
	}
	n, err := strconv.Atoi(value)
	if err != nil {
		return fmt.Errorf("not a number: %w", err)
	}
	*number = n
	return nil
}
