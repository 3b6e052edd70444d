package normalize

// ecsOwn are the families of record types; what has a name in Microsoft's
// enumeration and stands in none of them is of ecsOther.
var ecsOwn = [...]struct {
	family      *ecsFamily
	recordTypes []int
}{
	{&ecsSignIns, []int{9, 15, 275}},
	{&ecsDirectory, []int{8}},
	{&ecsRoles, []int{87, 106, 302, 303, 304, 372}},
	{&ecsSharePoint, []int{4, 6, 7, 14}},
	{&ecsLists, []int{36, 37, 54, 55, 56, 102, 336}},
	{&ecsMailbox, []int{2, 3, 19, 50, 101}},
	{&ecsMail, []int{28, 29, 43, 62, 65, 68, 75, 107, 154, 285, 381}},
	{&ecsCmdlets, []int{
		1, 10, 18, 23, 27, 38, 44, 51, 52, 53, 57, 59, 69, 103, 105, 147, 148, 187, 194, 199, 200, 218, 251, 252, 253, 256, 266, 269, 287, 288,
		296, 297, 298, 325, 332, 337, 338, 339, 341, 342, 344, 346, 375, 376,
	}},
	{&ecsTeams, []int{25}},
	{&ecsYammer, []int{22}},
	{&ecsDLP, []int{11, 13, 33, 99, 100}},
	{&ecsEndpoint, []int{63}},
	{&ecsFiles, []int{32, 71, 72, 82, 83, 84, 93, 94, 95, 96, 286, 291, 300, 301, 361}},
	{&ecsDetections, []int{41, 47, 64, 78, 98, 113, 294, 307}},
	{&ecsInvestigations, []int{34, 86, 89, 90, 235, 237, 306, 335}},
}

// ecsFamilyOf has the family of each record type that has a name.
var ecsFamilyOf = func() (of [len(recordTypes)]*ecsFamily) {
	for t, name := range recordTypes {
		if name != "" {
			of[t] = &ecsOther
		}
	}
	for _, o := range ecsOwn {
		for _, t := range o.recordTypes {
			of[t] = o.family
		}
	}
	return of
}()

// ecsOther is what an application does by its interface: flows, reports, forms,
// tasks, cases.
var ecsOther = ecsFamily{categories: catAPI}

var ecsSignIns = ecsFamily{
	categories: catAuthentication, types: typeStart,
	operations: map[string]ecsClass{
		"userloggedoff": {categories: catAuthentication, types: typeEnd},
		"userloggedout": {categories: catAuthentication, types: typeEnd},
	},
}

// ecsDirectory are operations on Entra ID. Those that are not here, on
// applications, devices, domains and policies, are an administrator's.
var ecsDirectory = ecsFamily{
	categories: catIAM, also: typeAdmin,
	operations: map[string]ecsClass{
		"add user":                                  onUser(typeCreation, "added-user-account"),
		"invite external user":                      onUser(typeCreation, "added-user-account"),
		"update user":                               onUser(typeChange, "modified-user-account"),
		"delete user":                               onUser(typeDeletion, "deleted-user-account"),
		"hard delete user":                          onUser(typeDeletion, "deleted-user-account"),
		"restore user":                              onUser(typeChange, "restored-user-account"),
		"disable account":                           onUser(typeChange, "disabled-user-account"),
		"enable account":                            onUser(typeChange, "enabled-user-account"),
		"change user password":                      onUser(typeChange, "changed-password"),
		"reset user password":                       onUser(typeChange, "reset-password"),
		"set force change user password":            onUser(typeChange, ""),
		"change user license":                       onUser(typeChange, ""),
		"set license properties":                    onUser(typeChange, ""),
		"set user manager":                          onUser(typeChange, ""),
		"disable strong authentication":             onUser(typeChange, ""),
		"enable strong authentication":              onUser(typeChange, ""),
		"update stsrefreshtokenvalidfrom timestamp": onUser(typeChange, ""),
		"add app role assignment grant to user":     onUser(typeChange, ""),

		"add group":                        onGroup(typeCreation, "added-group-account"),
		"update group":                     onGroup(typeChange, "modified-group-account"),
		"delete group":                     onGroup(typeDeletion, "deleted-group-account"),
		"hard delete group":                onGroup(typeDeletion, "deleted-group-account"),
		"restore group":                    onGroup(typeChange, "restored-group-account"),
		"add member to group":              onMember("added-member-to-group"),
		"remove member from group":         onMember("removed-member-from-group"),
		"add owner to group":               onMember("added-owner-to-group"),
		"remove owner from group":          onMember("removed-owner-from-group"),
		"add member to role":               onMember("added-member-to-role"),
		"remove member from role":          onMember("removed-member-from-role"),
		"add eligible member to role":      onMember("added-eligible-member-to-role"),
		"remove eligible member from role": onMember("removed-eligible-member-from-role"),
		"add scoped member to role":        onMember("added-scoped-member-to-role"),
		"remove scoped member from role":   onMember("removed-scoped-member-from-role"),

		"consent to application": {categories: catIAM, types: typeAdmin | typeChange},

		"add registered owner to device":                    onOwner,
		"add registered users to device":                    onOwner,
		"remove registered owner from device":               onOwner,
		"remove registered users from device":               onOwner,
		"add owner to application":                          onOwner,
		"remove owner from application":                     onOwner,
		"add owner to service principal":                    onOwner,
		"remove owner from service principal":               onOwner,
		"add service principal credentials":                 onPart,
		"remove service principal credentials":              onPart,
		"add app role assignment to service principal":      onPart,
		"remove app role assignment from service principal": onPart,

		"add conditional access policy":     onPolicy(typeCreation),
		"update conditional access policy":  onPolicy(typeChange),
		"delete conditional access policy":  onPolicy(typeDeletion),
		"add policy":                        onPolicy(typeCreation),
		"update policy":                     onPolicy(typeChange),
		"delete policy":                     onPolicy(typeDeletion),
		"set domain authentication":         onPolicy(typeChange),
		"set federation settings on domain": onPolicy(typeChange),
		"set company information":           onPolicy(typeChange),
		"set dirsyncenabled flag":           onPolicy(typeChange),
		"set password policy":               onPolicy(typeChange),
		"update authorization policy":       onPolicy(typeChange),
		"set company allowed data location": onPolicy(typeChange),
		"set partnership":                   onPolicy(typeChange),
	},
}

func onUser(t ecsTypes, action string) ecsClass {
	return ecsClass{categories: catIAM, types: t | typeUser, action: action, target: targetUser}
}

func onGroup(t ecsTypes, action string) ecsClass {
	return ecsClass{categories: catIAM, types: t | typeGroup, action: action}
}

// onMember is a change of who is in a group or role: ObjectId is who.
func onMember(action string) ecsClass {
	return ecsClass{categories: catIAM, types: typeChange | typeGroup, action: action, target: targetUser}
}

// onOwner is a change of whose a device or an app is: ObjectId is who. onPart is
// one of what it has: what is added or removed is less than the app.
var (
	onOwner = ecsClass{categories: catIAM, types: typeAdmin | typeChange, target: targetUser}
	onPart  = ecsClass{categories: catIAM, types: typeAdmin | typeChange}
)

func onPolicy(t ecsTypes) ecsClass {
	return ecsClass{categories: catConfiguration | catIAM, types: t | typeAdmin}
}

// ecsRoles are those who may do what in the portals.
var ecsRoles = ecsFamily{categories: catIAM, also: typeAdmin}

var ecsSharePoint = ecsFamily{
	categories: catFile,
	operations: map[string]ecsClass{
		"filemodifiedextended":             onFile(typeChange),
		"fileaccessedextended":             onFile(typeAccess),
		"filesyncdownloadedfull":           onFile(typeAccess),
		"filesyncdownloadedpartial":        onFile(typeAccess),
		"filesyncuploadedfull":             onFile(typeCreation),
		"filesyncuploadedpartial":          onFile(typeChange),
		"filecheckedin":                    onFile(typeChange),
		"filecheckedout":                   onFile(typeChange),
		"filecheckoutdiscarded":            onFile(typeChange),
		"filedeletedfirststagerecyclebin":  onFile(typeDeletion),
		"filedeletedsecondstagerecyclebin": onFile(typeDeletion),
		"fileversionsalldeleted":           onFile(typeDeletion),
		"fileversionsallrecycled":          onFile(typeDeletion),
		"filetranscriptrequest":            onFile(typeAccess),
		"filemalwaredetected":              {kind: ecsAlert, categories: catFile | catMalware, types: typeInfo},
		"compliancesettingchanged":         onSetting(typeChange),
		"lockrecord":                       onFile(typeChange),
		"unlockrecord":                     onFile(typeChange),

		"pageviewed":                     onPage,
		"pageviewedextended":             onPage,
		"pageprefetched":                 onPage,
		"clientviewsignaled":             onPage,
		"searchqueryperformed":           onPage,
		"searchqueryinitiatedsharepoint": onPage,

		"sharingset":                onSharing(typeChange),
		"sharingrevoked":            onSharing(typeChange),
		"sharinginheritancebroken":  onSharing(typeChange),
		"sharinginheritancereset":   onSharing(typeChange),
		"sharinginvitationcreated":  onSharing(typeCreation),
		"sharinginvitationaccepted": onSharing(typeChange),
		"sharinginvitationrevoked":  onSharing(typeDeletion),
		"sharinginvitationblocked":  onSharing(typeChange),
		"anonymouslinkcreated":      onSharing(typeCreation),
		"anonymouslinkupdated":      onSharing(typeChange),
		"anonymouslinkremoved":      onSharing(typeDeletion),
		"anonymouslinkused":         onFile(typeAccess),
		"companylinkcreated":        onSharing(typeCreation),
		"companylinkremoved":        onSharing(typeDeletion),
		"companylinkused":           onFile(typeAccess),
		"securelinkcreated":         onSharing(typeCreation),
		"securelinkupdated":         onSharing(typeChange),
		"securelinkdeleted":         onSharing(typeDeletion),
		"securelinkused":            onFile(typeAccess),
		"addedtosecurelink":         onSharing(typeChange),
		"removedfromsecurelink":     onSharing(typeChange),
		"accessrequestcreated":      onSharing(typeCreation),
		"accessrequestapproved":     onSharing(typeChange),
		"accessrequestdenied":       onSharing(typeChange),

		"addedtogroup":                      onGroup(typeChange, "added-users-to-group"),
		"removedfromgroup":                  onGroup(typeChange, "removed-users-from-group"),
		"groupadded":                        onGroup(typeCreation, "added-group-account"),
		"groupupdated":                      onGroup(typeChange, "modified-group-account"),
		"groupremoved":                      onGroup(typeDeletion, "deleted-group-account"),
		"sitecollectionadminadded":          {categories: catIAM, types: typeAdmin | typeChange | typeUser},
		"sitecollectionadminremoved":        {categories: catIAM, types: typeAdmin | typeChange | typeUser},
		"siteadminchangerequest":            {categories: catIAM, types: typeAdmin | typeChange},
		"permissionleveladded":              {categories: catIAM, types: typeAdmin | typeCreation},
		"permissionlevelmodified":           {categories: catIAM, types: typeAdmin | typeChange},
		"permissionlevelremoved":            {categories: catIAM, types: typeAdmin | typeDeletion},
		"permissionlevelsinheritancebroken": {categories: catIAM, types: typeAdmin | typeChange},

		"sitecollectioncreated":      onSetting(typeCreation),
		"sitedeleted":                onSetting(typeDeletion),
		"siterenamed":                onSetting(typeChange),
		"sharingpolicychanged":       onSetting(typeChange),
		"deviceaccesspolicychanged":  onSetting(typeChange),
		"networkaccesspolicychanged": onSetting(typeChange),
		"allowanonymouslinkschanged": onSetting(typeChange),
		"managedsyncclientallowed":   {categories: catNetwork, types: typeAccess},
		"unmanagedsyncclientblocked": {categories: catNetwork, types: typeDenied},
	},
}

var onPage = ecsClass{categories: catWeb, types: typeAccess}

func onFile(t ecsTypes) ecsClass { return ecsClass{categories: catFile, types: t} }

// onSharing is a change of who may see a file.
func onSharing(t ecsTypes) ecsClass { return ecsClass{categories: catFile | catIAM, types: t} }

func onSetting(t ecsTypes) ecsClass { return ecsClass{categories: catConfiguration, types: t} }

// ecsLists are pages and lists in SharePoint that are no files.
var ecsLists = ecsFamily{
	categories: catAPI | catWeb, also: typeInfo,
	operations: map[string]ecsClass{
		"searchqueryperformed": onPage,
	},
}

var ecsFiles = ecsFamily{
	categories: catFile,
	operations: map[string]ecsClass{
		"discover":                    onFile(typeAccess),
		"accessdenied":                onFile(typeAccess),
		"streaminvokevideodownload":   onFile(typeAccess),
		"streaminvokevideoview":       onFile(typeAccess),
		"filesensitivitylabelapplied": onFile(typeChange),
		"filesensitivitylabelchanged": onFile(typeChange),
		"filesensitivitylabelremoved": onFile(typeChange),
		"sensitivitylabelapplied":     onFile(typeChange),
		"sensitivitylabelupdated":     onFile(typeChange),
		"sensitivitylabelremoved":     onFile(typeChange),
	},
}

// ecsMailbox is what people do in mailboxes.
var ecsMailbox = ecsFamily{
	categories: catEmail, types: typeInfo,
	operations: map[string]ecsClass{
		"mailboxlogin":             {categories: catAuthentication | catEmail, types: typeInfo | typeStart},
		"addfolderpermissions":     onMailboxRights,
		"modifyfolderpermissions":  onMailboxRights,
		"updatefolderpermissions":  onMailboxRights,
		"removefolderpermissions":  onMailboxRights,
		"updatecalendardelegation": onMailboxRights,
		"updateinboxrules":         {categories: catConfiguration | catEmail, types: typeChange | typeInfo},
	},
}

var onMailboxRights = ecsClass{categories: catEmail | catIAM, types: typeChange | typeInfo | typeUser}

// ecsMail is what was seen of messages on their way.
var ecsMail = ecsFamily{
	categories: catEmail, types: typeInfo,
	operations: map[string]ecsClass{
		"dlprulematch": {kind: ecsAlert, categories: catEmail | catFile, types: typeAccess | typeInfo},
	},
}

// ecsCmdlets are settings, by PowerShell or a portal.
var ecsCmdlets = ecsFamily{
	categories: catConfiguration,
	operations: map[string]ecsClass{
		"listed":                          onSetting(typeChange), // as one who may not send any more
		"delisted":                        onSetting(typeChange),
		"add-mailboxpermission":           onRights(typeCreation | typeUser),
		"remove-mailboxpermission":        onRights(typeDeletion | typeUser),
		"add-mailboxfolderpermission":     onRights(typeCreation | typeUser),
		"set-mailboxfolderpermission":     onRights(typeChange | typeUser),
		"remove-mailboxfolderpermission":  onRights(typeDeletion | typeUser),
		"add-recipientpermission":         onRights(typeCreation | typeUser),
		"remove-recipientpermission":      onRights(typeDeletion | typeUser),
		"new-managementroleassignment":    onRights(typeAdmin | typeCreation),
		"set-managementroleassignment":    onRights(typeAdmin | typeChange),
		"remove-managementroleassignment": onRights(typeAdmin | typeDeletion),
		"add-rolegroupmember":             onRights(typeAdmin | typeChange | typeGroup),
		"remove-rolegroupmember":          onRights(typeAdmin | typeChange | typeGroup),
		"update-rolegroupmember":          onRights(typeAdmin | typeChange | typeGroup),
		"new-rolegroup":                   onRights(typeAdmin | typeCreation | typeGroup),
		"set-rolegroup":                   onRights(typeAdmin | typeChange | typeGroup),
		"remove-rolegroup":                onRights(typeAdmin | typeDeletion | typeGroup),
		"new-distributiongroup":           onRights(typeCreation | typeGroup),
		"set-distributiongroup":           onRights(typeChange | typeGroup),
		"remove-distributiongroup":        onRights(typeDeletion | typeGroup),
		"add-distributiongroupmember":     onRights(typeChange | typeGroup),
		"remove-distributiongroupmember":  onRights(typeChange | typeGroup),
		"new-mailbox":                     onRights(typeCreation | typeUser),
		"remove-mailbox":                  onRights(typeDeletion | typeUser),
		"new-mailuser":                    onRights(typeCreation | typeUser),
		"remove-mailuser":                 onRights(typeDeletion | typeUser),
		"set-user":                        onRights(typeChange | typeUser),
	},
}

// onRights is a setting of who may do what.
func onRights(t ecsTypes) ecsClass { return ecsClass{categories: catConfiguration | catIAM, types: t} }

var ecsTeams = ecsFamily{
	categories: catAPI,
	operations: map[string]ecsClass{
		"teamcreated":               onGroup(typeCreation, "added-group-account-to"),
		"teamdeleted":               onGroup(typeDeletion, "deleted-group-account-from"),
		"teamsettingchanged":        onGroup(typeChange, "modified-group-account"),
		"memberadded":               onGroup(typeChange, "added-users-to-group"),
		"memberremoved":             onGroup(typeChange, "removed-users-from-group"),
		"memberrolechanged":         {categories: catIAM, types: typeChange | typeUser},
		"teamssessionstarted":       {categories: catAuthentication | catSession, types: typeStart},
		"meetingdetail":             {categories: catSession, types: typeInfo},
		"meetingparticipantdetail":  {categories: catSession, types: typeInfo},
		"teamstenantsettingchanged": onSetting(typeChange),
		"channelsettingchanged":     onSetting(typeChange),
		"appinstalled":              onSetting(typeCreation),
		"appupgraded":               onSetting(typeChange),
		"appuninstalled":            onSetting(typeDeletion),
		"botaddedtoteam":            onSetting(typeCreation),
		"botremovedfromteam":        onSetting(typeDeletion),
		"connectoradded":            onSetting(typeCreation),
		"connectorupdated":          onSetting(typeChange),
		"connectorremoved":          onSetting(typeDeletion),
		"tabadded":                  onSetting(typeCreation),
		"tabupdated":                onSetting(typeChange),
		"tabremoved":                onSetting(typeDeletion),
		"messagecreatedhaslink":     {categories: catAPI, types: typeCreation},
		"messageeditedhaslink":      {categories: catAPI, types: typeChange},
	},
}

var ecsYammer = ecsFamily{
	categories: catAPI,
	operations: map[string]ecsClass{
		"groupcreation":                         onGroup(typeCreation, "added-group-account"),
		"groupdeletion":                         onGroup(typeDeletion, "deleted-group-account"),
		"networkusersuspended":                  {categories: catIAM, types: typeChange | typeUser},
		"usersuspension":                        {categories: catIAM, types: typeChange | typeUser},
		"supervisoradmintoggled":                {categories: catIAM, types: typeAdmin | typeChange},
		"networkconfigurationupdated":           onSetting(typeChange),
		"networksecurityconfigurationupdated":   onSetting(typeChange),
		"processprofilefields":                  onSetting(typeChange),
		"harddeletenetworkconfigurationsetting": onSetting(typeDeletion),
		"filecreated":                           onFile(typeCreation),
		"filedownloaded":                        onFile(typeAccess),
		"fileshared":                            onFile(typeChange),
		"fileupdatedescription":                 onFile(typeChange),
		"fileupdatename":                        onFile(typeChange),
		"filevisited":                           onFile(typeAccess),
	},
}

var ecsDLP = ecsFamily{kind: ecsAlert, categories: catFile, types: typeAccess}

// ecsEndpoint is what is done with files on devices; only a match is an alert.
var ecsEndpoint = ecsFamily{
	categories: catFile,
	operations: map[string]ecsClass{
		"dlprulematch":                     {kind: ecsAlert, categories: catFile, types: typeAccess},
		"filecopiedtoremovablemedia":       onFile(typeAccess),
		"filecopiedtoclipboard":            onFile(typeAccess),
		"filecopiedtonetworkshare":         onFile(typeAccess),
		"filecopiedtoremotedesktopsession": onFile(typeAccess),
		"fileuploadedtocloud":              onFile(typeAccess),
		"fileprinted":                      onFile(typeAccess),
	},
}

// ecsDetections are alerts of Defender and what belongs to it.
var ecsDetections = ecsFamily{
	kind: ecsAlert, categories: catIntrusion, types: typeInfo,
	operations: map[string]ecsClass{
		"atpdetection":   {kind: ecsAlert, categories: catFile | catMalware, types: typeInfo},
		"tiurlclickdata": {kind: ecsAlert, categories: catIntrusion | catWeb, types: typeAccess | typeInfo},
	},
}

// ecsInvestigations is the work on such alerts.
var ecsInvestigations = ecsFamily{categories: catAPI | catIntrusion, also: typeInfo}
