package simulator

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// controlHelp is the answer to GET /_sim/.
const controlHelp = `Control of the simulator. Behind several tenants: add tenant=GUID, else the first is meant.
Times are RFC 3339 or relative to the tenant's clock (-2h, 0s). type=Audit.General etc.; left out = all.

GET    /_sim/state                                              tenant, clock, subscriptions, totals
POST   /_sim/content?type=T&blobs=10&records=50&from=-1h&to=0s  add generated contents
POST   /_sim/blob                                               add one: {"type","id","created","expires","listable","createdLayout","generate","records":[...],"body":base64}
POST   /_sim/republish?id=CONTENTID&created=0s                  the same records under a new contentId
POST   /_sim/clock?advance=2h                                   move the tenant's clock
POST   /_sim/subscriptions?do=stop|start&type=T                 as an administrator
POST   /_sim/tokens/revoke                                      all tokens so far answer 401
GET    /_sim/faults            GET /_sim/faults/catalog         in force; all that have a name
POST   /_sim/faults?name=af429:route=content-list,times=3       inject a named fault, or the one in the body
DELETE /_sim/faults?name=af429                                  take back; without a name all
GET    /_sim/requests?route=blob   DELETE /_sim/requests        log of requests, as JSON lines; empty it
GET    /_sim/contents?type=T       GET /_sim/ledger?type=T      each content, each record, as JSON lines
GET    /_sim/offered?type=T                                     Ids of the records available so far, as lines
`

func isControl(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/_sim/") }

// controlRoutes is the HTTP form of the methods of Simulator, for o365sim.
func (s *Simulator) controlRoutes() http.Handler {
	mux := http.NewServeMux()
	for pattern, f := range map[string]func(*http.Request) (any, error){
		"GET /_sim/state":          s.controlState,
		"POST /_sim/content":       s.controlContent,
		"POST /_sim/blob":          s.controlBlob,
		"POST /_sim/republish":     s.controlRepublish,
		"POST /_sim/clock":         s.controlClock,
		"POST /_sim/subscriptions": s.controlSubscriptions,
		"POST /_sim/tokens/revoke": func(*http.Request) (any, error) { s.RevokeTokens(); return done, nil },
		"GET /_sim/faults":         func(*http.Request) (any, error) { return s.Injected(), nil },
		"GET /_sim/faults/catalog": func(*http.Request) (any, error) { return Faults(), nil },
		"POST /_sim/faults":        s.controlInject,
		"DELETE /_sim/faults":      s.controlRemove,
		"DELETE /_sim/requests":    func(*http.Request) (any, error) { s.ForgetRequests(); return done, nil },
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { answerControl(w, r, f) })
	}
	mux.HandleFunc("GET /_sim/requests", s.dumpRequests)
	mux.HandleFunc("GET /_sim/contents", s.dumpContents)
	mux.HandleFunc("GET /_sim/ledger", s.dumpLedger)
	mux.HandleFunc("GET /_sim/offered", s.dumpOffered)
	mux.HandleFunc("GET /_sim/{$}", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, controlHelp) // a client that went away needs no help
	})
	return mux
}

// done is the answer to what has nothing else to say.
var done = map[string]string{"result": "done"}

func answerControl(w http.ResponseWriter, r *http.Request, f func(*http.Request) (any, error)) {
	status := http.StatusOK
	value, err := f(r)
	if err != nil {
		status, value = http.StatusBadRequest, map[string]string{"error": err.Error()}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(jsonReply(0, value).body, '\n')) // nobody is left to tell
}

func (s *Simulator) controlState(*http.Request) (any, error) {
	o, totals := s.Options(), map[ContentType]map[string]int{}
	for _, content := range s.Contents() {
		total := totals[content.Type]
		if total == nil {
			total = map[string]int{}
			totals[content.Type] = total
		}
		total["contents"]++
		total["records"] += content.Records
		if content.Served > 0 {
			total["contentsServed"]++
			total["recordsServed"] += content.Records
		}
	}
	return map[string]any{
		"tenant": o.TenantID, "now": s.Now(), "subscriptions": s.Subscribed(), "totals": totals, "requests": s.requestCount(),
	}, nil
}

func (s *Simulator) controlContent(r *http.Request) (any, error) {
	types, err := typesOf(r)
	if err != nil {
		return nil, err
	}
	blobs, err := number(r, "blobs", 1)
	if err != nil {
		return nil, err
	}
	records, err := number(r, "records", 50)
	if err != nil {
		return nil, err
	}
	from, err := s.moment(r, "from", -time.Hour)
	if err != nil {
		return nil, err
	}
	to, err := s.moment(r, "to", 0)
	if err != nil {
		return nil, err
	}
	ids := []string{}
	for _, ct := range orAll(types) {
		ids = append(ids, s.AddContent(ct, blobs, records, from, to)...)
	}
	return ids, nil
}

// bodyBytes bounds the body of a control request.
const bodyBytes = 64 << 20

func (s *Simulator) controlBlob(r *http.Request) (any, error) {
	var b Blob
	if err := json.NewDecoder(io.LimitReader(r.Body, bodyBytes)).Decode(&b); err != nil {
		return nil, fmt.Errorf("blob: %w", err)
	}
	if b.Type.index() < 0 {
		return nil, fmt.Errorf("type %q is not one of %v", b.Type, ContentTypes())
	}
	return []string{s.AddBlob(b)}, nil
}

func (s *Simulator) controlRepublish(r *http.Request) (any, error) {
	created, err := s.moment(r, "created", 0)
	if err != nil {
		return nil, err
	}
	id := s.Republish(r.FormValue("id"), created)
	if id == "" {
		return nil, fmt.Errorf("id %q: no such content", r.FormValue("id"))
	}
	return []string{id}, nil
}

func (s *Simulator) controlClock(r *http.Request) (any, error) {
	d, err := time.ParseDuration(r.FormValue("advance"))
	if err != nil {
		return nil, fmt.Errorf("advance: %w", err)
	}
	s.Advance(d)
	return map[string]time.Time{"now": s.Now()}, nil
}

func (s *Simulator) controlSubscriptions(r *http.Request) (any, error) {
	types, err := typesOf(r)
	if err != nil {
		return nil, err
	}
	switch do := r.FormValue("do"); do {
	case "start":
		s.Start(types...)
	case "stop":
		s.Stop(types...)
	default:
		return nil, fmt.Errorf("do %q is neither start nor stop", do)
	}
	return s.Subscribed(), nil
}

func (s *Simulator) controlInject(r *http.Request) (any, error) {
	var f Fault
	var err error
	if name := r.URL.Query().Get("name"); name != "" {
		f, err = ParseFault(name)
	} else if err = json.NewDecoder(io.LimitReader(r.Body, bodyBytes)).Decode(&f); err != nil {
		err = fmt.Errorf("fault: %w", err)
	}
	if err != nil {
		return nil, err
	}
	s.Inject(f)
	return f, nil
}

func (s *Simulator) controlRemove(r *http.Request) (any, error) {
	if name := r.FormValue("name"); name != "" {
		s.RemoveFaults(name)
	} else {
		s.RemoveFaults()
	}
	return s.Injected(), nil
}

func (s *Simulator) dumpRequests(w http.ResponseWriter, r *http.Request) {
	var routes []Route
	if route := r.FormValue("route"); route != "" {
		routes = []Route{Route(route)}
	}
	writeLines(w, s.Requests(routes...))
}

func (s *Simulator) dumpContents(w http.ResponseWriter, r *http.Request) {
	types, err := typesOf(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	writeLines(w, s.Contents(types...))
}

func (s *Simulator) dumpLedger(w http.ResponseWriter, r *http.Request) {
	types, err := typesOf(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	enc := json.NewEncoder(w)
	for delivery := range s.Ledger(types...) {
		if enc.Encode(delivery) != nil {
			return // the client went away
		}
	}
}

func (s *Simulator) dumpOffered(w http.ResponseWriter, r *http.Request) {
	types, err := typesOf(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	for _, id := range s.Offered(types...) {
		if _, err := io.WriteString(w, id+"\n"); err != nil {
			return
		}
	}
}

func writeLines[T any](w io.Writer, values []T) {
	enc := json.NewEncoder(w)
	for _, value := range values {
		if enc.Encode(value) != nil {
			return // the client went away
		}
	}
}

func typesOf(r *http.Request) ([]ContentType, error) {
	text := r.FormValue("type")
	if text == "" {
		return nil, nil
	}
	ct := ContentType(text)
	if ct.index() < 0 {
		return nil, fmt.Errorf("type %q is not one of %v", text, ContentTypes())
	}
	return []ContentType{ct}, nil
}

func number(r *http.Request, name string, otherwise int) (int, error) {
	text := r.FormValue(name)
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%s %q is not a number", name, text)
	}
	return n, nil
}

// moment reads a time, or a duration relative to the tenant's clock.
func (s *Simulator) moment(r *http.Request, name string, otherwise time.Duration) (time.Time, error) {
	text := r.FormValue(name)
	if text == "" {
		return s.Now().Add(otherwise), nil
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t.UTC(), nil
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return time.Time{}, fmt.Errorf("%s %q is neither an RFC 3339 time nor a duration", name, text)
	}
	return s.Now().Add(d), nil
}
