package simulator

import (
	"strconv"
	"time"
)

// DLP.All: types 11, 13 and 63. The rule is spelled DLPRuleMatch
// by SharePoint and DlpRuleMatch by Exchange.
var dlpSchedule = []family{
	{write: exchangeMatch},
	{write: sharePointMatch},
	{write: endpointMatch},
	{write: exchangeMatch},
	{write: sharePointUndo},
	{write: exchangeInfo},
}

func exchangeMatch(d *draft)   { d.exchangeDLP("DlpRuleMatch") }
func exchangeInfo(d *draft)    { d.exchangeDLP("DlpInfo") }
func sharePointMatch(d *draft) { d.sharePointDLP("DLPRuleMatch") }
func sharePointUndo(d *draft)  { d.sharePointDLP("DlpRuleUndo") }

func (d *draft) incident() {
	d.guid("IncidentId")
	d.raw("SensitiveInfoDetectionIsIncluded", strconv.FormatBool(d.sp.detections))
}

func (d *draft) exchangeDLP(operation string) {
	u, id := d.user(), d.messageID()
	d.head(head{operation: operation, userKey: u.object, recordType: 13, workload: "Exchange", object: id, user: u.upn})
	d.incident()
	d.object("ExchangeMetaData")
	d.strs("MessageID", id, "From", u.upn)
	d.raw("To", `["ext@fabrikam.example","`+d.user().upn+`"]`)
	d.raw("CC", "[]")
	d.raw("BCC", "[]")
	d.strs("Subject", "Rechnung für März", "Sent", d.at.Add(-13*time.Second).Format(secondLayout))
	d.num("RecipientCount", 2)
	d.num("FileSize", d.r.between(2000, 900_000))
	d.guid("UniqueID")
	d.end()
	if operation == "DlpInfo" {
		d.object("ExceptionInfo")
		d.strs("Reason", "Override", "FalsePositive", "true", "Justification", "geprüft")
		d.end()
	}
	d.policies("Message Body", []string{"NotifyUser", "GenerateAlert"})
}

func (d *draft) sharePointDLP(operation string) {
	u := d.user()
	s, name := d.site(u), pick(&d.r, documents)
	d.head(head{
		operation: operation, userKey: "DlpAgent", userType: 4, recordType: 11, workload: s.workload,
		object: s.url + s.folder + "/" + name, user: "DlpAgent",
	})
	d.incident()
	d.object("SharePointMetaData")
	d.strs("From", u.mixedCase(), "ItemCreationTime", d.at.Add(-24*time.Hour).Format(secondLayout), "ItemLastModifiedTime", d.at.Format(secondLayout),
		"ItemLastSharedTime", "0001-01-02T00:00:00", "SiteCollectionGuid", d.stableGUID(s.url, 1), "SiteCollectionUrl", s.url)
	d.raw("SharedBy", "[null]")
	d.strs("FileName", name, "FileOwner", u.name, "FilePathUrl", s.url+s.folder+"/"+name, "FileID", d.newGUID())
	d.num("FileSize", d.r.between(2000, 900_000))
	d.guid("UniqueID")
	d.raw("IsViewableByExternalUsers", "true")
	d.raw("IsVisibleOnlyToOdbOwner", "false")
	d.end()
	d.policies(name, []string{"BlockAccess", "NotifyUser", "GenerateIncidentReport"})
}

// endpointMatch is type 63; in real tenants it comes through Audit.General too.
func endpointMatch(d *draft) {
	u, name := d.user(), pick(&d.r, documents)
	d.head(head{
		operation: "DlpRuleMatch", userKey: u.object, recordType: 63, workload: "Endpoint",
		object: `C:\Users\` + u.upn + `\Documents\` + name, user: u.upn,
	})
	d.incident()
	d.object("EndpointMetaData")
	d.strs("ApplicationName", "chrome.exe", "DeviceName", "büro-pc-"+strconv.Itoa(d.r.between(1, 99))+"."+d.g.domain, "EndpointOperation", "FileUploadedToCloud")
	d.num("EnforcementMode", d.r.between(1, 5))
	d.strs("FileExtension", extension(name), "FileType", "Document")
	d.num("FileSize", d.r.between(100, 9_000_000))
	d.raw("RMSEncrypted", "false")
	d.array("SensitiveInfoTypeData")
	d.element()
	d.num("Confidence", 85)
	d.num("Count", d.r.between(1, 9))
	d.strs("SensitiveInfoTypeId", sensitiveTypes[0].ID, "SensitiveInfoTypeName", sensitiveTypes[0].Name)
	d.end()
	d.endArray()
	d.strs("Sha256", d.newGUID()+d.newGUID()[:28], "TargetDomain", "drive.fabrikam.example", "TargetFilePath", "")
	d.end()
	d.policies(name, []string{"AuditOnly"})
}

// policies writes PolicyDetails with one rule; rule ids of 19 digits exist.
func (d *draft) policies(location string, actions []string) {
	kind := pick(&d.r, sensitiveTypes)
	count := d.r.between(1, 12)
	d.array("PolicyDetails")
	d.element()
	d.strs("PolicyId", d.stableGUID("dlp policy", 0), "PolicyName", "Kartendaten (PCI)")
	d.array("Rules")
	d.element()
	d.str("RuleId", pick(&d.r, []string{"1153800000000000001", d.stableGUID("dlp rule", 1)}))
	d.strs("RuleName", "Low volume – außerhalb", "Severity", pick(&d.r, []string{"Low", "Medium", "High"}), "RuleMode", "Enable")
	d.array("Actions")
	for i, action := range actions {
		if i > 0 {
			d.b = append(d.b, ',')
		}
		d.b = appendString(d.b, action)
	}
	d.endArray()
	d.raw("ActionParameters", `["GenerateAlert:secops@`+d.g.domain+`"]`)
	d.object("ConditionsMatched")
	d.array("SensitiveInformation")
	d.element()
	d.strs("SensitiveType", kind.ID, "SensitiveInformationTypeName", kind.Name, "Location", location, "ClassifierType", "Content")
	d.num("Confidence", 85)
	d.num("Count", count)
	d.num("UniqueCount", count)
	d.raw("SensitiveInformationDetailedClassificationAttributes", `[{"Confidence":65,"Count":1,"IsMatch":false},{"Confidence":75,"Count":1,"IsMatch":false},{"Confidence":85,"Count":1,"IsMatch":true}]`)
	if d.sp.detections {
		d.raw("SensitiveInformationDetections", `{"DetectedValues":[{"Name":"4111 1111 1111 1111","Value":"… bitte buchen Sie von 4111 1111 1111 1111 gültig bis 09/29 den Betrag von 1.250,00 € ab, Gruß …"}],"ResultsTruncated":false}`)
	}
	d.end()
	d.endArray()
	d.pairs("OtherConditions", "AccessScope", "NotInOrganization")
	d.end()
	d.strs("ManagementRuleId", d.stableGUID("dlp rule", 2), "RuleVersion", "2026-01-05T08:00:00")
	d.end()
	d.endArray()
	d.end()
	d.endArray()
}
