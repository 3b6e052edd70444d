package config

// Format is the shape of emitted records.
type Format string

// The formats, as package normalize describes them.
const (
	FormatInterflow Format = "interflow"
	FormatRaw       Format = "raw"
)

var formats = []Format{FormatInterflow, FormatRaw}

// VendorFields says where the original fields of a record go.
type VendorFields string

// The places of the original fields, as package normalize describes them.
const (
	VendorTop    VendorFields = "top"
	VendorNested VendorFields = "nested"
	VendorBoth   VendorFields = "both"
)

var vendorFields = []VendorFields{VendorTop, VendorNested, VendorBoth}

// AlertUpdates says what becomes of entities that come after their alert.
type AlertUpdates string

// What becomes of late entities.
const (
	UpdatesRevise AlertUpdates = "revise" // the alert is emitted again, with the same alert_uid
	UpdatesOnce   AlertUpdates = "once"   // they stay in the originals
	UpdatesOff    AlertUpdates = "off"    // nothing is merged
)

var alertUpdates = []AlertUpdates{UpdatesRevise, UpdatesOnce, UpdatesOff}
