package corpus

// family is one kind of record. Its template is JSON with $names for what
// differs from record to record.
type family struct {
	contentType string
	weight      int
	template    string
}

const (
	entra      = "Audit.AzureActiveDirectory"
	exchange   = "Audit.Exchange"
	sharePoint = "Audit.SharePoint"
	general    = "Audit.General"
	dlp        = "DLP.All"

	tenant = "0aa0aaaa-1111-2222-3333-444455556666"
)

// head is the common schema in the order in which the service writes it.
func head(operation, recordType, status, workload, rest string) string {
	if status != "" {
		status = `"ResultStatus":"` + status + `",`
	}
	return `{"CreationTime":"$time","Id":"$guid","Operation":"` + operation + `","OrganizationId":"` + tenant + `","RecordType":` + recordType + `,` +
		status + `"UserKey":"$puid","UserType":0,"Version":1,"Workload":"` + workload + `",` + rest + `}`
}

var families = []family{
	{entra, 100, head("UserLoggedIn", "15", "Success", "AzureActiveDirectory", signIn+`,"ErrorNumber":"0"`)},
	{entra, 15, head("UserLoginFailed", "15", "Success", "AzureActiveDirectory", signIn+`,"ErrorNumber":"500121","LogonError":"AuthenticationFailedSasError"`)},
	{entra, 40, head("Update user.", "8", "Success", "AzureActiveDirectory", directoryChange)},
	{exchange, 90, head("$cmdlet", "1", "True", "Exchange", exchangeAdmin)},
	{exchange, 60, head("HardDelete", "3", "Succeeded", "Exchange", mailbox)},
	{exchange, 45, head("MailItemsAccessed", "50", "Succeeded", "Exchange", mailItemsAccessed)},
	{sharePoint, 240, head("$operation", "6", "", "OneDrive", file)},
	{sharePoint, 40, head("SharingSet", "14", "", "SharePoint", file+sharing)},
	{dlp, 20, head("DlpRuleMatch", "13", "", "Exchange", dlpExchange)},
	{dlp, 15, head("DLPRuleMatch", "11", "", "OneDrive", dlpSharePoint)},
	{dlp, 25, head("FileCopiedToRemovableMedia", "63", "", "Endpoint", dlpEndpoint)},
	{general, 15, head("AlertTriggered", "40", "Succeeded", "SecurityComplianceCenter", alertTriggered)},
	{general, 20, head("AlertEntityGenerated", "40", "Succeeded", "SecurityComplianceCenter", alertEntity)},
	{general, 60, head("MemberAdded", "25", "", "MicrosoftTeams", teams)},
	{general, 15, head("TIMailData", "28", "", "ThreatIntelligence", threatMail)},
	{general, 5, head("TIUrlClickData", "41", "", "ThreatIntelligence", threatURL)},
	{general, 5, head("AtpDetection", "47", "", "ThreatIntelligence", atpFile)},
	{general, 3, head("AirInvestigationData", "64", "", "AirInvestigation", investigation)},
	{general, 10, head("Cloud Discovery anomaly detection", "98", "New", "MicrosoftDefenderForCloudApps", cloudApps)},
	{general, 110, head("SearchMtpStatus", "52", "", "SecurityComplianceCenter", insights)},
	{general, 35, head("Set-RetentionCompliancePolicy", "18", "Success", "SecurityComplianceCenter", complianceCmdlet)},
	{general, 20, powerBI},
	{general, 10, head("MessageViewed", "22", "TRUE", "Yammer", yammer)},
	{general, 10, head("ListForms", "66", "", "MicrosoftForms", forms)},
}

const (
	signIn = `"ClientIP":"$ip","ObjectId":"00000003-0000-0ff1-ce00-000000000000","UserId":"$upn","AzureActiveDirectoryEventType":1,` +
		`"ExtendedProperties":[{"Name":"ResultStatusDetail","Value":"Success"},{"Name":"UserAgent","Value":"$agent"},` +
		`{"Name":"UserAuthenticationMethod","Value":"1"},{"Name":"RequestType","Value":"OAuth2:Authorize"}],"ModifiedProperties":[],` +
		`"Actor":[{"ID":"$guid","Type":0},{"ID":"$upn","Type":5}],"ActorContextId":"` + tenant + `","ActorIpAddress":"$ip",` +
		`"InterSystemsId":"$guid","IntraSystemId":"$guid","SupportTicketId":"","Target":[{"ID":"$guid","Type":0}],"TargetContextId":"` + tenant + `",` +
		`"ApplicationId":"$guid","DeviceProperties":[{"Name":"OS","Value":"Windows10"},{"Name":"BrowserType","Value":"Edge"},` +
		`{"Name":"IsCompliantAndManaged","Value":"False"},{"Name":"SessionId","Value":"$guid"}]`

	directoryChange = `"ClientIP":"","ObjectId":"$upn","UserId":"ServicePrincipal_$guid","AzureActiveDirectoryEventType":1,` +
		`"ExtendedProperties":[{"Name":"additionalDetails","Value":"{\"UserType\":\"Member\",\"AppId\":\"$guid\"}"},` +
		`{"Name":"extendedAuditEventCategory","Value":"User"}],"ModifiedProperties":[{"Name":"StrongAuthenticationRequirement",` +
		`"NewValue":"[\r\n  {\r\n    \"RelyingParty\": \"*\",\r\n    \"State\": 1,\r\n    \"RememberDevicesNotIssuedBefore\": \"$time7\"\r\n  }\r\n]","OldValue":"[]"},` +
		`{"Name":"Included Updated Properties","NewValue":"StrongAuthenticationRequirement","OldValue":""},` +
		`{"Name":"TargetId.UserType","NewValue":"Member","OldValue":""}],"Actor":[{"ID":"$text","Type":1},{"ID":"$guid","Type":2},` +
		`{"ID":"ServicePrincipal_$guid","Type":2},{"ID":"$guid","Type":2}],"ActorContextId":"` + tenant + `","InterSystemsId":"$guid","IntraSystemId":"$guid",` +
		`"SupportTicketId":"","Target":[{"ID":"User_$guid","Type":2},{"ID":"$guid","Type":2},{"ID":"User","Type":2},{"ID":"$upn","Type":5},{"ID":"$puid","Type":3}],` +
		`"TargetContextId":"` + tenant + `"`

	exchangeAdmin = `"ClientIP":"$ip","ObjectId":"EURPR01A001.PROD.OUTLOOK.COM\/Microsoft Exchange Hosted Organizations\/contoso.onmicrosoft.com\/$user\\$word",` +
		`"UserId":"NT AUTHORITY\\SYSTEM (Microsoft.Exchange.ServiceHost)","AppId":"","ClientAppId":"","ExternalAccess":true,` +
		`"OrganizationName":"contoso.onmicrosoft.com","OriginatingServer":"AM0PR01MB1234 (15.20.9000.000)\r\n",` +
		`"Parameters":[{"Name":"Identity","Value":"$guid"},{"Name":"ProhibitSendQuota","Value":"30 GB (32,212,254,720 bytes)"},$parameters],"SessionId":""`

	mailbox = `"ClientIP":"$ip","UserId":"$upn","AppId":"$guid","ClientAppId":"$guid","ClientIPAddress":"$ip","ClientInfoString":"Client=OWA;Action=ViaProxy",` +
		`"ExternalAccess":false,"InternalLogonType":0,"LogonType":0,"LogonUserSid":"S-1-5-21-1184461000-284746222-355440233-$n","MailboxGuid":"$guid",` +
		`"MailboxOwnerSid":"S-1-5-21-1184461000-284746222-355440233-$n","MailboxOwnerUPN":"$upn","OrganizationName":"contoso.onmicrosoft.com",` +
		`"OriginatingServer":"AM0PR01MB1234 (15.20.9000.000)\r\n","SessionId":"$guid","AffectedItems":[{"Attachments":"image001.png (8192b); $word.pdf (1b)",` +
		`"Id":"$base64$base64","InternetMessageId":"<$guid@contoso.example>","ParentFolder":{"Id":"$base64","Path":"\\Boîte de réception"},"SizeInBytes":$n,"Subject":"$text"}],` +
		`"CrossMailboxOperation":false,"Folder":{"Id":"$base64","Path":"\\Brouillons"},"ModifiedProperties":["RecipientsInternal","ItemClass"]`

	mailItemsAccessed = `"UserId":"$upn","ClientIPAddress":"$ip","ClientInfoString":"Client=MSExchangeRPC","ExternalAccess":false,"InternalLogonType":0,"LogonType":0,` +
		`"LogonUserSid":"S-1-5-21-1184461000-284746222-355440233-$n","MailboxGuid":"$guid","MailboxOwnerUPN":"$upn","OperationProperties":[` +
		`{"Name":"MailAccessType","Value":"Bind"},{"Name":"IsThrottled","Value":"False"}],"OrganizationName":"contoso.onmicrosoft.com",` +
		`"OriginatingServer":"AM0PR01MB1234 (15.20.4200.000)\r\n","SessionId":"$guid","Folders":[{"FolderItems":[$folderitems],"Id":"$base64","Path":"\\Inbox"}],"OperationCount":$digit`

	file = `"ClientIP":"$ip","ObjectId":"https:\/\/contoso-my.sharepoint.com\/personal\/${user}_contoso_example\/Documents\/$text.xlsx","UserId":"$upn",` +
		`"AppAccessContext":{"AADSessionId":"$guid","CorrelationId":"$guid","UniqueTokenId":"${puid}${puid}"},"CorrelationId":"$guid","EventSource":"SharePoint","ItemType":"File",` +
		`"ListId":"$guid","ListItemUniqueId":"$guid","Site":"$guid","UserAgent":"$agent","WebId":"$guid","HighPriorityMediaProcessing":false,` +
		`"DoNotDistributeEvent":true,"FileSizeBytes":$n,"GeoLocation":"EUR","IsManagedDevice":false,"SourceFileExtension":"xlsx",` +
		`"SiteUrl":"https:\/\/contoso-my.sharepoint.com\/personal\/${user}_contoso_example\/","SourceFileName":"$text.xlsx","SourceRelativeUrl":"Documents"`

	sharing = `,"TargetUserOrGroupName":"SharingLinks.$guid.Flexible.$guid","TargetUserOrGroupType":"SharePointGroup","EventData":"<Permissions granted>Contribute<\/Permissions granted>",` +
		`"UniqueSharingId":"$guid"`

	dlpRules = `"PolicyDetails":[{"PolicyId":"$guid","PolicyName":"Card data","Rules":[{"RuleId":"$guid","RuleName":"$word volume","Severity":"Low","RuleMode":"Enable",` +
		`"Actions":["NotifyUser","GenerateAlert"],"ActionParameters":["GenerateAlert:secops@contoso.example"],"ConditionsMatched":{"SensitiveInformation":[` +
		`{"SensitiveType":"50842eb7-edc8-4019-85dd-5a5c1f2bb085","SensitiveInformationTypeName":"Credit Card Number","Confidence":85,"Count":3,"UniqueCount":1,` +
		`"Location":"Message Body","ClassifierType":"Content","SensitiveInformationDetailedClassificationAttributes":[{"Confidence":65,"Count":1,"IsMatch":false},` +
		`{"Confidence":75,"Count":1,"IsMatch":false},{"Confidence":85,"Count":1,"IsMatch":true}],"SensitiveInformationDetections":{"DetectedValues":[$detections],` +
		`"ResultsTruncated":false}}],"OtherConditions":[{"Name":"AccessScope","Value":"NotInOrganization"}]},"ManagementRuleId":"$guid","RuleVersion":"2026-01-05T08:00:00"}]}]`

	dlpExchange = `"ObjectId":"<$guid@contoso.example>","UserId":"$upn","IncidentId":"$guid","SensitiveInfoDetectionIsIncluded":true,` +
		`"ExchangeMetaData":{"MessageID":"<$guid@contoso.example>","From":"$upn","To":["ext@elsewhere.example","$upn"],"CC":[],"BCC":[],"Subject":"$text",` +
		`"Sent":"$time","RecipientCount":2,"FileSize":$n,"UniqueID":"$guid"},` + dlpRules

	dlpSharePoint = `"ObjectId":"https://contoso-my.sharepoint.com/personal/$user/Documents/$text.docx","UserId":"MIRA.HOLT@CONTOSO.EXAMPLE","IncidentId":"$guid",` +
		`"SensitiveInfoDetectionIsIncluded":true,"SharePointMetaData":{"From":"$upn","ItemCreationTime":"$time","ItemLastModifiedTime":"$time",` +
		`"ItemLastSharedTime":"0001-01-02T00:00:00","SharedBy":[null],"SiteCollectionGuid":"$guid","SiteCollectionUrl":"https://contoso-my.sharepoint.com/personal/$user",` +
		`"FileName":"$text.docx","FileOwner":"$user","FilePathUrl":"https://contoso-my.sharepoint.com/personal/$user/Documents/$text.docx","FileID":"$guid",` +
		`"FileSize":$n,"UniqueID":"$guid","IsViewableByExternalUsers":false},` + dlpRules

	dlpEndpoint = `"ObjectId":"C:\\Users\\$user\\Documents\\$text.docx","UserId":"$upn","ClientIP":"$ip","Application":"explorer.exe","DeviceName":"pc-$n",` +
		`"DlpAuditEventMetadata":{"DlpPolicyMatchId":"$guid","EvaluationTime":"$time7"},"EnforcementMode":1,"FileExtension":"docx","FileSize":$n,"FileType":"Word",` +
		`"EndpointOperation":"CopyToRemovableMedia","Hidden":false,"MDATPDeviceId":"${puid}${puid}","Platform":1,"RMSEncrypted":false,"Sha1":"${puid}${puid}",` +
		`"Sha256":"${puid}${puid}${puid}","TargetFilePath":"E:\\$word.docx","TargetPrinterName":"","RemovableStorageDeviceAttributes":{"Manufacturer":"Generic","Model":"USB","SerialNumber":"$n"},` +
		`"SensitiveInfoTypeData":[{"SensitiveInfoTypeId":"$guid","SensitiveInfoTypeName":"Credit Card Number","Count":$digit,"Confidence":85,"SensitiveInformationDetectionsInfo":{"DetectedValues":[$detections]}}]`

	alertCommon = `"AlertId":"$alert","AlertLinks":[{"AlertLinkHref":""}],"AlertType":"System","Category":"ThreatManagement","Comments":"New alert",` +
		`"Name":"Creation of forwarding\/redirect rule` + "\u200b" + `","PolicyId":"$guid","Severity":"Informational","Source":"Office 365 Security & Compliance","Status":"Active",`

	alertTriggered = `"ObjectId":"$newalert","UserId":"SecurityComplianceAlerts",` + alertCommon +
		`"Data":"{\"f3u\":\"$upn\",\"ts\":\"$time7\",\"te\":\"$time7\",\"op\":\"MailRedirect\",\"wl\":\"Exchange\",\"tid\":\"` + tenant + `\",\"tdc\":\"1\",\"reid\":\"$guid\",` +
		`\"rid\":\"$guid\",\"cid\":\"$guid\",\"ad\":\"Someone set up forwarding -V1.0.0.5\",\"lon\":\"MailRedirect\",\"an\":\"Creation of forwarding/redirect rule\",\"sev\":\"Informational\"}"`

	alertEntity = `"ObjectId":"$upn","UserId":"SecurityComplianceAlerts",` + alertCommon + `"AlertEntityId":"$upn","EntityType":"User",` +
		`"Data":"{\"etype\":\"User\",\"eid\":\"$upn\",\"tid\":\"` + tenant + `\",\"ts\":\"$time7\",\"te\":\"$time7\",\"op\":\"MailRedirect\",\"tdc\":\"1\",\"suid\":\"$upn\",\"ut\":\"Admin\",\"lon\":\"MailRedirect\"}"`

	teams = `"ClientIP":"$ip","UserId":"$upn","CommunicationType":"Team","AADGroupId":"$guid","Members":[$members],"TeamGuid":"19:$guid@thread.tacv2","TeamName":"$text",` +
		`"ItemName":"$word","ExtraProperties":[{"Key":"TimeZone","Value":"Europe\/Zürich"},{"Key":"OsName","Value":"windows"},{"Key":"OsVersion","Value":"10"},{"Key":"Country","Value":"ch"},{"Key":"ClientName","Value":"skypeteams"}]`

	threatMail = `"ObjectId":"$guid","UserId":"ThreatIntel","AdditionalActionsAndResults":["OriginalDelivery: [N\/A]"],"AuthDetails":[{"Name":"SPF","Value":"Pass"},{"Name":"DKIM","Value":"None"},{"Name":"DMARC","Value":"Fail"}],` +
		`"DeliveryAction":"Blocked","DetectionMethod":"URL malicious reputation","DetectionType":"Inline","Directionality":"Inbound","EventDeepLink":"https:\/\/security.microsoft.com\/?hash=\/threatexplorer?messageParams=$guid",` +
		`"InternetMessageId":"<$guid@elsewhere.example>","LatestDeliveryLocation":"Quarantine","MessageTime":"$time7","NetworkMessageId":"$guid","OriginalDeliveryLocation":"Quarantine","P1Sender":"a@elsewhere.example",` +
		`"P2Sender":"b@elsewhere.example","PhishConfidenceLevel":"High","Policy":"Phish","PolicyAction":"Quarantine","Recipients":["$upn","$upn"],"SenderIp":"$ip","Subject":"$text","Verdict":"Phish","BulkComplaintLevel":$digit,"CorrelationId":$big`

	threatURL = `"ObjectId":"https:\/\/elsewhere.example\/$word?id=$n","UserId":"$upn","AppName":"Mail","AppVersion":"0.0.0000","EventDeepLink":"https:\/\/security.microsoft.com\/?hash=\/threatexplorer","SourceId":"$guid","TimeOfClick":"$time7","Url":"https:\/\/elsewhere.example\/$word?id=$n","UserIp":"$ip","UrlClickAction":2`

	atpFile = `"ObjectId":"$guid","UserId":"$upn","DetectionDate":"$time","DetectionMethod":"Atp safe attachment","EventDeepLink":"https:\/\/security.microsoft.com\/?hash=\/threatexplorer","FileData":{"DocumentId":"$guid","FileName":"$text.xlsm",` +
		`"FilePath":"https:\/\/contoso.sharepoint.com\/$word","FileSize":"$n","FileVerdict":1,"MalwareFamily":"Trojan_$word","SHA256":"${puid}${puid}${puid}"},"LastModifiedDate":"$time","LastModifiedBy":"$upn","SourceWorkload":1,"ActionScore":26.0`

	investigation = `"ObjectId":"$guid","UserId":"AirInvestigation","Actions":["{\"ActionId\":\"urn:$guid\",\"ActionName\":\"Soft delete emails\",\"Score\":26.5}"],"DeepLinkUrl":"https:\/\/security.microsoft.com\/mtp-investigation\/urn:$guid",` +
		`"EndTimeUtc":"0001-01-01T00:00:00","InvestigationId":"urn:$guid","InvestigationName":"Mail with malicious urls is zapped - $guid","InvestigationType":"ZappedUrlInvestigation","LastUpdateTimeUtc":"$time7","RunningTime":$n,` +
		`"StartTimeUtc":"$time","Status":"Running","Data":"{\"Version\":\"3.0\",\"VendorName\":\"Microsoft\",\"ProviderName\":\"OATP\",\"QueryTime\":\"$time\",\"Entities\":[$investigation],\"QueryTime\":\"$time7\"}"`

	// investigationEntity is JSON that stands in a string of a record.
	investigationEntity = `{"id":"$n","Recipient":"$upn","Urls":["https://elsewhere.example/$word","https://elsewhere.example/$guid"],"Threats":["ZapPhish","HighConfPhish"],"Sender":"a@elsewhere.example","P1Sender":"a@elsewhere.example",` +
		`"P1SenderDomain":"elsewhere.example","SenderIP":"203.0.113.$digit","P2Sender":"a@elsewhere.example","P2SenderDisplayName":"$text","ReceivedDate":"$time","NetworkMessageId":"$guid",` +
		`"InternetMessageId":"<$guid@elsewhere.example>","Subject":"$text","AntispamDirection":"Inbound","DeliveryAction":"DeliveredAsSpam","DeliveryLocation":"JunkFolder","Type":"mailMessage","Urn":"urn:MailEntity:$guid"}`

	cloudApps = `"ObjectId":"65f${digit}b2c4d8e1f0a9b7c6d5e4","UserId":"$upn","AssignedTo":null,"ClientIPs":["$ip","$ip"],"Description":"$text","Entities":[{"Id":"$guid","Label":"$user","Type":"account"},{"Id":11161,"Label":"Microsoft 365","Type":"service"}],"Score":0.75,"Url":"https://portal.cloudappsecurity.com/#/alerts/$n"`

	insights = `"UserId":"$upn","AadAppId":"$guid","DataType":"MtpStatus","DatabaseType":"DataInsights","RelativeUrl":"\/DataInsights\/DataInsightsService.svc\/Find\/MtpStatus?tenantid=` + tenant + `&PageSize=200&Filter=$n","ResultCount":"$digit"`

	complianceCmdlet = `"ObjectId":"","UserId":"$upn","SecurityComplianceCenterEventType":0,"ClientApplication":"EMC","CmdletVersion":"","EffectiveOrganization":"contoso.onmicrosoft.com","NonPIIParameters":"-Identity \"<SNIP-PII>\" -Force \"True\"","Parameters":"-Identity \"$text\" -Force \"True\"","StartTime":"$time","UserServicePlan":""`

	powerBI = `{"Id":"$guid","RecordType":20,"CreationTime":"$time","Operation":"ViewReport","OrganizationId":"` + tenant + `","UserType":0,"UserKey":"$puid","Workload":"PowerBI","UserId":"$upn","ClientIP":"$ip","UserAgent":"$agent","Activity":"ViewReport",` +
		`"ItemName":"$text","WorkSpaceName":"$text","DatasetName":"$word","ReportName":"$word","WorkspaceId":"$guid","CapacityId":"$guid","CapacityName":"Shared On Premium - Reserved","ObjectId":"$word","DatasetId":"$guid","ReportId":"$guid","IsSuccess":true,"ReportType":"PowerBIReport","RequestId":"$guid","ActivityId":"$guid","DistributionMethod":"Workspace","OperationProperties":"{\"Source\":\"$word\"}"}`

	yammer = `"ClientIP":"$ip","ObjectId":"null","UserId":"$upn","ActorUserId":"$upn","ActorYammerUserId":1496500${n},"MessageId":1613${n}123456,"NetworkId":5846122497,"YammerNetworkId":5846122497,"VersionId":null`

	forms = `"ClientIP":"$ip","UserId":"$upn","FormsUserTypes":[0],"SourceApp":"ms-formweb","FormName":"\n\n","FormId":"$base64","FormTypes":"Form","ActivityParameters":"{\"FormStatus\":\"$word\",\"Count\":$digit}"`
)
