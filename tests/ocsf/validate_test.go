package ocsf_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/tests/ocsf"
)

// base is an event without a fault, with objects, lists, an enum and a constraint
// in it.
const base = `{
	"class_uid": 6003, "category_uid": 6, "activity_id": 2, "type_uid": 600302, "severity_id": 1, "time": 1772446195000, "status_id": 1,
	"metadata": {"version": "1.8.0", "product": {"name": "Microsoft 365", "vendor_name": "Microsoft"}, "profiles": ["cloud"], "uid": "a"},
	"cloud": {"provider": "Microsoft 365"},
	"actor": {"user": {"name": "alice", "email_addr": "alice@contoso.example", "type_id": 1}},
	"api": {"operation": "Get-Mailbox", "service": {"name": "Exchange"}},
	"src_endpoint": {"ip": "203.0.113.7", "port": 52378},
	"http_request": {"user_agent": "curl", "url": {"url_string": "https://contoso.example/", "category_ids": [1]}},
	"observables": [{"name": "src_endpoint.ip", "type_id": 2, "value": "203.0.113.7"}],
	"unmapped": {"Anything": [{"goes": null}]}
}`

// with returns the base event after a change.
func with(t *testing.T, change func(event map[string]any)) []byte {
	t.Helper()
	event := map[string]any{}
	d := json.NewDecoder(strings.NewReader(base))
	d.UseNumber()
	require.NoError(t, d.Decode(&event))
	change(event)
	text, err := json.Marshal(event)
	require.NoError(t, err)
	return text
}

// set puts a value at a path of keys; nil takes the key away.
func set(path string, value any) func(map[string]any) {
	return func(o map[string]any) {
		keys := strings.Split(path, ".")
		last := len(keys) - 1
		for _, key := range keys[:last] {
			inner, _ := o[key].(map[string]any)
			if inner == nil {
				inner = map[string]any{}
				o[key] = inner
			}
			o = inner
		}
		if value == nil {
			delete(o, keys[last])
			return
		}
		o[keys[last]] = value
	}
}

// problem is a path and what is wrong there.
type problem struct {
	path string
	kind ocsf.Kind
}

func problems(event []byte) []problem {
	var all []problem
	for _, p := range ocsf.Validate(event) {
		all = append(all, problem{p.Path, p.Kind})
	}
	return all
}

type (
	object = map[string]any
	list   = []any
)

func TestAnEventWithoutFaultHasNoProblem(t *testing.T) {
	t.Parallel()
	assert.Empty(t, ocsf.Validate([]byte(base)))
}

// checkFaults changes one thing at a time, and wants the one problem that it is.
func checkFaults(t *testing.T, kind ocsf.Kind, faults map[string]any) {
	t.Helper()
	for path, value := range faults {
		assert.Equal(t, []problem{{path, kind}}, problems(with(t, set(path, value))), "%s is %v", path, value)
	}
}

func TestAttributesThatTheClassDoesNotHaveAreFound(t *testing.T) {
	t.Parallel()
	checkFaults(t, ocsf.UnknownAttribute, map[string]any{
		"Operation": "Get-Mailbox", "index": "alerts", "metadata.log": "x", "actor.user.mail": "x", "evidences": list{}, "http_request.url.Path": "x",
	})
}

func TestRequiredAttributesThatAreMissingAreFound(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"time", "severity_id", "activity_id", "category_uid", "type_uid", "actor", "api", "src_endpoint", "metadata.product", "api.operation"} {
		assert.Equal(t, []problem{{path, ocsf.MissingAttribute}}, problems(with(t, set(path, nil))))
	}
}

func TestValuesOfAnotherTypeAreFound(t *testing.T) {
	t.Parallel()
	checkFaults(t, ocsf.WrongType, map[string]any{
		"time": "2026-03-02T10:01:24Z", "severity_id": "1", "severity": 1, "status_detail": true, "actor.user": "alice", "api.operation": 7,
		"src_endpoint.port": "52378", "metadata.uid": object{}, "src_endpoint.ip": 3405803783, "metadata.is_truncated": "true", "duration": 1.5,
		"raw_data_size": "0",
	})
	assert.Equal(t, []problem{{"message", ocsf.WrongType}}, problems([]byte(strings.Replace(base, "{", `{"message": null,`, 1))))
}

func TestWordsThatAreNotThoseOfTheirIDsAreFound(t *testing.T) {
	t.Parallel()
	checkFaults(t, ocsf.WrongCaption, map[string]any{
		"class_name": "Authentication", "category_name": "Findings", "activity_name": "Update", "severity": "High", "status": "Failure",
	})
	assert.Equal(t, []problem{{"observables[0].type", ocsf.WrongCaption}}, problems(with(t, set("observables", list{
		object{"name": "src_endpoint.ip", "type_id": 2, "type": "Hostname"}, object{"name": "api", "type_id": 99, "type": "anything"},
	}))))
	for path, right := range map[string]string{"class_name": "API Activity", "activity_name": "Read", "severity": "Informational", "status": "Success"} {
		assert.Empty(t, problems(with(t, set(path, right))), path)
	}
}

func TestTextsOfAnotherFormAreFound(t *testing.T) {
	t.Parallel()
	checkFaults(t, ocsf.WrongForm, map[string]any{
		"src_endpoint.ip": "203.0.113.7:52378", "actor.user.email_addr": "alice", "src_endpoint.mac": "00-11", "actor.session.uuid": "12",
	})
}

func TestNumbersOutOfRangeAreFound(t *testing.T) {
	t.Parallel()
	checkFaults(t, ocsf.WrongForm, map[string]any{
		"src_endpoint.port": 65536, "count": int64(1) << 31, "time": json.Number("9223372036854775808"),
	})
}

func TestListsAndSingleValuesAreToldApart(t *testing.T) {
	t.Parallel()
	checkFaults(t, ocsf.WrongShape, map[string]any{
		"metadata.labels": "x", "observables": object{"name": "api", "type_id": 2}, "src_endpoint.ip": list{"203.0.113.7"},
		"actor": list{object{"app_name": "x"}}, "http_request.url.category_ids": 1,
	})
	assert.Equal(t, []problem{{"metadata.labels[1]", ocsf.WrongType}}, problems(with(t, set("metadata.labels", list{"a", 1}))))
}

func TestValuesThatAreNotOfTheEnumAreFound(t *testing.T) {
	t.Parallel()
	checkFaults(t, ocsf.WrongEnum, map[string]any{"severity_id": 7, "actor.user.type_id": 12, "status_id": 98})
	assert.Equal(t, []problem{{"http_request.url.category_ids[1]", ocsf.WrongEnum}},
		problems(with(t, set("http_request.url.category_ids", list{1, 2}))))
}

func TestBrokenConstraintsAreFound(t *testing.T) {
	t.Parallel()
	checkFaults(t, ocsf.BrokenConstraint, map[string]any{
		"actor.user": object{"type_id": 1}, "src_endpoint": object{"port": 1}, "api.service": object{"version": "1"},
	})
	signIn := func(more string) []byte {
		return []byte(`{"class_uid": 3002, "category_uid": 3, "activity_id": 1, "type_uid": 300201, "severity_id": 1, "time": 1,
			"metadata": {"version": "1.8.0", "product": {"name": "x", "vendor_name": "y"}}, "user": {"uid": "a"}` + more + `}`)
	}
	assert.Equal(t, []problem{{"", ocsf.BrokenConstraint}}, problems(signIn("")))
	assert.Empty(t, problems(signIn(`,"service":{"name":"x"}`)))

	finding := func(weakness string) []byte {
		return []byte(`{"class_uid": 2004, "category_uid": 2, "activity_id": 1, "type_uid": 200401, "severity_id": 1, "time": 1,
			"metadata": {"version": "1.8.0", "product": {"name": "x", "vendor_name": "y"}}, "finding_info": {"uid": "a"},
			"vulnerabilities": [{` + weakness + `}]}`)
	}
	for weakness, want := range map[string][]problem{
		`"cwe":{"uid":"1"}`: nil,
		`"title":"x"`:       {{"vulnerabilities[0]", ocsf.BrokenConstraint}},
		`"cwe":{"uid":"1"},"cve":{"uid":"CVE-1"}`: {{"vulnerabilities[0]", ocsf.BrokenConstraint}},
	} {
		assert.Equal(t, want, problems(finding(weakness)), weakness)
	}
}

func TestAttributesOfAProfileCountOnlyUnderIt(t *testing.T) {
	t.Parallel()
	undeclared := set("metadata.profiles", nil)
	assert.Equal(t, []problem{{"cloud", ocsf.UnknownAttribute}}, problems(with(t, undeclared)))
	assert.Empty(t, problems(with(t, func(event map[string]any) {
		undeclared(event)
		set("cloud", nil)(event)
	})), "required under its profile alone")
	assert.Equal(t, []problem{{"cloud", ocsf.MissingAttribute}}, problems(with(t, set("cloud", nil))))

	assert.Equal(t, []problem{{"action_id", ocsf.UnknownAttribute}}, problems(with(t, set("action_id", 2))))
	assert.Empty(t, problems(with(t, func(event map[string]any) {
		set("action_id", 2)(event)
		set("metadata.profiles", list{"cloud", "security_control"})(event)
	})))
	assert.Equal(t, []problem{{"osint", ocsf.MissingAttribute}}, problems(with(t, set("metadata.profiles", list{"cloud", "osint"}))))
	assert.Equal(t, []problem{{"metadata.profiles[1]", ocsf.UnknownProfile}}, problems(with(t, set("metadata.profiles", list{"cloud", "clouds"}))))
}

func TestIdsThatDoNotFitEachOtherAreFound(t *testing.T) {
	t.Parallel()
	checkFaults(t, ocsf.WrongTypeUID, map[string]any{"type_uid": 600303})
	assert.Equal(t, []problem{{"type_uid", ocsf.WrongEnum}, {"type_uid", ocsf.WrongTypeUID}}, problems(with(t, set("type_uid", 300302))))
	assert.Equal(t, []problem{{"category_uid", ocsf.WrongEnum}, {"category_uid", ocsf.WrongCategory}}, problems(with(t, set("category_uid", 3))))
	checkFaults(t, ocsf.WrongVersion, map[string]any{"metadata.version": "1.7.0"})
}

func TestAnEventOfNoClassIsFound(t *testing.T) {
	t.Parallel()
	checkFaults(t, ocsf.UnknownClass, map[string]any{"class_uid": 6004})
	checkFaults(t, ocsf.UnknownClass, map[string]any{"class_uid": "6003"})
	for _, text := range []string{"", "null", "[]", "7", "{", `"x"`, base + "{}", `{"a":`, `{"a":[1`} {
		assert.Equal(t, []problem{{"", ocsf.NotJSON}}, problems([]byte(text)), text)
	}
}

func TestNamesThatComeTwiceAreFound(t *testing.T) {
	t.Parallel()
	assert.Equal(t, []problem{{"status_id", ocsf.TwiceThere}}, problems([]byte(strings.Replace(base, "{", `{"status_id": 1, `, 1))))
	assert.Equal(t, []problem{{"actor.user.name", ocsf.TwiceThere}},
		problems([]byte(strings.Replace(base, `"name": "alice"`, `"name": "alice", "name": "bob"`, 1))))
	assert.Empty(t, problems([]byte(strings.Replace(base, `"goes": null`, `"goes": null, "goes": 1`, 1))), "where anything goes")
}

func TestObservablesHaveToLeadToAnAttribute(t *testing.T) {
	t.Parallel()
	named := func(name string) []problem {
		return problems(with(t, set("observables", list{object{"name": name, "type_id": 2, "value": "x"}})))
	}
	for _, name := range []string{"actor.user.name", "http_request.url.category_ids[0]", "metadata.tags[].name", "metadata.tags.name", "api", "unmapped.Any.thing"} {
		assert.Empty(t, named(name), name)
	}
	for _, name := range []string{"Operation", "actor.user.mail", "time.x", "api[0]", "metadata.tags[0", "action", ""} {
		assert.Equal(t, []problem{{"observables[0].name", ocsf.WrongObservable}}, named(name), name)
	}
}

func TestAProblemSaysWhereItIs(t *testing.T) {
	t.Parallel()
	found := ocsf.Validate(with(t, set("severity_id", 7)))
	require.Len(t, found, 1)
	assert.Equal(t, "severity_id: value not of the enum: 7", found[0].String())
}

func TestAttributesAreThoseOfTheClass(t *testing.T) {
	t.Parallel()
	name, attributes := ocsf.Attributes(2006)
	assert.Equal(t, "data_security_finding", name)
	assert.Contains(t, attributes, "finding_info")
	name, attributes = ocsf.Attributes(1)
	assert.Empty(t, name)
	assert.Empty(t, attributes)
}
