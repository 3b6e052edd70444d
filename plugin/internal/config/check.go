package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"office365/normalize"
)

// check looks at what must hold between settings, fills in what follows from
// others, and warns of what works but is likely not meant.
func (p *parser) check() {
	p.checkCredential()
	p.checkSizes()
	p.checkTimes()
	p.checkIndexKey()
	p.derive()
	p.warnings = append(p.warnings, p.doubts()...)
}

func (p *parser) checkSizes() {
	if p.good("batch_size", "buffer_size") && p.s.BufferBytes < 2*p.s.BatchBytes {
		p.problem("buffer_size", formatSize(p.s.BufferBytes),
			fmt.Sprintf("is less than twice batch_size %s; use at least %s", formatSize(p.s.BatchBytes), formatSize(2*p.s.BatchBytes)))
	}
	if p.good("max_record_size", "buffer_size") && p.s.MaxRecordBytes > p.s.BufferBytes {
		p.problem("max_record_size", formatSize(p.s.MaxRecordBytes),
			fmt.Sprintf("is more than buffer_size %s; use at most that", formatSize(p.s.BufferBytes)))
	}
}

func (p *parser) checkTimes() {
	if p.s.Dedup && p.good("dedup_window", "overlap", "dedup") && p.s.DedupWindow < p.s.Overlap {
		p.problem("dedup_window", formatDuration(p.s.DedupWindow),
			fmt.Sprintf("is shorter than overlap %s; use at least that", formatDuration(p.s.Overlap)))
	}
	if p.good("alert_merge_ttl", "alert_merge_wait") && p.s.AlertMergeTTL < p.s.AlertMergeWait {
		p.problem("alert_merge_ttl", formatDuration(p.s.AlertMergeTTL),
			fmt.Sprintf("is shorter than alert_merge_wait %s; use at least that", formatDuration(p.s.AlertMergeWait)))
	}
}

// checkIndexKey looks for the key among those of the format; parseIndexKey knows
// those of the default.
func (p *parser) checkIndexKey() {
	if p.s.Format == FormatECS && p.good("format", "index_key") && slices.Contains(normalize.ECSKeys(), p.s.IndexKey) {
		p.problem("index_key", strconv.Quote(p.s.IndexKey), "is a field of records in format ecs; use another name")
	}
}

func (p *parser) derive() {
	c := clouds[p.s.Plan]
	for _, d := range []struct {
		to   *string
		from string
	}{
		{&p.s.APIURL, c.api},
		{&p.s.Authority, c.authority},
		{&p.s.PublisherID, p.s.TenantID},
		{&p.s.TenantName, p.s.TenantID},
	} {
		if *d.to == "" {
			*d.to = d.from
		}
	}
}

// doubts are the warnings.
func (p *parser) doubts() []string {
	var w []string
	if p.s.Interval < time.Minute {
		w = append(w, fmt.Sprintf("interval %s is under 1m: content appears minutes to hours after the event, so this costs quota and gains little", formatDuration(p.s.Interval)))
	}
	if !p.s.TLSVerify {
		w = append(w, "tls_verify is off: anyone on the way can read the secret and the records; use ca_file instead")
	}
	if p.s.DB == "" && p.good("db") {
		w = append(w, "db is not set: the position lives in memory, and a restart begins at start_from "+p.s.StartFrom.String()+" again")
	}
	if p.s.StartFrom.Kind == StartBack && p.s.StartFrom.Back > retention {
		w = append(w, fmt.Sprintf("start_from %s is more than the 7 days that the API keeps: collection begins 7 days back", p.s.StartFrom))
	}
	if guidPattern.MatchString(strings.ToLower(p.s.ClientSecret.Reveal())) {
		w = append(w, "client_secret has the form of a GUID: Entra shows an ID and a Value for each secret, and the Value is needed")
	}
	return append(w, p.withoutEffect()...)
}

// withoutEffect are the warnings about settings that the format has no use for.
func (p *parser) withoutEffect() []string {
	var w []string
	note := func(setting, why string) {
		w = append(w, fmt.Sprintf("%s has no effect in format %s: %s", setting, p.s.Format, why))
	}
	if p.s.Format.isSchema() {
		if p.s.VendorFields != VendorTop {
			note("vendor_fields "+string(p.s.VendorFields), "the original fields have a place of their own there")
		}
		if !p.s.Flatten && p.s.Format == FormatOCSF {
			note("flatten off", "it has none of these objects")
		}
	} else if p.s.RawText {
		note("raw on", "the original fields are in the record as they came")
	}
	return w
}
