package simulator

import "strings"

// ContentType is one of the five content types of the API. The simulator
// spells them out itself: it must not depend on the code that it tests.
type ContentType string

// The content types.
const (
	AuditAzureActiveDirectory ContentType = "Audit.AzureActiveDirectory"
	AuditExchange             ContentType = "Audit.Exchange"
	AuditGeneral              ContentType = "Audit.General"
	AuditSharePoint           ContentType = "Audit.SharePoint"
	DLPAll                    ContentType = "DLP.All"
)

// ContentTypes returns all five.
func ContentTypes() []ContentType {
	return []ContentType{AuditAzureActiveDirectory, AuditExchange, AuditGeneral, AuditSharePoint, DLPAll}
}

// index is the place in ContentTypes, or -1. Values are case-sensitive on the wire.
func (ct ContentType) index() int {
	for i, known := range ContentTypes() {
		if known == ct {
			return i
		}
	}
	return -1
}

// idPart is the content type as it stands in content ids, e.g. Audit_SharePoint.
func (ct ContentType) idPart() string { return strings.ReplaceAll(string(ct), ".", "_") }
