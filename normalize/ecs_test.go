package normalize_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"office365/normalize"
	"office365/tests/bench/corpus"
	"office365/tests/simulator"
)

// ecsSchema is what ECS says of its fields, of testdata/ecs-9.4.0.json.
type ecsSchema struct {
	Version    string
	Kinds      []string
	Outcomes   []string
	Categories map[string][]string // with the types that each expects
	Indicators []string
	Fields     map[string]string // with their types; [] at the end of one that is a list
}

func readSchema(t *testing.T) *ecsSchema {
	t.Helper()
	text, err := os.ReadFile("testdata/ecs-9.4.0.json")
	require.NoError(t, err)
	var s ecsSchema
	require.NoError(t, json.Unmarshal(text, &s))
	require.Greater(t, len(s.Fields), 150)
	return &s
}

// severalIn are fields of one value in ECS that have several here, as in Elastic's
// own mapping of DLP: to Elasticsearch a field and a list of it are one.
var severalIn = []string{"rule.id", "rule.name", "rule.ruleset", "destination.user.email"}

// check returns what is wrong with an event; original is what it was made of, nil
// for text that is no record.
func (s *ecsSchema) check(event, original map[string]any) (wrong []string) {
	complain := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	for _, path := range s.required(event, original) {
		if dig(event, path) == nil {
			complain("%s is missing", path)
		}
	}
	if v := dig(event, "ecs.version"); v != s.Version {
		complain("ecs.version is %v", v)
	}
	for key, value := range event {
		if key != "o365" && key != "index" && key != "labels" {
			wrong = append(wrong, s.field(key, value)...)
		}
	}
	for path, allowed := range map[string][]string{
		"event.kind": s.Kinds, "event.outcome": s.Outcomes, "threat.indicator.type": s.Indicators, "network.type": {"ipv4", "ipv6"},
	} {
		if v := dig(event, path); v != nil && !slices.Contains(allowed, fmt.Sprint(v)) {
			complain("%s is %v", path, v)
		}
	}
	return append(wrong, s.pairs(event)...)
}

// required are the fields that an event must have.
func (s *ecsSchema) required(event, original map[string]any) []string {
	paths := []string{
		"@timestamp", "ecs.version", "event.kind", "event.module", "event.dataset", "event.created", "organization.name", "labels.content_type",
	}
	if original == nil {
		return append(paths, "error.type", "error.message", "event.original", "o365.content_id", "o365.position", "o365.length")
	}
	paths = append(paths, "o365.audit")
	for field, path := range map[string]string{
		"Id": "event.id", "RecordType": "event.code", "Operation": "event.action", "Workload": "event.provider", "UserId": "user.id",
		"OrganizationId": "organization.id",
	} {
		if v := original[field]; v != nil && v != "" && kindOf(v) != "object" && kindOf(v) != "empty" && !strings.HasPrefix(kindOf(v), "list") {
			paths = append(paths, path)
		}
	}
	// A code that is no number any more is one of Microsoft's enumeration.
	if code, ok := dig(event, "event.code").(string); ok && strings.Trim(code, "0123456789-.") != "" && kindOf(original["RecordType"]) == "integer" {
		paths = append(paths, "event.category", "event.type")
	}
	return paths
}

// field checks the value of a field, and of those in it.
func (s *ecsSchema) field(path string, value any) (wrong []string) {
	if object, ok := value.(map[string]any); ok {
		for key, inner := range object {
			wrong = append(wrong, s.field(path+"."+key, inner)...)
		}
		if len(object) == 0 {
			wrong = append(wrong, path+" is empty")
		}
		return wrong
	}
	kind, ok := s.Fields[path]
	if !ok {
		return []string{path + " is no field of ECS"}
	}
	list, isList := value.([]any)
	if kind, ok = strings.CutSuffix(kind, "[]"); ok != isList && (ok || !slices.Contains(severalIn, path)) {
		return []string{fmt.Sprintf("%s is %v", path, value)}
	}
	if !isList {
		list = []any{value}
	}
	for _, v := range list {
		if !fits(kind, v) {
			wrong = append(wrong, fmt.Sprintf("%s, of type %s, is %#v", path, kind, v))
		}
	}
	return wrong
}

// fits reports whether a value can be one of a field of that type.
func fits(kind string, v any) bool {
	text, isText := v.(string)
	switch kind {
	case "keyword", "wildcard", "match_only_text":
		return isText && text != ""
	case "ip":
		_, err := netip.ParseAddr(text)
		return err == nil
	case "date":
		_, err := time.Parse("2006-01-02T15:04:05.000Z", text)
		return err == nil
	case "long":
		return kindOf(v) == "integer"
	default:
		return false
	}
}

// pairs checks that each category has one of its types, and each type a category.
func (s *ecsSchema) pairs(event map[string]any) (wrong []string) {
	categories, _ := dig(event, "event.category").([]any)
	types, _ := dig(event, "event.type").([]any)
	expected := map[any]bool{}
	for _, c := range categories {
		known, ok := s.Categories[fmt.Sprint(c)]
		if !ok {
			wrong = append(wrong, fmt.Sprintf("event.category has %v", c))
		}
		if !slices.ContainsFunc(types, func(t any) bool { return slices.Contains(known, fmt.Sprint(t)) }) {
			wrong = append(wrong, fmt.Sprintf("event.type %v is none of %v", types, c))
		}
		for _, t := range known {
			expected[t] = true
		}
	}
	for _, t := range types {
		if !expected[t] {
			wrong = append(wrong, fmt.Sprintf("event.type %v goes with none of %v", t, categories))
		}
	}
	return wrong
}

// ecsChecker makes events of records, and checks them.
type ecsChecker struct {
	schema *ecsSchema
	n      *normalize.Normalizer
	kinds  *checker // for one type of each field, and no empty ones
	events int
}

func newECSChecker(t *testing.T) *ecsChecker {
	t.Helper()
	return &ecsChecker{schema: readSchema(t), kinds: newChecker(), n: normalize.New(normalize.Options{
		TenantName: "contoso-prod", TenantID: "t-1", ConnectorName: "c-1", IndexKey: "index", IndexEvents: "windows_events",
		Format: normalize.FormatECS, RawText: true,
	})}
}

func (c *ecsChecker) blob(t require.TestingT, body []byte, ct normalize.ContentType) {
	split := normalize.NewSplitter(bytes.NewReader(body), 0)
	for {
		raw, err := split.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		require.NoError(t, err)
		c.raw(t, raw, ct)
	}
}

func (c *ecsChecker) raw(t require.TestingT, raw normalize.Raw, ct normalize.ContentType) {
	c.events++
	var original map[string]any
	if raw.Err == nil {
		original = decoded(t, raw.Bytes)
	}
	rec := c.n.Record(raw, normalize.Source{ContentType: ct, ContentID: "c"}, received)
	event := decoded(t, rec.AppendJSON(nil))
	require.Len(t, event, rec.Fields())
	require.Empty(t, c.schema.check(event, original), "%s", raw.Bytes)
	require.LessOrEqual(t, depthOf(event), normalize.MaxDepth)
	c.originals(t, event, original)
}

// originals checks that every field of the original is in o365.audit as it was.
func (c *ecsChecker) originals(t require.TestingT, event, original map[string]any) {
	audit, _ := dig(event, "o365.audit").(map[string]any)
	require.Len(t, audit, len(original))
	for key, value := range original {
		const depth = 4 // of a value in o365.audit
		if want, shallow := wanted(value, depth); shallow {
			require.True(t, equal(want, audit[key]), "%s: %v, not %v", key, audit[key], want)
		}
	}
	o365, _ := event["o365"].(map[string]any)
	delete(o365, "audit")
	c.kinds.layer(t, "office365.", o365)
}

// depthOf is how deep a value nests.
func depthOf(v any) int {
	deepest := 0
	switch v := v.(type) {
	case map[string]any:
		for _, inner := range v {
			deepest = max(deepest, depthOf(inner))
		}
	case []any:
		for _, inner := range v {
			deepest = max(deepest, depthOf(inner))
		}
	default:
		return 0
	}
	return deepest + 1
}

// TestEveryRecordBecomesAnEventOfECS goes over all golden cases, records of every
// family, those of the simulator, and a file of real records where there is one:
// required fields, types of fields, allowed pairs of category and type, and the
// original as it was.
func TestEveryRecordBecomesAnEventOfECS(t *testing.T) {
	t.Parallel()
	c := newECSChecker(t)
	cases, err := filepath.Glob("testdata/*/*/in.json")
	require.NoError(t, err)
	for _, path := range cases {
		body, err := os.ReadFile(path)
		require.NoError(t, err)
		c.blob(t, body, workloads[filepath.Base(filepath.Dir(filepath.Dir(path)))])
	}
	assert.Greater(t, c.events, len(cases))
	for _, r := range corpus.Records(12, 1500) {
		ct, ok := normalize.ParseContentType(r.ContentType)
		require.True(t, ok)
		c.blob(t, r.JSON, ct)
	}
	sim := simulator.New(simulator.Options{Now: func() time.Time { return received }})
	for _, ct := range simulator.ContentTypes() {
		for _, r := range sim.Sample(ct, 500, received) {
			c.blob(t, r, normalize.ContentType(ct))
		}
	}
	if path := os.Getenv(corpusFile); path != "" {
		body, err := os.ReadFile(path)
		require.NoError(t, err)
		before := c.events
		c.blob(t, body, normalize.AuditGeneral)
		t.Logf("%d real records of %s", c.events-before, path)
	}
}

// TestRecordsOfAnyFormBecomeEventsOfECS does the same over records whose fields
// hold anything.
func TestRecordsOfAnyFormBecomeEventsOfECS(t *testing.T) {
	t.Parallel()
	c := newECSChecker(t)
	records := anyFields()
	rapid.Check(t, func(t *rapid.T) {
		for range 8 {
			text, err := json.Marshal(records.Draw(t, "record"))
			require.NoError(t, err)
			c.raw(t, normalize.Raw{Bytes: text, Length: int64(len(text))}, normalize.AuditGeneral)
		}
	})
}

// TestEveryAlertIsAnEventOfECS checks what is wanted of the timelines.
func TestEveryAlertIsAnEventOfECS(t *testing.T) {
	t.Parallel()
	schema := readSchema(t)
	files, err := filepath.Glob("testdata/alerts/*/want.ecs.json")
	require.NoError(t, err)
	require.Greater(t, len(files), 5)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		events, ok := exact(t, text).([]any)
		require.True(t, ok)
		ids := map[any]any{} // event.id of each alert
		for _, e := range events {
			event, ok := e.(map[string]any)
			require.True(t, ok)
			original, ok := dig(event, "o365.audit").(map[string]any)
			require.True(t, ok)
			assert.Empty(t, schema.check(event, original), file)
			if event["index"] != "alerts" {
				assert.Equal(t, "event", dig(event, "event.kind"), "a bundle is no alert")
				continue
			}
			assert.Equal(t, "alert", dig(event, "event.kind"), file)
			uid := dig(event, "o365.alert.uid")
			assert.Equal(t, uid, dig(event, "event.id"), "a revision replaces the one before")
			ids[uid] = dig(event, "event.id")
		}
		assert.NotEmpty(t, ids, file)
	}
}
