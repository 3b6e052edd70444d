package normalize_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"office365/normalize"
)

func TestClassComesFromTheContentType(t *testing.T) {
	t.Parallel()
	want := map[normalize.ContentType]string{
		normalize.AuditAzureActiveDirectory: "office365_audit_azureactivedirectory",
		normalize.AuditExchange:             "office365_audit_exchange",
		normalize.AuditGeneral:              "office365_audit_general",
		normalize.AuditSharePoint:           "office365_audit_sharepoint",
		normalize.DLPAll:                    "office365_dlp_all",
	}
	assert.Len(t, normalize.ContentTypes(), len(want))
	for _, ct := range normalize.ContentTypes() {
		assert.Equal(t, want[ct], ct.Class())
	}
}

func TestParseContentTypeTakesAnyLetterCase(t *testing.T) {
	t.Parallel()
	for _, ct := range normalize.ContentTypes() {
		for _, s := range []string{string(ct), strings.ToUpper(string(ct)), strings.ToLower(string(ct))} {
			got, ok := normalize.ParseContentType(s)
			assert.True(t, ok)
			assert.Equal(t, ct, got)
		}
	}
	_, ok := normalize.ParseContentType("Audit.Everything")
	assert.False(t, ok)
}
