package normalize

import (
	"strconv"
	"time"
)

// The layer's words in a bundle.
const (
	keyBundleUID    = "bundle_uid"
	keyOriginals    = "original_records"
	keyOriginalsCut = "original_records_truncated"
)

// bundleFields are the fields of the base trigger that its bundle has as well.
var bundleFields = [...]string{"CreationTime", "OrganizationId", "RecordType", "Workload", "AlertId", "Name"}

// Bundle makes the record that stands for all originals of a merged alert: its
// Operation has two values, so that a search for both of them together finds it.
// It goes with the events, and comes again with every revision of the alert, under
// the same Id. bundle_uid is the alert_uid of the alert.
func (n *Normalizer) Bundle(a *MergedAlert, now time.Time) *Record {
	r := &n.record
	n.begin(AuditGeneral, n.options.IndexEvents)
	raw := Raw{Bytes: n.bundleText(a)}
	raw.Length = int64(len(raw.Bytes))
	err := n.take(r, raw)
	n.times(r, a.Seen, now)
	if err != nil { // the texts were records when they were noted
		n.undecodable(raw, Source{}, err)
		return n.finish(r)
	}
	if n.options.Redact {
		n.redact()
	}
	return n.finish(r)
}

// bundleText returns the bundle as JSON.
func (n *Normalizer) bundleText(a *MergedAlert) []byte {
	text := []byte(`{"Id":`)
	text = appendQuoted(text, []byte("bundle/"+a.UID))
	text = append(text, `,"Operation":["`+operationTriggered+`","`+operationEntity+`"]`...)
	if n.take(&n.record, Raw{Bytes: []byte(a.Text)}) == nil {
		for _, name := range bundleFields {
			if v := n.record.memberJSON(name); v != "" {
				text = append(text, `,"`+name+`":`+v...)
			}
		}
	}
	text = appendQuoted(append(text, `,"`+keyBundleUID+`":`...), []byte(a.UID))
	text = strconv.AppendInt(append(text, `,"`+keyAlertRevision+`":`...), int64(a.Revision), 10)
	text = append(text, `,"`+keyOriginals+`":[`...)
	for i, original := range a.Originals {
		if i > 0 {
			text = append(text, ',')
		}
		text = append(text, original...)
	}
	text = append(text, ']')
	if a.OriginalsCut {
		text = append(text, `,"`+keyOriginalsCut+`":true`...)
	}
	return append(text, '}')
}
