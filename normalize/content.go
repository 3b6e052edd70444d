package normalize

import "strings"

// ContentType is the content type of a blob, in Microsoft's spelling. It, and
// not a record's Workload or RecordType, decides the class of a record.
type ContentType string

// The content types that the Management Activity API offers; it refuses any
// other with AF20020.
const (
	AuditAzureActiveDirectory ContentType = "Audit.AzureActiveDirectory"
	AuditExchange             ContentType = "Audit.Exchange"
	AuditGeneral              ContentType = "Audit.General"
	AuditSharePoint           ContentType = "Audit.SharePoint"
	DLPAll                    ContentType = "DLP.All"
)

// ContentTypes returns all content types, always in the same order. The slice
// is the caller's.
func ContentTypes() []ContentType {
	return []ContentType{AuditAzureActiveDirectory, AuditExchange, AuditGeneral, AuditSharePoint, DLPAll}
}

// ParseContentType finds the content type that s names in any letter case.
func ParseContentType(s string) (ContentType, bool) {
	for _, c := range ContentTypes() {
		if strings.EqualFold(string(c), s) {
			return c, true
		}
	}
	return "", false
}

// Class returns the msg_class of the records of c: office365_audit_general for
// Audit.General. A content type that is none of the five gets its name in the
// same form, so that its records can still be told apart.
func (c ContentType) Class() string {
	return "office365_" + strings.ToLower(strings.ReplaceAll(string(c), ".", "_"))
}
