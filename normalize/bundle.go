package normalize

import "strconv"

// The layer's words in a bundle.
const (
	keyBundleUID    = "bundle_uid"
	keyOriginals    = "original_records"
	keyOriginalsCut = "original_records_truncated"
)

// bundleFields are the fields of the base trigger that its bundle has as well.
var bundleFields = [...]string{"CreationTime", "OrganizationId", "RecordType", "Workload", "AlertId", "Name"}

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
