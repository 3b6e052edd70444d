package normalize_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// rule makes a rule of a DLP policy.
func rule(name, severity, mode string, actions ...string) string {
	return fmt.Sprintf(`{"RuleId":"id of %s","RuleName":%s,"Severity":%s,"RuleMode":%s,"Actions":[%s]}`,
		name, quoted(name), quoted(severity), quoted(mode), `"`+strings.Join(actions, `","`)+`"`)
}

func policy(name string, rules ...string) string {
	return fmt.Sprintf(`{"PolicyId":"1","PolicyName":%s,"Rules":[%s]}`, quoted(name), strings.Join(rules, ","))
}

func match(rest string, policies ...string) string {
	return `{"RecordType":13,"Operation":"DlpRuleMatch",` + rest + `"PolicyDetails":[` + strings.Join(policies, ",") + `]}`
}

func TestADLPMatchSaysWhatWasDone(t *testing.T) {
	t.Parallel()
	blocking := rule("r", "High", "Enable", "NotifyUser", "BlockAccess")
	for _, tt := range []struct{ name, text, action, outcome string }{
		{"blocked", match("", policy("p", blocking)), "blocked", "failure"},
		{"in another letter case", match("", policy("p", rule("r", "", "", "BLOCKACCESS"))), "blocked", "failure"},
		{"by the second policy", match("", policy("p", rule("r", "", "", "NotifyUser")), policy("q", blocking)), "blocked", "failure"},
		{"not blocked", match("", policy("p", rule("r", "Low", "Enable", "NotifyUser"))), "audited", ""},
		{"no action", match("", policy("p", `{"RuleName":"r"}`)), "audited", ""},
		{"a test", match("", policy("p", rule("r", "Low", "TestWithNotifyUser", "BlockAccess"))), "audited", ""},
		{"an audit", match("", policy("p", rule("r", "Low", "AuditAndNotify", "BlockAccess"))), "audited", ""},
		{"a test beside a rule in force", match("", policy("p", rule("r", "", "Test", "BlockAccess"), blocking)), "blocked", "failure"},
		{"overridden", match(`"ExceptionInfo":{"Justification":"x"},`, policy("p", blocking)), "allowed", "success"},
		{"overridden, in a string", match(`"ExceptionInfo":"x",`, policy("p", blocking)), "allowed", "success"},
		{"not overridden", match(`"ExceptionInfo":"",`, policy("p", blocking)), "blocked", "failure"},
		{"not overridden at all", match(`"ExceptionInfo":{},`, policy("p", blocking)), "blocked", "failure"},
		{"not overridden by an object of nothing", match(`"ExceptionInfo":{"Reason":"","FalsePositive":false,"Justification":null,"Rules":[]},`, policy("p", blocking)), "blocked", "failure"},
		{"a false alarm", match(`"ExceptionInfo":{"Reason":"","FalsePositive":true},`, policy("p", blocking)), "allowed", "success"},
		{"undone", strings.Replace(match("", policy("p", blocking)), "DlpRuleMatch", "DLPRuleUndo", 1), "allowed", "success"},
		{"no policy", `{"RecordType":13,"ResultStatus":"Success"}`, "", ""},
		{"a policy without rules", match("", policy("p")), "", ""},
		{"policies that are none", `{"RecordType":13,"PolicyDetails":["p",{"Rules":"r"},{"Rules":[1]}]}`, "audited", ""},
		{"on a device: audited", `{"RecordType":63,"EnforcementMode":1}`, "audited", ""},
		{"on a device: warned", `{"RecordType":63,"EndpointMetaData":{"EnforcementMode":2}}`, "blocked", "failure"},
		{"on a device: bypassed", `{"RecordType":63,"EndpointMetaData":{"EnforcementMode":"3"}}`, "allowed", "success"},
		{"on a device: blocked", `{"RecordType":63,"EnforcementMode":4}`, "blocked", "failure"},
		{"on a device: allowed", `{"RecordType":63,"EnforcementMode":5}`, "audited", ""},
		{"on a device: blocked, by a rule that notifies", `{"RecordType":63,"EnforcementMode":4,"PolicyDetails":[` + policy("p", rule("r", "", "Enable", "NotifyUser")) + `]}`, "blocked", "failure"},
		{"on a device: blocked, by a rule on trial", `{"RecordType":63,"EnforcementMode":4,"PolicyDetails":[` + policy("p", rule("r", "", "Test", "NotifyUser")) + `]}`, "audited", ""},
		{"on a device: unknown", `{"RecordType":63,"EnforcementMode":6}`, "", ""},
		{"another record type", `{"RecordType":33,"PolicyDetails":[` + policy("p", blocking) + `]}`, "blocked", "failure"},
		{"an unknown record type", `{"PolicyDetails":[` + policy("p", blocking) + `]}`, "blocked", "failure"},
		{"policies in a text", `{"RecordType":187,"ResultStatus":"Success","PolicyDetails":"{}"}`, "", "success"},
		{"no DLP", `{"RecordType":6,"Operation":"FileDownloaded","EnforcementMode":4}`, "", ""},
	} {
		want := map[string]any{}
		for path, value := range map[string]string{"dlp.action": tt.action, "event.outcome": tt.outcome} {
			if value != "" {
				want[path] = value
			}
		}
		assert.Equal(t, want, pick(object(t, tt.text), "dlp.action", "event.outcome"), tt.name)
	}
}

func TestADLPMatchHasTheHighestSeverityOfItsRules(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		severities []string
		want       any
	}{
		{[]string{"Low", "High", "Medium"}, "High"},
		{[]string{"Low", "medium"}, "medium"},
		{[]string{"Informational"}, "Informational"},
		{[]string{"", "Odd"}, nil},
	} {
		rules := make([]string, len(tt.severities))
		for i, s := range tt.severities {
			rules[i] = rule("r", s, "Enable", "NotifyUser")
		}
		got := object(t, match("", policy("p", rules...)))
		assert.Equal(t, tt.want, dig(got, "event.severity_str"), tt.severities)
		assert.NotContains(t, got, "severity", "a number only in merged alerts")
	}
}

func TestADLPMatchNamesItsRules(t *testing.T) {
	t.Parallel()
	got := object(t, match("", policy("p", rule("a", "", "", ""), rule("b", "", "", "")), policy("q", rule("c", "", "", ""))))
	assert.Equal(t, map[string]any{
		"id": list("id of a", "id of b", "id of c"), "name": list("a", "b", "c"), "ruleset": list("p", "q"),
	}, got["rule"])
	assert.Nil(t, object(t, `{"RecordType":13}`)["rule"])

	many := make([]string, 500)
	for i := range many {
		many[i] = rule("r", "", "", "")
	}
	assert.Len(t, dig(object(t, match("", policy("p", many...))), "rule.id"), 200)
}

func TestADLPMatchCountsWhatWasDetected(t *testing.T) {
	t.Parallel()
	info := func(entries ...string) string {
		return match("", policy("p", `{"RuleName":"r","ConditionsMatched":{"SensitiveInformation":[`+strings.Join(entries, ",")+`]}}`))
	}
	many, sum := make([]string, 0, 300), 0
	for i := range 300 {
		many = append(many, fmt.Sprintf(`{"SensitiveType":"t%d","Count":%d}`, i%100, i))
		sum += i
	}
	for _, tt := range []struct {
		name, text string
		want       map[string]any
	}{
		{"none", info(), map[string]any{}},
		{"one", info(`{"SensitiveType":"t","Count":12}`), counts(1, 12, nil)},
		{"a type twice", info(`{"SensitiveType":"t","Count":12}`, `{"SensitiveType":"t","Count":3}`), counts(1, 15, nil)},
		{"two types", info(`{"SensitiveType":"t","Count":12}`, `{"SensitiveType":"u","Count":"3"}`), counts(2, 15, nil)},
		{"many", info(many...), counts(100, sum, nil)},
		{"no count", info(`{"SensitiveType":"t"}`), counts(1, 0, nil)},
		{"whole", info(`{"SensitiveType":"t","Count":1,"SensitiveInformationDetections":{"ResultsTruncated":false}}`), counts(1, 1, false)},
		{
			"cut", info(`{"SensitiveType":"t","Count":1,"SensitiveInformationDetections":{"ResultsTruncated":true}}`,
				`{"SensitiveType":"u","Count":1,"SensitiveInformationDetections":{"ResultsTruncated":false}}`), counts(2, 2, true),
		},
		{
			"on a device", `{"RecordType":63,"SensitiveInfoTypeData":[{"SensitiveInfoTypeId":"t","Count":2,"SensitiveInformationDetectionsInfo":{"ResultsTruncated":true}}]}`,
			counts(1, 2, true),
		},
		{"on a device, by its metadata", `{"RecordType":63,"EndpointMetaData":{"SensitiveInfoTypeData":[{"SensitiveInfoTypeId":"t","Count":2}]}}`, counts(1, 2, nil)},
		{"counts beyond all numbers", info(`{"SensitiveType":"t","Count":9223372036854775807}`, `{"SensitiveType":"t","Count":9223372036854775807}`), counts(1, 9223372036854775807, nil)},
	} {
		got := pick(object(t, tt.text), "dlp.sensitive_type_count", "dlp.sensitive_match_count", "dlp.results_truncated")
		assert.Equal(t, tt.want, got, tt.name)
	}
}

func counts(types, matches int, truncated any) map[string]any {
	m := map[string]any{
		"dlp.sensitive_type_count": json.Number(quotedInt(types)), "dlp.sensitive_match_count": json.Number(quotedInt(matches)),
	}
	if truncated != nil {
		m["dlp.results_truncated"] = truncated
	}
	return m
}
