package normalize

import (
	"bytes"
	"slices"
)

// dlpTypes are the record types of matches of DLP policies.
var dlpTypes = [...]int{11, 13, 33, 63, 99, 100, 107}

// The words of dlp.action.
const (
	dlpBlocked = "blocked"
	dlpAllowed = "allowed" // blocked, and then overridden or undone
	dlpAudited = "audited"
)

// dlpMatch is what a DLP record says. Its slices are reused from record to
// record.
type dlpMatch struct {
	is        bool
	action    string // "" where the record does not say
	severity  Node
	score     int64
	rules     int   // that matched
	trials    int   // of these, those that only watch
	types     int64 // different types of sensitive information
	matches   int64 // the sum of their counts
	partial   bool  // the service cut its results: the counts are a floor
	toldWhole bool  // the service says whether it did

	ids, names, policies []Node
	seen                 []Node              // types so far, up to fewTypes
	more                 map[string]struct{} // types beyond
}

// fewTypes is how many types are compared one by one; a record has two or three.
const fewTypes = 16

func (m *dlpMatch) reset() {
	if cap(m.ids) > helperNames {
		*m = dlpMatch{}
	}
	*m = dlpMatch{ids: m.ids[:0], names: m.names[:0], policies: m.policies[:0], seen: m.seen[:0]}
}

func (n *Normalizer) isDLP() bool { return n.dlp.is }

// match reads a DLP record into n.dlp.
func (n *Normalizer) match() {
	m := &n.dlp
	m.reset()
	d, details := n.original(), n.field(fieldPolicyDetails)
	m.is = slices.Contains(dlpTypes[:], n.recordType) || details != 0 && d.tape.nodes[details].kind == Array
	if !m.is {
		return
	}
	blocks := n.policies(&d, details)
	if m.types == 0 {
		n.endpointTypes(&d)
	}
	switch mode := n.enforcement(&d); {
	case equalFold(n.fieldText(fieldOperation), "dlpruleundo"), n.hasException(&d):
		m.action = dlpAllowed
	case blocks:
		m.action = dlpBlocked
	case mode != "" && (m.rules == 0 || m.trials < m.rules):
		m.action = mode
	case m.rules > 0:
		m.action = dlpAudited
	}
}

// policies reads PolicyDetails, and reports whether one of the rules blocks.
func (n *Normalizer) policies(d *document, details int) (blocks bool) {
	for i := range d.items(details) {
		if name, ok := n.scalar(d, d.lookup(i, "PolicyName")); ok {
			n.dlp.policies = appendFew(n.dlp.policies, name)
		}
		for k := range d.items(d.lookup(i, "Rules")) {
			if n.rule(d, k) {
				blocks = true
			}
		}
	}
	return blocks
}

// rule reads one rule, and reports whether it blocks.
func (n *Normalizer) rule(d *document, rule int) bool {
	m := &n.dlp
	m.rules++
	if id, ok := n.scalar(d, d.lookup(rule, "RuleId")); ok {
		m.ids = appendFew(m.ids, id)
	}
	if name, ok := n.scalar(d, d.lookup(rule, "RuleName")); ok {
		m.names = appendFew(m.names, name)
	}
	if i := d.lookup(rule, "Severity"); i != 0 && d.tape.nodes[i].kind == String {
		if score, ok := severityScore(d.text(d.tape.nodes[i])); ok && score > m.score {
			m.severity, m.score = d.tape.nodes[i], score
		}
	}
	if conditions := d.lookup(rule, "ConditionsMatched"); conditions != 0 {
		for i := range d.items(d.lookup(conditions, "SensitiveInformation")) {
			n.sensitive(d, i, "SensitiveType", "SensitiveInformationDetections")
		}
	}
	if isTest(d, d.lookup(rule, "RuleMode")) {
		m.trials++
		return false
	}
	for i := range d.items(d.lookup(rule, "Actions")) {
		if v := d.tape.nodes[i]; v.kind == String && equalFold(d.text(v), "blockaccess") {
			return true
		}
	}
	return false
}

// isTest reports whether a rule only watches: TestWithNotifyUser was seen,
// Audit is in Microsoft's words for it.
func isTest(d *document, mode int) bool {
	if mode == 0 || d.tape.nodes[mode].kind != String {
		return false
	}
	text := d.text(d.tape.nodes[mode])
	return hasPrefixFold(text, "test") || hasPrefixFold(text, "audit")
}

// onDevice returns the index of a field of a match on a device: one of the
// record, or, as the schema reference has it, of its EndpointMetaData.
func (n *Normalizer) onDevice(d *document, f field) int {
	if i := n.field(f); i != 0 {
		return i
	}
	if meta := n.objectField(fieldEndpointMetaData); meta != 0 {
		return d.lookup(meta, fieldNames[f])
	}
	return 0
}

// endpointTypes counts what a match on a device found.
func (n *Normalizer) endpointTypes(d *document) {
	for i := range d.items(n.onDevice(d, fieldSensitiveInfoTypeData)) {
		n.sensitive(d, i, "SensitiveInfoTypeId", "SensitiveInformationDetectionsInfo")
	}
}

// sensitive counts one entry of sensitive information.
func (n *Normalizer) sensitive(d *document, i int, typeKey, detectionsKey string) {
	m := &n.dlp
	if v := d.lookup(i, typeKey); v != 0 && d.tape.nodes[v].kind == String && n.isNewType(d, d.tape.nodes[v]) {
		m.types++
	}
	if count, ok := whole(d, d.lookup(i, "Count")); ok && count > 0 && m.matches+count > 0 {
		m.matches += count
	}
	if v := d.lookup(i, detectionsKey); v != 0 {
		if cut := d.lookup(v, "ResultsTruncated"); cut != 0 {
			m.toldWhole = true
			m.partial = m.partial || d.tape.nodes[cut].kind == True
		}
	}
}

// isNewType reports whether a type was not there yet.
func (n *Normalizer) isNewType(d *document, v Node) bool {
	m, text := &n.dlp, d.text(v)
	for _, s := range m.seen {
		if bytes.Equal(d.text(s), text) {
			return false
		}
	}
	if len(m.seen) < fewTypes {
		m.seen = append(m.seen, v)
		return true
	}
	if m.more == nil {
		m.more = make(map[string]struct{})
	}
	if _, ok := m.more[string(text)]; ok {
		return false
	}
	m.more[string(text)] = struct{}{}
	return true
}

// enforcement is what a device did with a match, by Microsoft's numbers.
func (n *Normalizer) enforcement(d *document) string {
	switch mode, _ := whole(d, n.onDevice(d, fieldEnforcementMode)); mode {
	case 2, 4: // warn (block with override), block
		return dlpBlocked
	case 3: // warn and bypass
		return dlpAllowed
	case 1, 5: // audit, allow (audit without alerts)
		return dlpAudited
	default:
		return ""
	}
}

// hasException reports whether ExceptionInfo says anything: it is a text, or an
// object of which a member does. One with all its members empty, and
// FalsePositive false, takes nothing back.
func (n *Normalizer) hasException(d *document) bool {
	i := n.field(fieldExceptionInfo)
	if i == 0 {
		return false
	}
	if d.tape.nodes[i].kind != Object {
		return says(d.tape.nodes[i])
	}
	for k, end := i+1, d.tape.after(i); k < end; k = d.tape.next(k) {
		if d.tape.nodes[k].kind == String && says(d.tape.nodes[k+1]) {
			return true
		}
	}
	return false
}

// says reports whether a value is more than nothing or a no.
func says(v Node) bool {
	switch v.kind {
	case String, Object, Array:
		return v.Len() > 0
	default:
		return v.kind == True
	}
}

// outcome is that of the user's action: what was blocked failed.
func (m *dlpMatch) outcome() outcome {
	switch m.action {
	case dlpBlocked:
		return failure
	case dlpAllowed:
		return success
	default:
		return ""
	}
}

// writeDLP writes rule and dlp. The members of rule are lists here, for a match
// may be one of many rules; those of a merged alert, which has one policy, are
// strings. That is how the records' contract has them, and the one place where
// a field differs between alerts and the rest.
func (n *Normalizer) writeDLP() {
	l := &n.layer
	n.writeRules()
	l.key(keyDLP)
	l.open()
	n.dlpMembers()
	l.shut()
}

// writeRules writes rule.
func (n *Normalizer) writeRules() {
	l, m := &n.layer, &n.dlp
	l.key(keyRule)
	l.open()
	n.strings("id", m.ids)
	n.strings("name", m.names)
	n.strings("ruleset", m.policies)
	l.shut()
}

// dlpMembers writes what became of the matches, and how many there were.
func (n *Normalizer) dlpMembers() {
	l, m := &n.layer, &n.dlp
	if m.action != "" {
		l.word("action", m.action)
	}
	if m.types > 0 {
		l.member("sensitive_type_count", intNode(m.types))
		l.member("sensitive_match_count", intNode(m.matches))
	}
	if m.toldWhole {
		l.member("results_truncated", boolNode(m.partial))
	}
}

// strings writes a member that is a list of strings, if there are any.
func (n *Normalizer) strings(name string, values []Node) {
	if len(values) == 0 {
		return
	}
	l := &n.layer
	l.key(name)
	l.list()
	for _, v := range values {
		l.item()
		l.value(v)
	}
	l.close()
}

// appendFew appends to a list of the layer up to its limit.
func appendFew(list []Node, v Node) []Node {
	if len(list) >= helperNames {
		return list
	}
	return append(list, v)
}
