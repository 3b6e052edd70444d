package simulator

import (
	"strconv"
)

// Exchange: types 1, 2, 3 and 50. Data-center maintenance is most
// of the real traffic (68 % in one tenant) and a third here.
var exchangeSchedule = []family{
	{sequential: true, write: maintenance},
	{sequential: true, write: inboxRule},
	{write: mailAccessed},
	{sequential: true, write: itemCreated},
	{sequential: true, write: maintenance},
	{sequential: true, write: itemsMoved},
	{sequential: true, write: setMailbox},
	{write: mailAccessed},
	{sequential: true, write: maintenance},
	{sequential: true, write: sendAs},
	{sequential: true, write: mailSynced},
	{sequential: true, write: maintenance},
}

const exchangeServer = "AM0PR01MB1234 (15.20.9000.000)"

func (d *draft) admin(h head, external bool) {
	h.recordType, h.workload, h.result = 1, "Exchange", "True"
	d.head(h)
	d.strs("AppId", "", "ClientAppId", "")
	d.raw("ExternalAccess", strconv.FormatBool(external))
	d.str("OrganizationName", d.g.org)
	d.str("OriginatingServer", exchangeServer+"\r\n")
}

func maintenance(d *draft) {
	operation := pick(&d.r, []string{"Set-ConditionalAccessPolicy", "Set-TenantObjectVersion", "Enable-AddressListPaging", "Set-TransportConfig"})
	d.admin(head{
		operation: operation, userKey: "NT AUTHORITY\\SYSTEM (Microsoft.Exchange.ServiceHost)", userType: 3,
		object: d.g.org + "\\" + d.newGUID(), user: "NT AUTHORITY\\SYSTEM (Microsoft.Exchange.ServiceHost)",
	}, true)
	d.pairs("Parameters",
		"Identity", d.g.org+"\\"+d.newGUID(), "DisplayName", "Default policy for "+d.g.name,
		"PolicyLastUpdatedTime", d.at.Format("1/2/2006 3:04:05 PM"), "TenantDefaultPolicy", "18",
		"PolicyIdentifierString", d.at.Format("01/02/2006 15:04:05")+"\\"+d.newGUID(),
		"PolicyDetails", `{"Version":1,"CreatedDateTime":"`+d.at.Format(createdLayout)+`","Policies":["`+d.newGUID()+`"],"Conditions":{"Applications":{"Include":[{"Applications":["`+applications[1].id+`"]}]}}}`,
		"ObjectState", "Unchanged")
}

func inboxRule(d *draft) {
	u := d.user()
	d.admin(head{
		operation: pick(&d.r, []string{"New-InboxRule", "Set-InboxRule"}), userKey: u.puid, userType: 2, ip: d.ipPort(),
		object: "EURPR01A001.PROD.OUTLOOK.COM/Microsoft Exchange Hosted Organizations/" + d.g.org + "/" + u.name + "\\Facturé", user: u.upn,
	}, false)
	d.pairs("Parameters",
		"AlwaysDeleteOutlookRulesBlob", "False", "Force", "False", "Name", "Facturé",
		"SubjectOrBodyContainsWords", "invoice;facture;請求書", "MoveToFolder", u.upn+":\\Boîte de réception\\RSS",
		"ForwardTo", "drop@fabrikam.example", "StopProcessingRules", "True")
	d.guid("SessionId")
	d.raw("AppAccessContext", "{}")
}

func setMailbox(d *draft) {
	u, admin := d.user(), d.user()
	d.admin(head{
		operation: "Set-Mailbox", userKey: admin.puid, userType: 2, ip: d.ipPort(),
		object: u.name, user: admin.mixedCase(),
	}, false)
	d.pairs("Parameters",
		"Identity", u.upn, "ForwardingSmtpAddress", "smtp:archive@fabrikam.example", "DeliverToMailboxAndForward", "True",
		"ProhibitSendQuota", "30 GB (32,212,254,720 bytes)", "IssueWarningQuota", "28 GB (30,064,771,072 bytes)")
	d.guid("SessionId")
}

// mailbox is the common part of the item records. Both forms of the address
// stand in types 2 and 3, only ClientIPAddress in type 50.
func (d *draft) mailbox(h head, u user) {
	h.workload, h.userKey, h.user, h.result = "Exchange", u.puid, u.upn, "Succeeded"
	ip := d.ip()
	if h.recordType != 50 {
		h.ip = ip
	}
	d.head(h)
	d.str("ClientIPAddress", ip)
	d.str("ClientInfoString", "Client=OWA;Action=ViaProxy;"+d.agent())
	d.raw("ExternalAccess", "false")
	d.num("InternalLogonType", 0)
	d.num("LogonType", 0)
	d.str("LogonUserSid", u.sid)
	d.guid("MailboxGuid")
	d.strs("MailboxOwnerSid", u.sid, "MailboxOwnerUPN", u.upn, "OrganizationName", d.g.org, "OriginatingServer", exchangeServer+"\n")
	d.guid("SessionId")
}

func (d *draft) messageID() string {
	return "<AM0PR01MB" + strconv.Itoa(d.r.between(1000, 9999)) + d.newGUID()[:18] + "@AM0PR01MB1234.eurprd01.prod.exchangelabs.example>"
}

func (d *draft) entryID() string {
	return "LgAAAAB" + d.newGUID()[:8] + d.newGUID()[24:] + "BwD" + d.newGUID()[24:] + "AAAAAAEMAAD" + d.newGUID()[24:] + "AAAB"
}

func itemCreated(d *draft) {
	u := d.user()
	d.mailbox(head{operation: pick(&d.r, []string{"Create", "Update", "HardDelete"}), recordType: 2}, u)
	d.object("Item")
	d.str("Attachments", "a.png (8192b); Übersicht.pdf (20480b)")
	d.strs("Id", d.entryID(), "InternetMessageId", d.messageID())
	d.raw("IsRecord", "false")
	d.folder("ParentFolder", "\\Boîte de réception")
	d.num("SizeInBytes", d.r.between(1200, 4_000_000))
	d.str("Subject", "Rendez-vous – Q"+strconv.Itoa(d.r.between(1, 4))+" \"plan\"")
	d.end()
	d.raw("ModifiedProperties", `["AllAttachmentsHidden","LocationCount"]`)
}

func (d *draft) folder(key, path string) {
	d.object(key)
	d.strs("Id", d.entryID(), "Path", path)
	d.end()
}

func sendAs(d *draft) {
	u := d.user()
	d.mailbox(head{operation: "SendAs", recordType: 2}, u)
	d.object("Item")
	d.strs("Id", d.entryID(), "InternetMessageId", d.messageID())
	d.folder("ParentFolder", "\\Drafts")
	d.str("SizeInBytes", strconv.Itoa(d.r.between(1200, 90_000)))
	d.str("Subject", "Re: 見積もり")
	d.end()
	shared := d.user()
	d.strs("SendAsUserMailboxGuid", d.newGUID(), "SendAsUserSmtp", shared.upn)
}

func mailSynced(d *draft) {
	u := d.user()
	d.mailbox(head{operation: "MailItemsAccessed", recordType: 2}, u)
	d.object("Item")
	d.str("Id", d.entryID())
	d.folder("ParentFolder", "\\Brouillons")
	d.end()
	d.pairs("OperationProperties", "MailAccessType", "Sync", "IsThrottled", "False")
}

func itemsMoved(d *draft) {
	u := d.user()
	d.mailbox(head{operation: pick(&d.r, []string{"MoveToDeletedItems", "SoftDelete", "Move"}), recordType: 3}, u)
	d.array("AffectedItems")
	for range d.r.between(1, 4) {
		d.element()
		d.str("Attachments", "scan 1.pdf (81920b)")
		d.strs("Id", d.entryID(), "InternetMessageId", d.messageID())
		d.folder("ParentFolder", "\\Inbox")
		d.str("Subject", "Angebot Nr. "+strconv.Itoa(d.r.between(1000, 9999)))
		d.end()
	}
	d.endArray()
	d.raw("CrossMailboxOperation", "false")
	d.folder("DestFolder", "\\Gelöschte Elemente")
	d.folder("Folder", "\\Inbox")
}

func mailAccessed(d *draft) {
	u := d.user()
	d.mailbox(head{operation: "MailItemsAccessed", recordType: 50}, u)
	d.array("Folders")
	d.element()
	d.array("FolderItems")
	count := d.r.between(1, 6)
	for range count {
		d.element()
		d.strs("ClientRequestId", "{"+d.newGUID()+"}", "Id", d.entryID(), "InternetMessageId", d.messageID())
		d.num("SizeInBytes", d.r.between(1200, 900_000))
		d.end()
	}
	d.endArray()
	d.strs("Id", d.entryID(), "Path", "\\Inbox")
	d.end()
	d.endArray()
	d.num("OperationCount", count)
	d.pairs("OperationProperties", "MailAccessType", "Bind", "IsThrottled", "False")
}
