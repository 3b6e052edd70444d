package normalize

// Options are the settings that show in records. Their zero values are the
// defaults of the plugin, but for the texts.
type Options struct {
	TenantName    string // tenant_name
	TenantID      string // tenantid; no such field when empty
	ConnectorName string // msg_origin.processor.id; no such field when empty
	IndexKey      string // name of the key that the next two stand under; no such key when empty; none of LayerKeys
	IndexEvents   string // in the records that the service delivers
	IndexAlerts   string // in merged alerts
	Format        Format
	VendorFields  VendorFields
	NoFlatten     bool // no helper objects under office365
	Redact        bool // mask detected values and changed secrets, in the original fields as well
	RawText       bool // the record's own JSON text as well, in the formats that have a field for it
}

// Format is the shape of records.
type Format uint8

// The formats. FormatRaw is the original fields, msg_class and the index key;
// FormatECS is Elastic's common schema and FormatOCSF the Open Cybersecurity
// Schema Framework, both with all of the original record in their own place. What
// says where original fields go, VendorFields and NoFlatten, is for
// FormatInterflow alone, RawText for the two schemas.
const (
	FormatInterflow Format = iota
	FormatRaw
	FormatECS
	FormatOCSF
)

// VendorFields says where the original fields go.
type VendorFields uint8

// The places of the original fields.
const (
	VendorTop    VendorFields = iota // on top, beside the layer
	VendorNested                     // under office365; Operation, Id and AlertId on top as well
	VendorBoth
)

var (
	formats = [...]string{"interflow", "raw", "ecs", "ocsf"}
	places  = [...]string{"top", "nested", "both"}
)

// String returns f as the setting `format` has it.
func (f Format) String() string { return formats[f] }

// String returns v as the setting `vendor_fields` has it.
func (v VendorFields) String() string { return places[v] }
