package config

import "office365/normalize"

// Format is the shape of emitted records.
type Format string

// The formats, as package normalize describes them.
const (
	FormatInterflow Format = "interflow"
	FormatRaw       Format = "raw"
	FormatECS       Format = "ecs"
	FormatOCSF      Format = "ocsf"
)

var formats = []Format{FormatInterflow, FormatRaw, FormatECS, FormatOCSF}

// isSchema reports whether f is a schema with a place of its own for the original
// record.
func (f Format) isSchema() bool { return f == FormatECS || f == FormatOCSF }

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

// RecordOptions are the settings that show in records, for all that make some.
func (s Settings) RecordOptions() normalize.Options {
	return normalize.Options{
		TenantName:    s.TenantName,
		TenantID:      s.RecordTenantID,
		ConnectorName: s.ConnectorName,
		IndexKey:      s.IndexKey,
		IndexEvents:   s.IndexEvents,
		IndexAlerts:   s.IndexAlerts,
		Format:        normalizeFormat[s.Format],
		VendorFields:  normalizeVendor[s.VendorFields],
		NoFlatten:     !s.Flatten,
		Redact:        s.Redact,
		RawText:       s.RawText,
	}
}

// The words of the settings as package normalize has them.
var (
	normalizeFormat = map[Format]normalize.Format{
		FormatInterflow: normalize.FormatInterflow,
		FormatRaw:       normalize.FormatRaw,
		FormatECS:       normalize.FormatECS,
		FormatOCSF:      normalize.FormatOCSF,
	}
	normalizeVendor = map[VendorFields]normalize.VendorFields{
		VendorTop:    normalize.VendorTop,
		VendorNested: normalize.VendorNested,
		VendorBoth:   normalize.VendorBoth,
	}
	normalizeUpdates = map[AlertUpdates]normalize.AlertUpdates{
		UpdatesRevise: normalize.ReviseAlerts,
		UpdatesOnce:   normalize.AlertsOnce,
		UpdatesOff:    normalize.AlertsUnmerged,
	}
)

// MergeOptions are the settings of the alert merge.
func (s Settings) MergeOptions() normalize.MergeOptions {
	return normalize.MergeOptions{
		Updates:       normalizeUpdates[s.AlertUpdates],
		Wait:          s.AlertMergeWait,
		TTL:           s.AlertMergeTTL,
		MaxEntities:   s.AlertMaxEntities,
		StatusUpdates: s.AlertStatusUpdates,
		Bundle:        s.OriginalBundle,
	}
}
