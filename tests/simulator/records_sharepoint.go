package simulator

import (
	"strconv"
	"strings"
)

// SharePoint and OneDrive: types 4, 6, 14, 36 and 56. No record
// has a ResultStatus.
var sharePointSchedule = []family{
	{sequential: true, write: fileOperation},
	{sequential: true, write: fileOperation},
	{sequential: true, write: sharing},
	{sequential: true, write: fileOperation},
	{sequential: true, write: pageViewed},
	{sequential: true, write: listUpdated},
	{sequential: true, write: fileRenamed},
	{sequential: true, write: fileOperation},
	{sequential: true, write: columnUpdated},
	{sequential: true, write: groupSharing},
}

// site is where something happened: a team site or a personal one.
type site struct{ workload, url, folder string }

func (d *draft) site(u user) site {
	if d.r.chance(50) {
		personal := strings.NewReplacer("@", "_", ".", "_").Replace(u.upn)
		return site{"OneDrive", "https://" + firstLabel(d.g.domain) + "-my.sharepoint.com/personal/" + personal + "/", "Documents"}
	}
	return site{"SharePoint", "https://" + firstLabel(d.g.domain) + ".sharepoint.com/sites/Vertrieb Süd/", "Shared Documents/Verträge"}
}

// sharePoint writes the fields that all types have.
func (d *draft) sharePoint(operation string, recordType int, u user, s site, object string) {
	d.head(head{
		operation: operation, recordType: recordType, userKey: u.membership(), workload: s.workload,
		ip: d.ip(), object: object, user: u.upn,
	})
	d.guid("CorrelationId")
	d.str("EventSource", "SharePoint")
}

func (d *draft) place(s site) {
	d.guid("ListItemUniqueId")
	d.str("Site", d.stableGUID(s.url, 1))
	d.str("UserAgent", d.agent())
	d.str("WebId", d.stableGUID(s.url, 2))
}

func fileOperation(d *draft) {
	u := d.user()
	s, name := d.site(u), pick(&d.r, documents)
	operation := pick(&d.r, []string{"FileDownloaded", "FileAccessed", "FileModified", "FileUploaded", "FilePreviewed", "FileDeleted", "FileSyncDownloadedFull"})
	d.sharePoint(operation, 6, u, s, s.url+s.folder+"/"+name)
	d.str("ItemType", "File")
	d.str("ListId", d.stableGUID(s.url, 3))
	d.place(s)
	app := pick(&d.r, applications)
	d.strs("ApplicationId", app.id, "ApplicationDisplayName", app.name)
	d.raw("HighPriorityMediaProcessing", "false")
	d.num("FileSizeBytes", d.r.between(120, 80_000_000))
	d.strs("SourceFileExtension", extension(name), "SiteUrl", s.url, "SourceFileName", name, "SourceRelativeUrl", s.folder)
	d.strs("Platform", "WinDesktop", "BrowserName", "Edge", "GeoLocation", "EUR")
	d.raw("IsManagedDevice", "false")
	d.object("AppAccessContext")
	d.strs("AADSessionId", d.newGUID(), "CorrelationId", d.newGUID(), "UniqueTokenId", d.newGUID()[:22])
	d.end()
}

func fileRenamed(d *draft) {
	u := d.user()
	s, name := d.site(u), pick(&d.r, documents)
	d.sharePoint(pick(&d.r, []string{"FileRenamed", "FileMoved"}), 6, u, s, s.url+s.folder+"/"+name)
	d.str("ItemType", "File")
	d.str("ListId", d.stableGUID(s.url, 3))
	d.place(s)
	d.str("DoNotDistributeEvent", "True")
	d.strs("SourceFileExtension", extension(name), "SiteUrl", s.url, "SourceFileName", name, "SourceRelativeUrl", s.folder,
		"DestinationRelativeUrl", s.folder+"/Archiv", "DestinationFileName", "alt – "+name, "DestinationFileExtension", extension(name))
}

func sharing(d *draft) {
	u, other := d.user(), d.user()
	s, name := d.site(u), pick(&d.r, documents)
	d.sharePoint(pick(&d.r, []string{"SharingSet", "AnonymousLinkCreated", "SharingInvitationCreated", "SecureLinkUsed"}), 14, u, s, s.url+s.folder+"/"+name)
	d.str("ItemType", "File")
	d.str("ListId", d.stableGUID(s.url, 3))
	d.place(s)
	d.strs("EventData", "<Permissions granted>Contribute</Permissions granted><MembersCanShareApplied>False</MembersCanShareApplied>",
		"TargetUserOrGroupName", other.upn, "TargetUserOrGroupType", pick(&d.r, []string{"Member", "Guest"}),
		"SourceFileExtension", extension(name), "SiteUrl", s.url, "SourceFileName", name, "SourceRelativeUrl", s.folder)
	d.guid("UniqueSharingId")
}

func groupSharing(d *draft) {
	u := d.user()
	s := d.site(u)
	d.sharePoint("AddedToGroup", 14, u, s, s.url)
	d.str("ItemType", "Web")
	d.str("Site", d.stableGUID(s.url, 1))
	d.str("UserAgent", d.agent())
	d.str("WebId", d.stableGUID(s.url, 2))
	d.strs("EventData", "<Group>Site Owners</Group>", "TargetUserOrGroupName", "gast_fabrikam.example#ext#@"+d.g.org, "TargetUserOrGroupType", "Guest", "SiteUrl", s.url)
}

func pageViewed(d *draft) {
	u := d.user()
	s := d.site(u)
	d.sharePoint(pick(&d.r, []string{"PageViewed", "ClientViewSignaled", "SiteCollectionAdminAdded"}), 4, u, s, s.url+"SitePages/Startseite.aspx")
	d.str("ItemType", "Page")
	d.str("ListId", d.stableGUID(s.url, 4))
	d.place(s)
	d.raw("CustomUniqueId", "true")
}

func listUpdated(d *draft) {
	u := d.user()
	s := d.site(u)
	d.sharePoint(pick(&d.r, []string{"ListUpdated", "ListCreated", "ListItemUpdated"}), 36, u, s, s.url+"Lists/Aufgaben")
	d.str("ItemType", "List")
	d.strs("ListId", d.stableGUID(s.url, 5), "ListName", "Aufgaben", "ListTitle", "Aufgaben & Termine", "ListUrl", s.url+"Lists/Aufgaben")
	d.place(s)
	if d.r.chance(50) {
		d.num("ListBaseType", 0)
	} else {
		d.str("ListBaseType", "GenericList")
	}
	d.num("ListBaseTemplateType", 171)
	d.str("ListColor", "")
	d.raw("IsHiddenList", "false")
	d.raw("IsDocLib", "false")
}

func columnUpdated(d *draft) {
	u := d.user()
	s := d.site(u)
	d.sharePoint(pick(&d.r, []string{"ListColumnUpdated", "ListColumnCreated"}), 56, u, s, s.url+"Lists/Aufgaben")
	d.str("ItemType", "Field")
	d.str("ListId", d.stableGUID(s.url, 5))
	d.str("Site", d.stableGUID(s.url, 1))
	d.str("WebId", d.stableGUID(s.url, 2))
	d.strs("UserAgent", d.agent(), "FieldName", "Status_x0020_"+strconv.Itoa(d.r.between(1, 99)), "ColumnTypes", "Choice")
	d.raw("IsWorkflow", "false")
}
