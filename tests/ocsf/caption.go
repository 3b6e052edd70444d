package ocsf

import "strings"

// other is the id of what has no id: the word beside it is that of the source.
const other = 99

// captions are the words that stand beside ids, by the attribute with the id: of
// a class or an object where that decides, else of all. The trimmed schema has
// none, so these are copied from schema.ocsf.io, version 1.8.0, as far as
// somebody writes them.
var captions = map[string]map[int64]string{
	"category_uid": {
		0: "Uncategorized", 2: "Findings", 3: "Identity & Access Management", 4: "Network Activity", 6: "Application Activity",
	},
	"class_uid": {
		0: "Base Event", 2004: "Detection Finding", 2006: "Data Security Finding", 3001: "Account Change", 3002: "Authentication",
		3004: "Entity Management", 3005: "User Access Management", 3006: "Group Management", 4009: "Email Activity",
		6001: "Web Resources Activity", 6003: "API Activity", 6006: "File Hosting Activity",
	},
	"activity_id": {0: "Unknown"},
	"account_change.activity_id": {
		1: "Create", 2: "Enable", 3: "Password Change", 4: "Password Reset", 5: "Disable", 6: "Delete", 7: "Attach Policy",
		8: "Detach Policy", 9: "Lock", 10: "MFA Factor Enable", 11: "MFA Factor Disable", 12: "Unlock",
	},
	"authentication.activity_id":        {1: "Logon", 2: "Logoff"},
	"entity_management.activity_id":     crud,
	"user_access.activity_id":           {1: "Assign Privileges", 2: "Revoke Privileges"},
	"group_management.activity_id":      {1: "Assign Privileges", 2: "Revoke Privileges", 3: "Add User", 4: "Remove User", 5: "Delete", 6: "Create"},
	"email_activity.activity_id":        {1: "Send", 2: "Receive", 3: "Scan", 4: "Trace", 5: "MTA Relay"},
	"detection_finding.activity_id":     {1: "Create", 2: "Update", 3: "Close"},
	"data_security_finding.activity_id": {1: "Create", 2: "Update", 3: "Close"},
	"web_resources_activity.activity_id": {
		1: "Create", 2: "Read", 3: "Update", 4: "Delete", 5: "Search", 6: "Import", 7: "Export", 8: "Share",
	},
	"api_activity.activity_id": crud,
	"file_hosting.activity_id": {
		1: "Upload", 2: "Download", 3: "Update", 4: "Delete", 5: "Rename", 6: "Copy", 7: "Move", 8: "Restore", 9: "Preview", 10: "Lock",
		11: "Unlock", 12: "Share", 13: "Unshare", 14: "Open", 15: "Sync", 16: "Unsync", 17: "Access Check",
	},
	"severity_id":                     {0: "Unknown", 1: "Informational", 2: "Low", 3: "Medium", 4: "High", 5: "Critical", 6: "Fatal"},
	"status_id":                       {0: "Unknown", 1: "Success", 2: "Failure"},
	"detection_finding.status_id":     findingStates,
	"data_security_finding.status_id": findingStates,
	"action_id":                       {0: "Unknown", 1: "Allowed", 2: "Denied", 3: "Observed", 4: "Modified"},
	"disposition_id":                  {0: "Unknown", 1: "Allowed", 2: "Blocked", 3: "Quarantined", 15: "Detected"},
	"direction_id":                    {0: "Unknown", 1: "Inbound", 2: "Outbound", 3: "Internal"},
	"file.type_id":                    {0: "Unknown", 1: "Regular File", 2: "Folder"},
	"analytic.type_id":                {0: "Unknown", 1: "Rule"},
	"observable.type_id":              {0: "Unknown", 1: "Hostname", 2: "IP Address", 4: "User Name", 5: "Email Address", 6: "URL String"},
	"fingerprint.algorithm_id":        {0: "Unknown", 1: "MD5", 2: "SHA-1", 3: "SHA-256"},
}

var (
	crud          = map[int64]string{1: "Create", 2: "Read", 3: "Update", 4: "Delete"}
	findingStates = map[int64]string{0: "Unknown", 1: "New", 2: "In Progress", 3: "Suppressed", 4: "Resolved"}
)

// beside is the attribute with the word for an id; "" for what is no id.
func beside(name string) string {
	switch name {
	case "activity_id", "category_uid", "class_uid":
		return strings.TrimSuffix(strings.TrimSuffix(name, "_id"), "_uid") + "_name"
	}
	word, found := strings.CutSuffix(name, "_id")
	if !found {
		return ""
	}
	return word
}

// caption checks the word beside an id.
func (v *validation) caption(path string, c *class, name string, o map[string]any) {
	word, is := o[beside(name)].(string)
	id, ok := integer(o[name])
	if !is || !ok || id == other {
		return
	}
	want, known := captions[c.Name+"."+name][id]
	if !known {
		want, known = captions[name][id]
	}
	switch {
	case !known:
		v.add(join(path, beside(name)), WrongCaption, "that of %s %d is not known", name, id)
	case word != want:
		v.add(join(path, beside(name)), WrongCaption, "%s, not %s as %s %d says", word, want, name, id)
	}
}
