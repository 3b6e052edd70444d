package normalize

// recordTypeAlerts is the RecordType of alerts, by management-activity-api 6.8.
const recordTypeAlerts = 40

// data writes the object that stands as JSON in the Data of an alert, under
// office365.data. Other records have a Data of other forms, with other types.
// What the keys mean is Microsoft's own; all of their values are strings here,
// in almost all of them there too.
func (n *Normalizer) data() {
	text := n.fieldText(fieldData)
	if len(text) == 0 || n.field(fieldAlertID) == 0 && n.recordType != recordTypeAlerts {
		return
	}
	d, ok := n.parseInner(text)
	if !ok || d.tape.nodes[0].kind != Object {
		return
	}
	n.pairs.reset()
	n.collectMembers(&d, 0)
	n.writePairs("data")
}
