package simulator

import (
	"strconv"
	"time"
)

// Audit.General: whatever has no content type of its own. Two
// alerts with their entities, one without, one of Defender for Cloud Apps and
// an update come round with each turn.
var generalSchedule = []family{
	{write: teamsMember},
	{sequential: true, grouped: true, write: forwardingAlert},
	{sequential: true, grouped: true, write: forwardingEntity},
	{sequential: true, grouped: true, write: forwardingSecondEntity},
	{write: eopCmdlet},
	{sequential: true, write: insights},
	{write: teamsSession},
	{write: mailThreat},
	{write: cloudAppAlert},
	{write: teamsMessage},
	{write: urlClick},
	{write: powerBI},
	{sequential: true, grouped: true, write: malwareAlert},
	{sequential: true, grouped: true, write: malwareEntity},
	{write: investigation},
	{write: fileDetection},
	{sequential: true, grouped: true, later: 40 * time.Second, write: forwardingUpdate},
	{write: yammer},
	{write: forms},
	{write: endpointMatch},
	{write: copilot},
	{write: cloudAppActivity},
	{write: teamsMember},
	{sequential: true, write: lonelyAlert},
}

func (d *draft) teams(operation string, u user) {
	d.head(head{
		operation: operation, userKey: u.object, recordType: 25, workload: "MicrosoftTeams", user: u.upn,
		object: "Unspecified",
	})
}

func teamsMember(d *draft) {
	u := d.user()
	d.teams(pick(&d.r, []string{"MemberAdded", "MemberRemoved", "MemberRoleChanged"}), u)
	d.strs("AADGroupId", d.newGUID(), "CommunicationType", "Team", "ItemName", u.upn)
	d.array("Members")
	for i := range d.r.between(1, 3) {
		other := d.user()
		d.element()
		d.str("DisplayName", other.name)
		d.num("Role", i)
		d.str("UPN", other.upn)
		d.end()
	}
	d.endArray()
	d.strs("TeamGuid", "19:"+d.newGUID()[:8]+"@thread.tacv2", "TeamName", "Vertrieb & Büro 東京")
	d.named("ExtraProperties", "Key", "Value", []string{"TimeZone", "Europe/Berlin", "OsName", "windows", "Country", "de"})
}

func teamsSession(d *draft) {
	u := d.user()
	d.teams("TeamsSessionStarted", u)
	d.str("ClientIPAddress", d.ip())
	d.str("ClientVersion", "25290205410")
	d.named("ExtraProperties", "Key", "Value", []string{"TimeZone", "America/New_York", "OsName", "mac os", "OsVersion", "15.7", "Country", "us"})
	d.raw("Members", "[]")
}

func teamsMessage(d *draft) {
	u := d.user()
	d.teams(pick(&d.r, []string{"MessageSent", "MessageEditedHasLink", "ChatCreated"}), u)
	d.strs("ChatThreadId", "19:meeting_"+d.newGUID()+"@thread.v2", "CommunicationType", "GroupChat", "MessageId", strconv.FormatInt(d.at.UnixMilli(), 10))
	d.num("MessageVersion", 1)
	d.array("MessageURLs")
	d.b = appendString(d.b, "https://www.example.com/?q=\"Zürich\"")
	d.endArray()
	d.raw("ParticipantInfo", `{"HasForeignTenantUsers":false,"HasGuestUsers":false,"HasOtherGuestUsers":false,"HasUnauthenticatedUsers":false,"ParticipatingTenantIds":["`+d.g.tenant+`"]}`)
	d.guid("ResourceTenantId")
}

// eopCmdlet is type 18: Parameters is one command line, or "".
func eopCmdlet(d *draft) {
	u := d.user()
	d.head(head{
		operation: pick(&d.r, []string{"Get-ComplianceSearch", "New-ProtectionAlert", "Set-DlpCompliancePolicy"}), userKey: u.upn, userType: 0,
		recordType: 18, workload: "SecurityComplianceCenter", user: u.upn,
	})
	d.str("ObjectId", "")
	d.guid("SecurityComplianceCenterEventType")
	d.strs("ClientApplication", "EMC", "CmdletVersion", "16.00.0.0", "EffectiveOrganization", d.g.org)
	line := `-Identity "Überwachung" -Force "True"`
	if d.r.chance(20) {
		line = ""
	}
	d.strs("NonPIIParameters", line, "Parameters", line, "StartTime", d.at.Format(secondLayout), "UserServicePlan", "")
}

func insights(d *draft) {
	u := d.user()
	d.head(head{
		operation: "GetInsightReport", userKey: u.upn, recordType: 52, workload: "SecurityComplianceCenter", user: u.upn,
	})
	d.strs("AadAppId", "80ccca67-54bd-44ab-8625-4b79c4dc7775", "DataType", "AlertAuditDetail", "DatabaseType", "Directory",
		"RelativeUrl", "/DataInsights/DataInsightsService.svc/Find/AlertAuditDetail?tenantid="+d.g.tenant+"&PageSize=200&Filter=ModelType eq 1", "ResultCount", strconv.Itoa(d.r.intn(400)))
}

func mailThreat(d *draft) {
	u := d.user()
	d.head(head{
		operation: "TIMailData", userKey: "ThreatIntel", userType: 4, recordType: 28, workload: "ThreatIntelligence",
		object: d.newGUID(), user: "ThreatIntel",
	})
	d.raw("AdditionalActionsAndResults", `["OriginalDelivery: [N/A]"]`)
	d.raw("AttachmentData", `[{"FileName":"Rechnung é.zip","FileType":"zip","FileVerdict":1,"MalwareFamily":"Trojan_Gen_FileType","SHA256":"`+d.newGUID()[:8]+`b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ac"}]`)
	d.strs("DeliveryAction", "Blocked", "DetectionMethod", "File detonation", "DetectionType", "Inline", "Directionality", "Inbound")
	d.str("EventDeepLink", "https://security.microsoft.com/?hash=/threatexplorer?messageParams="+d.newGUID())
	d.strs("InternetMessageId", d.messageID(), "MessageTime", d.at.Add(-3*time.Minute).Format("2006-01-02T15:04:05"), "NetworkMessageId", d.newGUID(),
		"OriginalDeliveryLocation", "Quarantine", "P1Sender", "bounce@fabrikam.example", "P2Sender", "buchhaltung@fabrikam.example")
	d.raw("PhishConfidenceLevel", "null")
	d.array("Recipients")
	d.b = appendString(d.b, u.upn)
	d.endArray()
	d.strs("SenderIp", d.ip(), "Subject", "Ihre Rechnung Nº "+strconv.Itoa(d.r.between(1000, 9999)), "Verdict", pick(&d.r, []string{"Phish", "Malware", "Spam"}))
}

func urlClick(d *draft) {
	u := d.user()
	d.head(head{
		operation: "TIUrlClickData", userKey: "ThreatIntel", userType: 4, recordType: 41, workload: "ThreatIntelligence",
		object: u.object, user: u.upn,
	})
	d.strs("AppName", "Mail", "AppVersion", "16.0.0000.0000", "EventDeepLink", "https://security.microsoft.com/threatexplorer")
	d.strs("SourceId", d.newGUID(), "TimeOfClick", d.at.Add(-22*time.Minute).Format("2006-01-02T15:04:05.0000000"), "Url", "http://évil.example/login?u="+u.upn,
		"UserIp", d.ip())
	d.num("UrlClickAction", 2)
}

func fileDetection(d *draft) {
	u := d.user()
	d.head(head{
		operation: "AtpDetection", userKey: "ThreatIntel", userType: 4, recordType: 47, workload: "ThreatIntelligence",
		object: d.newGUID(), user: u.upn,
	})
	d.object("FileData")
	d.strs("DocumentId", d.newGUID(), "FileName", "macro é.docm", "FilePath", "https://contoso.sharepoint.com/sites/Vertrieb Süd/macro é.docm", "FileSize", strconv.Itoa(d.r.between(1000, 999999)),
		"FileVerdict", "1", "MalwareFamily", "Exploit_HTML", "SHA256", d.newGUID()+d.newGUID()[:28])
	d.end()
	d.strs("LastModifiedBy", u.upn, "LastModifiedDate", d.at.Format(secondLayout)+"Z", "SourceWorkload", "SharePoint Online", "DetectionMethod", "ATP", "EventDeepLink", "")
}

// powerBI begins with Id and has its properties in one string.
func powerBI(d *draft) {
	u := d.user()
	d.str("Id", string(d.id))
	d.num("RecordType", 20)
	d.strs("CreationTime", d.at.Format(secondLayout), "Operation", "ViewReport", "OrganizationId", d.g.tenant)
	d.num("UserType", 0)
	d.strs("UserKey", u.puid, "Workload", "PowerBI", "UserId", u.upn, "ClientIP", d.ip(), "UserAgent", d.agent(), "Activity", "ViewReport",
		"ItemName", "Umsätze", "WorkSpaceName", "Büro", "DatasetName", "Umsätze", "ReportName", "Umsätze")
	d.raw("IsSuccess", "true")
	d.text("OperationProperties", func() { d.strs("DistributionMethod", "Workspace", "ConsumptionMethod", "Power BI Web") })
	d.strs("RequestId", d.newGUID(), "ActivityId", d.newGUID())
}

// yammer has 13-digit numbers and a result in capitals.
func yammer(d *draft) {
	u := d.user()
	d.head(head{
		operation: "MessageCreated", result: "TRUE", userKey: u.upn, recordType: 22, workload: "Yammer",
		ip: d.ip(), object: "1655" + strconv.Itoa(d.r.between(100_000_000, 999_999_999)), user: u.upn,
	})
	d.num("ActorYammerUserId", 1_496_550_000_000+d.r.intn(999_999))
	d.str("ActorUserId", u.upn)
	d.num("MessageId", 1_655_000_000_000+d.r.intn(999_999_999))
	d.num("YammerNetworkId", 5_846_122_497)
	d.str("VersionId", "")
}

func forms(d *draft) {
	u := d.user()
	d.head(head{
		operation: pick(&d.r, []string{"ViewForm", "SubmitResponse", "EditForm"}), userKey: u.puid, recordType: 66, workload: "MicrosoftForms",
		ip: d.ip(), user: u.upn,
	})
	d.strs("FormId", "v4j5cvGGr0GRqy180BHbR"+d.newGUID()[:8], "FormName", "\n\n", "SourceApp", "MS Office 365 Forms", "ActivityParameters", `{"ResponseId":"1","ResponderId":"`+u.upn+`"}`)
	d.raw("FormTypes", `["Form","Quiz"]`)
}

func copilot(d *draft) {
	u := d.user()
	d.head(head{
		operation: "CopilotInteraction", userKey: u.object, recordType: 261, workload: "Copilot", ip: d.ip(), user: u.upn,
	})
	d.str("ClientRegion", "de")
	d.object("CopilotEventData")
	d.str("AppHost", pick(&d.r, []string{"Word", "Teams", "BizChat"}))
	d.array("AccessedResources")
	for range d.r.intn(3) {
		d.element()
		d.strs("Action", "Read", "ID", d.newGUID(), "Name", pick(&d.r, documents), "SiteUrl", "https://contoso.sharepoint.com/sites/Vertrieb Süd/", "Type", "File")
		d.end()
	}
	d.endArray()
	d.raw("Contexts", `[{"Id":"https://contoso.sharepoint.com/x","Type":"docx"}]`)
	d.raw("Messages", `[{"Id":"1715186983849","isPrompt":true},{"Id":"1715186984291","isPrompt":false}]`)
	d.str("ThreadId", "19:"+d.newGUID()+"@thread.v2")
	d.end()
}

// cloudAppActivity is type 98, with an ObjectId of 24 hex digits and a null.
func cloudAppActivity(d *draft) {
	u := d.user()
	d.head(head{
		operation: "MCASAlert", result: "New", userKey: u.upn, userType: 4, recordType: 98, workload: "MCASAlerts",
		object: hexID(d), user: u.upn,
	})
	d.raw("AssignedTo", "null")
	d.raw("ClientIPs", `["`+d.ip4()+`","FE80::1"]`)
	d.raw("ActionScore", "26.0")
	d.strs("Description", "Aktivität aus einem seltenen Land", "AlertUri", "https://portal.cloudappsecurity.example/#/alerts/"+hexID(d))
}

func hexID(d *draft) string {
	id := d.newGUID()
	return id[:8] + id[9:13] + id[24:]
}

// investigation is an automated investigation of about 17 KB whose Data has the
// key QueryTime twice, in two forms.
func investigation(d *draft) {
	d.head(head{
		operation: "AirInvestigationData", userKey: "AirInvestigation", userType: 4, recordType: 64, workload: "AirInvestigation",
		object: d.newGUID(), user: "AirInvestigation",
	})
	d.array("Actions")
	d.b = appendString(d.b, `{"$id":"1","ActionId":"urn:EmailZapper:`+d.newGUID()+`","ActionType":"EmailRemediation","ActionStatus":"Pending"}`)
	d.endArray()
	d.text("Data", d.investigationData)
	d.strs("DeepLinkUrl", "https://security.microsoft.com/airinvestigation", "EndTimeUtc", "0001-01-01T00:00:00", "InvestigationId", "urn:SubmissionInvestigation:"+d.newGUID()[:12],
		"InvestigationName", "Phish reported by user – "+d.user().name, "InvestigationType", "UserSubmission", "LastUpdateTimeUtc", d.at.Format(secondLayout),
		"StartTimeUtc", d.at.Add(-time.Hour).Format(secondLayout), "Status", "Investigation Started")
}

func (d *draft) investigationData() {
	d.strs("Version", "3.0", "VendorName", "Microsoft", "ProviderName", "OATP", "AlertType", "8e6ba277-ef39-404e-aaf1-294f6d9a2b88")
	d.array("Entities")
	start := len(d.b)
	for number := 1; len(d.b)-start < 14_000; number++ {
		d.element()
		d.str("$id", strconv.Itoa(number))
		d.strs("Recipient", d.user().upn, "Sender", "absender@fabrikam.example", "SenderIP", d.ip(), "P2Sender", "absender@fabrikam.example", "ReceivedDate", d.at.Format(secondLayout))
		d.strs("NetworkMessageId", d.newGUID(), "InternetMessageId", d.messageID(), "Subject", "Prüfung der Rechnung №", "QueryTime", d.at.Format("2006-01-02T15:04:05.0000000Z"))
		d.str("QueryTime", d.at.Format("1/2/2006 3:04:05 PM"))
		d.strs("AntispamDirection", "Inbound", "DeliveryAction", "Delivered", "DeliveryLocation", "Inbox", "Language", "de", "Type", "mailMessage")
		d.end()
	}
	d.endArray()
	d.str("LogCreationTime", d.at.Format("2006-01-02T15:04:05.0000000Z"))
}
