package normalize

// Activities that several rows below have.
var (
	logon          = ocsfActivity{ocsfAuthentication, 1}
	logoff         = ocsfActivity{ocsfAuthentication, 2}
	accountChanged = ocsfActivity{ocsfAccountChange, activityOther}
	grant          = ocsfActivity{ocsfUserAccess, 1}
	revoke         = ocsfActivity{ocsfUserAccess, 2}
	groupMember    = ocsfActivity{ocsfGroup, 3}
	groupLeft      = ocsfActivity{ocsfGroup, 4}
	groupDeleted   = ocsfActivity{ocsfGroup, 5}
	groupCreated   = ocsfActivity{ocsfGroup, 6}
	groupChanged   = ocsfActivity{ocsfGroup, activityOther}
	entityUpdated  = ocsfActivity{ocsfEntity, activityUpdate}
	newFinding     = ocsfActivity{ocsfDetection, 1}
	dataFinding    = ocsfActivity{ocsfDataSecurity, 1}
	pageRead       = ocsfActivity{ocsfWeb, activityRead}
	searched       = ocsfActivity{ocsfWeb, activitySearch}
	sent           = ocsfActivity{ocsfEmail, 1}
	received       = ocsfActivity{ocsfEmail, 2}
	shared         = ocsfActivity{ocsfFileHosting, 12}
	unshared       = ocsfActivity{ocsfFileHosting, 13}
	fileOpened     = ocsfActivity{ocsfFileHosting, 14}
	fileOther      = ocsfActivity{ocsfFileHosting, activityOther}
	apiRead        = ocsfActivity{ocsfAPI, activityRead}
	apiUpdate      = ocsfActivity{ocsfAPI, activityUpdate}
	apiDelete      = ocsfActivity{ocsfAPI, activityDelete}
)

// ocsfFamilies are the record types whose operations have classes of their own;
// operations in the spelling of Microsoft Learn "Audit log activities", and those
// that records show.
var ocsfFamilies = []ocsfFamily{
	{ // AzureActiveDirectoryAccountLogon, AzureActiveDirectoryStsLogon
		types: []int{9, 15},
		operations: map[string]ocsfActivity{
			"userloggedin": logon, "userloginfailed": logon, "userloggedoff": logoff, "userloggedout": logoff,
		},
		beginnings: []ocsfBeginning{{"passwordlogon", logon}, {"foreignrealm", logon}, {"logout", logoff}},
		rest:       ocsfActivity{ocsfAuthentication, activityOther},
	},
	{ // AzureActiveDirectory
		types: []int{8},
		operations: map[string]ocsfActivity{
			"add user": {ocsfAccountChange, 1}, "enable account": {ocsfAccountChange, 2}, "change user password": {ocsfAccountChange, 3},
			"reset user password": {ocsfAccountChange, 4}, "disable account": {ocsfAccountChange, 5}, "delete user": {ocsfAccountChange, 6},
			"hard delete user": {ocsfAccountChange, 6}, "enable strong authentication": {ocsfAccountChange, 10},
			"disable strong authentication": {ocsfAccountChange, 11},
			"restore user":                  accountChanged, "update user": accountChanged, "change user license": accountChanged,
			"set license properties": accountChanged, "set force change user password": accountChanged, "set user manager": accountChanged,
			"update stsrefreshtokenvalidfrom timestamp": accountChanged, "convert federated user to managed": accountChanged,

			"add member to role": grant, "add eligible member to role": grant, "add scoped member to role": grant,
			"remove member from role": revoke, "remove eligible member from role": revoke, "remove scoped member from role": revoke,

			"add group": groupCreated, "delete group": groupDeleted, "hard delete group": groupDeleted, "update group": groupChanged,
			"restore group": groupChanged, "set group license": groupChanged, "add member to group": groupMember,
			"remove member from group": groupLeft, "add owner to group": groupChanged, "remove owner from group": groupChanged,

			"add registered owner to device": entityUpdated, "add registered users to device": entityUpdated,
			"remove registered owner from device": entityUpdated, "remove registered users from device": entityUpdated,
			"add owner to application": entityUpdated, "remove owner from application": entityUpdated,
			"add owner to service principal": entityUpdated, "remove owner from service principal": entityUpdated,
			"add service principal credentials": entityUpdated, "remove service principal credentials": entityUpdated,
			"add app role assignment to service principal":      entityUpdated,
			"remove app role assignment from service principal": entityUpdated,
		},
		rest: ocsfActivity{ocsfEntity, byVerb},
	},
	{ // SharePointFileOperation, OneDrive, SharePointSharingOperation
		types: []int{6, 7, 14},
		operations: map[string]ocsfActivity{
			"filemalwaredetected": newFinding, "filecheckedout": {ocsfFileHosting, 10}, "filecheckedin": {ocsfFileHosting, 11},
			"filecheckoutdiscarded": {ocsfFileHosting, 11},

			"sharingset": shared, "addedtosecurelink": shared, "securelinkcreated": shared, "anonymouslinkcreated": shared,
			"companylinkcreated": shared, "sharinginvitationcreated": shared, "sharingrevoked": unshared, "removedfromsecurelink": unshared,
			"securelinkdeleted": unshared, "anonymouslinkremoved": unshared, "companylinkremoved": unshared, "sharinginvitationrevoked": unshared,
			"anonymouslinkused": fileOpened, "companylinkused": fileOpened, "securelinkused": fileOpened,

			"addedtogroup": groupMember, "removedfromgroup": groupLeft, "groupadded": groupCreated, "groupremoved": groupDeleted,
			"groupupdated": groupChanged, "sitecollectionadminadded": grant, "sitecollectionadminremoved": revoke,
		},
		beginnings: []ocsfBeginning{
			{"fileuploaded", ocsfActivity{ocsfFileHosting, 1}},
			{"filesyncuploaded", ocsfActivity{ocsfFileHosting, 1}},
			{"filedownloaded", ocsfActivity{ocsfFileHosting, 2}},
			{"filesyncdownloaded", ocsfActivity{ocsfFileHosting, 2}},
			{"filemodified", ocsfActivity{ocsfFileHosting, 3}},
			{"foldermodified", ocsfActivity{ocsfFileHosting, 3}},
			{"filedeleted", ocsfActivity{ocsfFileHosting, 4}},
			{"folderdeleted", ocsfActivity{ocsfFileHosting, 4}},
			{"filerecycled", ocsfActivity{ocsfFileHosting, 4}},
			{"folderrecycled", ocsfActivity{ocsfFileHosting, 4}},
			{"fileversionsalldeleted", ocsfActivity{ocsfFileHosting, 4}},
			{"fileversionrecycled", ocsfActivity{ocsfFileHosting, 4}},
			{"filerenamed", ocsfActivity{ocsfFileHosting, 5}},
			{"folderrenamed", ocsfActivity{ocsfFileHosting, 5}},
			{"filecopied", ocsfActivity{ocsfFileHosting, 6}},
			{"foldercopied", ocsfActivity{ocsfFileHosting, 6}},
			{"filemoved", ocsfActivity{ocsfFileHosting, 7}},
			{"foldermoved", ocsfActivity{ocsfFileHosting, 7}},
			{"filerestored", ocsfActivity{ocsfFileHosting, 8}},
			{"folderrestored", ocsfActivity{ocsfFileHosting, 8}},
			{"filepreviewed", ocsfActivity{ocsfFileHosting, 9}},
			{"fileaccessed", fileOpened},
			{"file", fileOther},
			{"folder", fileOther},
			{"sharing", fileOther},
			{"anonymouslink", fileOther},
			{"companylink", fileOther},
			{"securelink", fileOther},
			{"pageviewed", pageRead},
			{"clientview", pageRead},
			{"searchquery", searched},
			{"searchviewed", searched},
		},
		rest: ocsfActivity{ocsfAPI, byVerb},
	},
	{ // SharePoint, its lists, comments, list items, content types and fields
		types:      []int{4, 36, 37, 54, 55, 56},
		beginnings: []ocsfBeginning{{"pageviewed", pageRead}, {"pageprefetched", pageRead}, {"clientview", pageRead}, {"search", searched}},
		rest:       ocsfActivity{ocsfWeb, byVerb},
	},
	{ // ExchangeItem, ExchangeItemGroup, ExchangeAggregatedOperation, ExchangeItemAggregated
		types: []int{2, 3, 19, 50},
		operations: map[string]ocsfActivity{
			"send": sent, "sendas": sent, "sendonbehalf": sent, "mailitemsaccessed": apiRead, "folderbind": apiRead, "messagebind": apiRead,
			"attachmentaccess": apiRead,
			"mailboxlogin":     logon, "movetodeleteditems": apiUpdate, "softdelete": apiDelete, "harddelete": apiDelete,
			"recorddelete": apiDelete,
		},
		rest: ocsfActivity{ocsfAPI, byVerb},
	},
	{ // of Outlook on the web
		types:      []int{275},
		beginnings: []ocsfBeginning{{"owaauth", logon}},
		rest:       ocsfActivity{ocsfAPI, byVerb},
	},
	{types: []int{28}, rest: received}, // ThreatIntelligence: messages that were looked into
	{ // SecurityComplianceAlerts
		types: []int{40},
		operations: map[string]ocsfActivity{
			"alerttriggered": newFinding, "alertentitygenerated": {ocsfDetection, 2}, "alertupdated": {ocsfDetection, 2},
		},
		rest: ocsfActivity{ocsfDetection, activityOther},
	},
	// ThreatIntelligenceUrl, ThreatIntelligenceAtpContent, AirInvestigation, WDATPAlerts, MCASAlerts, MS365DCustomDetection, and, as records
	// show, Entra ID Protection's risks.
	{types: []int{41, 47, 64, 98, 113, 294}, rest: newFinding},
	{types: []int{78, 117, 307}, beginnings: alertBeginnings, rest: ocsfActivity{ocsfAPI, byVerb}},
	{types: dlpTypes[:], rest: dataFinding},
	{types: []int{43, 75}, rest: apiUpdate}, // MIPLabel, MipAutoLabelExchangeItem: a label that was set
	{ // AipSensitivityLabelAction and the like
		types:      []int{93, 94, 95},
		operations: map[string]ocsfActivity{"access": apiRead, "accessdenied": apiRead},
		rest:       ocsfActivity{ocsfAPI, byVerb},
	},
	{types: []int{261}, operations: map[string]ocsfActivity{"copilotinteraction": {ocsfAPI, activityCreate}}, rest: ocsfActivity{ocsfAPI, byVerb}},
	{ // MicrosoftTeams
		types: []int{25},
		operations: map[string]ocsfActivity{
			"teamcreated": groupCreated, "teamdeleted": groupDeleted, "memberadded": groupMember, "memberremoved": groupLeft,
			"memberrolechanged": groupChanged, "teamsettingchanged": groupChanged, "teamssessionstarted": logon,
		},
		rest: ocsfActivity{ocsfAPI, byVerb},
	},
}

// alertBeginnings are those of record types that hold more than alerts.
var alertBeginnings = []ocsfBeginning{
	{"alertcreated", newFinding}, {"alertupdated", ocsfActivity{ocsfDetection, 2}}, {"appgovernancealert", newFinding},
}
