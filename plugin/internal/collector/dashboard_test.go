package collector_test

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"office365/plugin/internal/collector"
	"office365/plugin/internal/telemetry"
)

const grafana = "../../../docker/grafana/"

// query is an expression of PromQL, with the name of what uses it.
type query struct{ of, expr string }

func dashboardQueries(t *testing.T) []query {
	t.Helper()
	text, err := os.ReadFile(grafana + "office365.json")
	require.NoError(t, err)
	var d struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
		Templating struct {
			List []struct {
				Name  string
				Query any
			}
		}
	}
	require.NoError(t, json.Unmarshal(text, &d))
	var queries []query
	for _, p := range d.Panels {
		require.NotEmpty(t, p.Targets, p.Title)
		for _, target := range p.Targets {
			queries = append(queries, query{p.Title, target.Expr})
		}
	}
	for _, v := range d.Templating.List {
		if q, ok := v.Query.(map[string]any); ok {
			text, _ := strings.CutPrefix(fmt.Sprint(q["query"]), "label_values(")
			queries = append(queries, query{v.Name, strings.TrimSuffix(text, ", tenant)")})
		}
	}
	return queries
}

// rule is an alert rule of Prometheus.
type rule struct {
	Alert, Expr, For    string
	Labels, Annotations map[string]string
}

func alertRules(t *testing.T) []rule {
	t.Helper()
	text, err := os.ReadFile(grafana + "alerts.yaml")
	require.NoError(t, err)
	var file struct {
		Groups []struct {
			Name  string
			Rules []rule
		}
	}
	d := yaml.NewDecoder(strings.NewReader(string(text)))
	d.KnownFields(true)
	require.NoError(t, d.Decode(&file))
	require.Len(t, file.Groups, 1)
	return file.Groups[0].Rules
}

var (
	quoted   = regexp.MustCompile(`"[^"]*"`)
	matchers = regexp.MustCompile(`\{([^}]*)\}`)
	labelOf  = regexp.MustCompile(`(\w+)\s*(?:=~|!~|!=|=)`)
	grouping = regexp.MustCompile(`\b(?:by|on|ignoring|without)\s*\(([^)]*)\)`)
	duration = regexp.MustCompile(`\[\d+[smhd]\]`)
	word     = regexp.MustCompile(`[a-zA-Z_]\w*(\s*\()?`)
	operator = []string{"and", "or", "unless"}
)

// used are the metrics that a query reads, each with the labels that its
// selector names, and the labels that results are grouped by.
func used(expr string) (metrics map[string][]string, groupedBy []string) {
	metrics = map[string][]string{}
	expr = quoted.ReplaceAllString(expr, "")
	for _, m := range grouping.FindAllStringSubmatch(expr, -1) {
		groupedBy = append(groupedBy, strings.FieldsFunc(m[1], func(r rune) bool { return r == ',' || r == ' ' })...)
	}
	expr = duration.ReplaceAllString(grouping.ReplaceAllString(expr, " "), "")
	bare := matchers.ReplaceAllStringFunc(expr, func(s string) string { return strings.Repeat(" ", len(s)) })
	for _, at := range word.FindAllStringIndex(bare, -1) {
		name := bare[at[0]:at[1]]
		if strings.HasSuffix(name, "(") || slices.Contains(operator, name) || slices.Contains([]string{"sum", "min", "max"}, name) {
			continue
		}
		metrics[name] = append(metrics[name], "")
		if m := matchers.FindStringSubmatchIndex(expr[at[1]:]); m != nil && m[0] == 0 {
			for _, label := range labelOf.FindAllStringSubmatch(expr[at[1]:][m[2]:m[3]], -1) {
				metrics[name] = append(metrics[name], label[1])
			}
		}
	}
	return metrics, groupedBy
}

func TestDashboardAndAlertsUseOnlyMetricsThatExist(t *testing.T) {
	t.Parallel()
	table := map[string]collector.Metric{}
	for _, m := range collector.Metrics() {
		table["fluentbit_office365_"+m.Name] = m
	}
	queries := dashboardQueries(t)
	for _, r := range alertRules(t) {
		queries = append(queries, query{r.Alert, r.Expr})
	}
	require.Greater(t, len(queries), 40)
	for _, q := range queries {
		metrics, groupedBy := used(q.expr)
		assert.NotEmpty(t, metrics, q.expr)
		known := []string{"instance", "name", "tenant"}
		for name, labels := range metrics {
			m, exists := table[name]
			if !assert.True(t, exists, "%s uses %s, which does not exist: %s", q.of, name, q.expr) {
				continue
			}
			known = append(known, m.Labels...)
			for _, label := range labels {
				assert.Contains(t, append(m.Labels, "", "instance", "name", "tenant"), label, "%s: %s", q.of, q.expr)
			}
			rated := regexp.MustCompile(`\b(?:rate|increase)\(` + name + `\b`).MatchString(q.expr) // a rate of a gauge means nothing, nor does a counter by itself
			assert.Equal(t, m.Kind == telemetry.Counter, rated, "%s: %s in %s", q.of, name, q.expr)
		}
		for _, label := range groupedBy {
			assert.Contains(t, known, label, "%s: %s", q.of, q.expr)
		}
	}
}

func TestEachAlertRuleSaysWhoseAndWhatToDo(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for _, r := range alertRules(t) {
		names[r.Alert] = true
		assert.Contains(t, []string{"critical", "warning"}, r.Labels["severity"], r.Alert)
		assert.NotEmpty(t, r.Annotations["summary"], r.Alert)
		if r.Alert == "Office365Absent" {
			continue
		}
		assert.Contains(t, r.Annotations["summary"], "{{ $labels.tenant }}", r.Alert)
		assert.NotEmpty(t, r.Annotations["description"], r.Alert)
	}
	for _, name := range []string{"NotListed", "Lag", "Quarantine", "TokenAboutToFail", "HandedOverAgain", "DiskShort", "NothingFromTheAPI"} {
		assert.True(t, names["Office365"+name], name)
	}
}

func TestTheTokenizerFindsWhatDoesNotExist(t *testing.T) {
	t.Parallel()
	metrics, groupedBy := used(`max by (tenant, x) (rate(a_total{b="c",d=~"e f"}[5m])) > 3 and on (y) g unless absent(h)`)
	assert.Equal(t, map[string][]string{"a_total": {"", "b", "d"}, "g": {""}, "h": {""}}, metrics)
	assert.Equal(t, []string{"tenant", "x", "y"}, groupedBy)
}
