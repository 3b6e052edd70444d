package e2e_test

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/tests/program"
)

// TestTheExampleForElasticFillsADataStreamAndKeepsOneDocumentPerAlert loses the
// answer to the first request to each index, as a kill or a broken line would: what
// was taken comes again, and neither is an alert doubled nor a chunk refused.
func TestTheExampleForElasticFillsADataStreamAndKeepsOneDocumentPerAlert(t *testing.T) {
	t.Parallel()
	p := fluentBit(t)
	tn, es := newTenant(t), newElastic(t)
	tn.fill(1, 10)
	const name = "elasticsearch-ecs.yaml"
	run := tn.startText(p, name, es.instead(tn.example(name)))
	a := family("a-1")
	tn.offer(a.entity("e-1", "alice@contoso.example"), a.trigger())
	alert := func() (record, int) { return es.alert("o365.alert.uid", "/"+string(a)) }
	program.Eventually(t, time.Minute, "the alert", func() bool { return es.entities(alert()) == 1 })
	tn.offer(a.entity("e-2", "bob@contoso.example"))
	program.Eventually(t, time.Minute, "its revision", func() bool { return es.entities(alert()) == 2 })
	program.Eventually(t, time.Minute, "all events", func() bool { return es.missing(tn.sim.Offered()) == 0 })
	require.Zero(t, run.Stop())

	doc, documents := alert()
	assert.Equal(t, 1, documents, "a revision replaces the one before")
	assert.Equal(t, "alert", at(doc, "event.kind"))
	assert.Equal(t, at(doc, "o365.alert.uid"), at(doc, "event.id"))
	assert.InDelta(t, 1, at(doc, "o365.alert.revision"), 0)
	es.mu.Lock()
	defer es.mu.Unlock()
	assert.Len(t, es.lost, 2)
	assert.Empty(t, es.wrong)
	for _, r := range es.stream {
		require.Equal(t, "windows_events", r["index"], "%v", r)
		for _, path := range []string{"@timestamp", "ecs.version", "event.kind", "event.id", "event.dataset", "o365.audit.Id"} {
			require.NotNil(t, at(r, path), "%s of %v", path, r)
		}
	}
	assert.NotContains(t, run.Log.String(), "cannot be retried")
}

// at follows a path of keys, nil where it ends early.
func at(r map[string]any, path string) any {
	key, rest, more := strings.Cut(path, ".")
	if !more {
		return r[key]
	}
	inner, _ := r[key].(map[string]any)
	return at(inner, rest)
}

// elastic is what Elasticsearch does with bulk requests for a data stream and an
// index: the stream takes nothing but create, the index replaces by _id.
type elastic struct {
	t      *testing.T
	server *httptest.Server

	mu     sync.Mutex
	lost   map[string]bool // an answer, by the operation
	wrong  []string
	stream []record
	index  map[string]record
}

func newElastic(t *testing.T) *elastic {
	t.Helper()
	es := &elastic{t: t, lost: map[string]bool{}, index: map[string]record{}}
	es.server = httptest.NewServer(es)
	t.Cleanup(es.server.Close)
	return es
}

// instead puts this server in place of the one of the example.
func (es *elastic) instead(text string) string {
	es.t.Helper()
	host, port, err := net.SplitHostPort(es.server.Listener.Addr().String())
	require.NoError(es.t, err)
	return strings.NewReplacer(
		"${ELASTICSEARCH_HOST}", host, "port: 9200", "port: "+port, "      tls: on\n", "      tls: off\n", "      tls.verify: on\n", "",
		"      http_user: ${ELASTICSEARCH_USER}\n", "", "      http_passwd: ${ELASTICSEARCH_PASSWORD}\n", "",
	).Replace(text)
}

func (es *elastic) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		unpacked, err := gzip.NewReader(r.Body)
		if err != nil {
			es.t.Errorf("a body that is no gzip: %v", err)
			return
		}
		body = unpacked
	}
	text, err := io.ReadAll(body)
	if err != nil {
		return // the program has stopped
	}
	es.mu.Lock()
	defer es.mu.Unlock()
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	statuses := es.bulk(lines)
	if operation, _, _ := strings.Cut(lines[0], ":"); !es.lost[operation] {
		es.lost[operation] = true
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	es.answer(w, statuses)
}

// bulk takes a request, and returns the status of each of its documents.
func (es *elastic) bulk(lines []string) (statuses []int) {
	for i := 0; i < len(lines); i++ {
		if lines[i] == "" {
			continue
		}
		var action map[string]struct {
			Index string `json:"_index"`
			ID    string `json:"_id"`
		}
		var doc record
		if i+1 == len(lines) || json.Unmarshal([]byte(lines[i]), &action) != nil || json.Unmarshal([]byte(lines[i+1]), &doc) != nil {
			es.wrong = append(es.wrong, lines[i])
			return append(statuses, http.StatusBadRequest)
		}
		i++
		for operation, to := range action {
			statuses = append(statuses, es.take(operation, to.Index, to.ID, doc))
		}
	}
	return statuses
}

// take puts a document where it belongs.
func (es *elastic) take(operation, index, id string, doc record) int {
	switch {
	case index == "logs-o365.audit-default" && operation == "create" && id == "":
		es.stream = append(es.stream, doc)
	case index == "office365-ecs-alerts" && operation == "index" && id != "" && id == at(doc, "event.id"):
		es.index[id] = doc
	default:
		es.wrong = append(es.wrong, fmt.Sprintf("%s of %q into %s", operation, id, index))
		return http.StatusBadRequest
	}
	return http.StatusCreated
}

func (es *elastic) answer(w http.ResponseWriter, statuses []int) {
	type item map[string]map[string]int
	answer := struct {
		Took   int    `json:"took"`
		Errors bool   `json:"errors"`
		Items  []item `json:"items"`
	}{Items: []item{}}
	for _, status := range statuses {
		answer.Errors = answer.Errors || status != http.StatusCreated
		answer.Items = append(answer.Items, item{"create": {"status": status}})
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		es.t.Logf("answer: %v", err) // the program has stopped
	}
}

// alert returns the document in the index whose value at a path has that end, and
// how many of them there are.
func (es *elastic) alert(path, end string) (found record, documents int) {
	es.mu.Lock()
	defer es.mu.Unlock()
	for _, doc := range es.index {
		if value, ok := at(doc, path).(string); ok && strings.HasSuffix(value, end) {
			found = doc
			documents++
		}
	}
	return found, documents
}

// entities is how many an alert lists.
func (es *elastic) entities(alert record, _ int) int {
	list, _ := at(alert, "o365.alert.alert_entity_list").([]any)
	return len(list)
}

// missing counts the Ids that no event has.
func (es *elastic) missing(ids []string) int {
	es.mu.Lock()
	defer es.mu.Unlock()
	records := make([]record, 0, len(es.stream))
	for _, r := range es.stream {
		records = append(records, record{"Id": at(r, "event.id")})
	}
	return missing(records, ids)
}
