package normalize

// Activities that several rows below have.
var (
	ocsfLogon          = ocsfActivity{ocsfAuthentication, 1}
	ocsfLogoff         = ocsfActivity{ocsfAuthentication, 2}
	ocsfAccountChanged = ocsfActivity{ocsfAccountChange, activityOther}
	ocsfGrant          = ocsfActivity{ocsfUserAccess, 1}
	ocsfRevoke         = ocsfActivity{ocsfUserAccess, 2}
	ocsfGroupMember    = ocsfActivity{ocsfGroup, 3}
	ocsfGroupLeft      = ocsfActivity{ocsfGroup, 4}
	ocsfGroupDeleted   = ocsfActivity{ocsfGroup, 5}
	ocsfGroupCreated   = ocsfActivity{ocsfGroup, 6}
	ocsfGroupChanged   = ocsfActivity{ocsfGroup, activityOther}
	ocsfEntityUpdated  = ocsfActivity{ocsfEntity, activityUpdate}
	ocsfNewFinding     = ocsfActivity{ocsfDetection, 1}
	ocsfDataFinding    = ocsfActivity{ocsfDataSecurity, 1}
	ocsfPageRead       = ocsfActivity{ocsfWeb, activityRead}
	ocsfSearched       = ocsfActivity{ocsfWeb, activitySearch}
	ocsfSent           = ocsfActivity{ocsfEmail, 1}
	ocsfReceived       = ocsfActivity{ocsfEmail, 2}
	ocsfScanned        = ocsfActivity{ocsfEmail, 3}
	ocsfShared         = ocsfActivity{ocsfFileHosting, 12}
	ocsfUnshared       = ocsfActivity{ocsfFileHosting, 13}
	ocsfFileOpened     = ocsfActivity{ocsfFileHosting, 14}
	ocsfFileOther      = ocsfActivity{ocsfFileHosting, activityOther}
	ocsfAPIRead        = ocsfActivity{ocsfAPI, activityRead}
	ocsfAPIUpdate      = ocsfActivity{ocsfAPI, activityUpdate}
	ocsfAPIDelete      = ocsfActivity{ocsfAPI, activityDelete}
	ocsfAPIOther       = ocsfActivity{ocsfAPI, activityOther}
)

// ocsfFamilies are the record types whose operations have classes of their own;
// operations in the spelling of Microsoft Learn "Audit log activities", and those
// that records show.
var ocsfFamilies = []ocsfFamily{
	{ // AzureActiveDirectoryAccountLogon, AzureActiveDirectoryStsLogon
		types: []int{9, 15},
		operations: map[string]ocsfActivity{
			"userloggedin": ocsfLogon, "userloginfailed": ocsfLogon, "userloggedoff": ocsfLogoff, "userloggedout": ocsfLogoff,
		},
		beginnings: []ocsfBeginning{{"passwordlogon", ocsfLogon}, {"foreignrealm", ocsfLogon}, {"logout", ocsfLogoff}},
		rest:       ocsfActivity{ocsfAuthentication, activityOther},
	},
	{ // AzureActiveDirectory
		types: []int{8},
		operations: map[string]ocsfActivity{
			"add user": {ocsfAccountChange, 1}, "invite external user": {ocsfAccountChange, 1}, "enable account": {ocsfAccountChange, 2}, "change user password": {ocsfAccountChange, 3},
			"reset user password": {ocsfAccountChange, 4}, "disable account": {ocsfAccountChange, 5}, "delete user": {ocsfAccountChange, 6},
			"hard delete user": {ocsfAccountChange, 6}, "enable strong authentication": {ocsfAccountChange, 10},
			"disable strong authentication": {ocsfAccountChange, 11},
			"restore user":                  ocsfAccountChanged, "update user": ocsfAccountChanged, "change user license": ocsfAccountChanged,
			"set license properties": ocsfAccountChanged, "set force change user password": ocsfAccountChanged, "set user manager": ocsfAccountChanged,
			"update stsrefreshtokenvalidfrom timestamp": ocsfAccountChanged, "convert federated user to managed": ocsfAccountChanged,

			"add member to role": ocsfGrant, "add eligible member to role": ocsfGrant, "add scoped member to role": ocsfGrant,
			"remove member from role": ocsfRevoke, "remove eligible member from role": ocsfRevoke, "remove scoped member from role": ocsfRevoke,

			"add group": ocsfGroupCreated, "delete group": ocsfGroupDeleted, "hard delete group": ocsfGroupDeleted, "update group": ocsfGroupChanged,
			"restore group": ocsfGroupChanged, "set group license": ocsfGroupChanged, "add member to group": ocsfGroupMember,
			"remove member from group": ocsfGroupLeft, "add owner to group": ocsfGroupChanged, "remove owner from group": ocsfGroupChanged,

			"add registered owner to device": ocsfEntityUpdated, "add registered users to device": ocsfEntityUpdated,
			"remove registered owner from device": ocsfEntityUpdated, "remove registered users from device": ocsfEntityUpdated,
			"add owner to application": ocsfEntityUpdated, "remove owner from application": ocsfEntityUpdated,
			"add owner to service principal": ocsfEntityUpdated, "remove owner from service principal": ocsfEntityUpdated,
			"add service principal credentials": ocsfEntityUpdated, "remove service principal credentials": ocsfEntityUpdated,
			"add app role assignment to service principal":      ocsfEntityUpdated,
			"remove app role assignment from service principal": ocsfEntityUpdated,
		},
		rest: ocsfActivity{ocsfEntity, byVerb},
	},
	{ // SharePointFileOperation, OneDrive, SharePointSharingOperation
		types: []int{6, 7, 14},
		operations: map[string]ocsfActivity{
			"filemalwaredetected": ocsfNewFinding, "filecheckedout": {ocsfFileHosting, 10}, "filecheckedin": {ocsfFileHosting, 11},
			"filecheckoutdiscarded": {ocsfFileHosting, 11},

			"sharingset": ocsfShared, "addedtosecurelink": ocsfShared, "securelinkcreated": ocsfShared, "anonymouslinkcreated": ocsfShared,
			"companylinkcreated": ocsfShared, "sharinginvitationcreated": ocsfShared, "sharingrevoked": ocsfUnshared, "removedfromsecurelink": ocsfUnshared,
			"securelinkdeleted": ocsfUnshared, "anonymouslinkremoved": ocsfUnshared, "companylinkremoved": ocsfUnshared, "sharinginvitationrevoked": ocsfUnshared,
			"anonymouslinkused": ocsfFileOpened, "companylinkused": ocsfFileOpened, "securelinkused": ocsfFileOpened,

			"addedtogroup": ocsfGroupMember, "removedfromgroup": ocsfGroupLeft, "groupadded": ocsfGroupCreated, "groupremoved": ocsfGroupDeleted,
			"groupupdated": ocsfGroupChanged, "sitecollectionadminadded": ocsfGrant, "sitecollectionadminremoved": ocsfRevoke,
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
			{"fileaccessed", ocsfFileOpened},
			{"file", ocsfFileOther},
			{"folder", ocsfFileOther},
			{"sharing", ocsfFileOther},
			{"anonymouslink", ocsfFileOther},
			{"companylink", ocsfFileOther},
			{"securelink", ocsfFileOther},
			{"pageviewed", ocsfPageRead},
			{"clientview", ocsfPageRead},
			{"searchquery", ocsfSearched},
			{"searchviewed", ocsfSearched},
		},
		rest: ocsfActivity{ocsfAPI, byVerb},
	},
	{ // SharePoint, its lists, comments, list items, content types and fields
		types:      []int{4, 36, 37, 54, 55, 56},
		beginnings: []ocsfBeginning{{"pageviewed", ocsfPageRead}, {"pageprefetched", ocsfPageRead}, {"clientview", ocsfPageRead}, {"search", ocsfSearched}},
		rest:       ocsfActivity{ocsfWeb, byVerb},
	},
	{ // ExchangeItem, ExchangeItemGroup, ExchangeAggregatedOperation, ExchangeItemAggregated
		types: []int{2, 3, 19, 50},
		operations: map[string]ocsfActivity{
			"send": ocsfSent, "sendas": ocsfSent, "sendonbehalf": ocsfSent, "mailitemsaccessed": ocsfAPIRead, "folderbind": ocsfAPIRead, "messagebind": ocsfAPIRead,
			"attachmentaccess": ocsfAPIRead, "copy": {ocsfAPI, activityCreate},
			"mailboxlogin": ocsfLogon, "movetodeleteditems": ocsfAPIUpdate, "softdelete": ocsfAPIDelete, "harddelete": ocsfAPIDelete,
			"recorddelete": ocsfAPIDelete,
		},
		rest: ocsfActivity{ocsfAPI, byVerb},
	},
	{ // of Outlook on the web
		types:      []int{275},
		beginnings: []ocsfBeginning{{"owaauth", ocsfLogon}},
		rest:       ocsfActivity{ocsfAPI, byVerb},
	},
	{ // ComplianceSupervisionExchange: messages that Communication Compliance looked into, and the tags that reviewers gave them
		types:      []int{68},
		beginnings: []ocsfBeginning{{"supervisoryreviewtag", ocsfAPIUpdate}},
		rest:       ocsfScanned,
	},
	{types: []int{85}, operations: map[string]ocsfActivity{"attacksimuserclick": ocsfAPIRead}, rest: ocsfActivity{ocsfAPI, byVerb}}, // AttackSim
	{types: []int{21}, verb: "Message", rest: ocsfActivity{ocsfAPI, byVerb}},                                                        // CRM: CrmDefaultActivity, whatever was done
	{types: []int{57}, verb: "ActionType", rest: ocsfActivity{ocsfAPI, byVerb}},                                                     // MicrosoftTeamsAdmin
	{types: []int{51}, rest: ocsfAPIUpdate},                                                                                         // HygieneEvent: who may not send any more, and again may
	{types: []int{28}, rest: ocsfReceived},                                                                                          // ThreatIntelligence: messages that were looked into
	{ // SecurityComplianceAlerts
		types: []int{40},
		operations: map[string]ocsfActivity{
			"alerttriggered": ocsfNewFinding, "alertentitygenerated": {ocsfDetection, 2}, "alertupdated": {ocsfDetection, 2},
		},
		rest: ocsfActivity{ocsfDetection, activityOther},
	},
	// ThreatIntelligenceUrl, ThreatIntelligenceAtpContent, AirInvestigation, WDATPAlerts, MCASAlerts, MS365DCustomDetection, and, as records
	// show, Entra ID Protection's risks.
	{types: []int{41, 47, 64, 98, 113, 294}, rest: ocsfNewFinding},
	{types: []int{78, 117, 307}, beginnings: alertBeginnings, rest: ocsfActivity{ocsfAPI, byVerb}},
	{types: dlpTypes[:], rest: ocsfDataFinding},
	{types: []int{43, 75}, rest: ocsfAPIUpdate},                // MIPLabel, MipAutoLabelExchangeItem: a label that a message got
	{types: []int{96}, rest: ocsfActivity{ocsfFileHosting, 4}}, // AipFileDeleted
	{ // labels of files, and what Azure Information Protection tells of files
		types: []int{71, 72, 83, 84, 93, 94, 95, 286},
		operations: map[string]ocsfActivity{
			"access": ocsfFileOpened, "accessdenied": ocsfFileOpened, "discover": ocsfFileOpened,
		},
		rest: ocsfActivity{ocsfFileHosting, 3},
	},
	{types: []int{102}, rest: ocsfSearched}, // SharePointSearch
	{types: []int{101}, rest: ocsfAPIRead},  // ExchangeSearch
	{ // CopilotInteraction, TeamCopilotInteraction
		types:      []int{261, 334},
		beginnings: []ocsfBeginning{{"copilotinteraction", ocsfActivity{ocsfAPI, activityCreate}}, {"teamcopilotinteraction", ocsfActivity{ocsfAPI, activityCreate}}},
		rest:       ocsfActivity{ocsfAPI, byVerb},
	},
	{ // MicrosoftTeams
		types: []int{25},
		operations: map[string]ocsfActivity{
			"teamcreated": ocsfGroupCreated, "teamdeleted": ocsfGroupDeleted, "memberadded": ocsfGroupMember, "memberremoved": ocsfGroupLeft,
			"memberrolechanged": ocsfGroupChanged, "teamsettingchanged": ocsfGroupChanged, "teamssessionstarted": ocsfLogon,
		},
		rest: ocsfActivity{ocsfAPI, byVerb},
	},
}

// alertBeginnings are those of record types that hold more than alerts.
var alertBeginnings = []ocsfBeginning{
	{"alertcreated", ocsfNewFinding}, {"alertupdated", ocsfActivity{ocsfDetection, 2}}, {"appgovernancealert", ocsfNewFinding},
}
