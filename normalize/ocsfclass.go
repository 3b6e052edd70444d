package normalize

import (
	"bytes"
	"maps"
)

// ocsfClass is a class of events of OCSF, as a row of ocsfClasses.
type ocsfClass uint8

// The classes that records fall into.
const (
	ocsfBase ocsfClass = iota
	ocsfAccountChange
	ocsfAuthentication
	ocsfEntity
	ocsfUserAccess
	ocsfGroup
	ocsfEmail
	ocsfDetection
	ocsfDataSecurity
	ocsfWeb
	ocsfAPI
	ocsfFileHosting
)

// ocsfActivity is what a record tells: a class, and an activity of it.
type ocsfActivity struct {
	class ocsfClass
	id    uint8
}

// The activities that all classes have, and one that the operation decides: the
// verb in its name.
const (
	activityUnknown = 0
	activityOther   = 99
	byVerb          = 255
)

// The activities of classes about things that are made, read and changed: API,
// web resources and entities.
const (
	activityCreate = 1
	activityRead   = 2
	activityUpdate = 3
	activityDelete = 4
	activitySearch = 5 // of web resources alone
)

// ocsfClassInfo is what the schema says of a class. The names of its activities
// stand at their ids.
type ocsfClassInfo struct {
	uid, category      int64
	name, categoryName string
	activities         []string
}

const (
	findings    = "Findings"
	iam         = "Identity & Access Management"
	application = "Application Activity"
)

var crud = []string{activityCreate: "Create", activityRead: "Read", activityUpdate: "Update", activityDelete: "Delete"}

// ocsfClasses are the classes, from schema.ocsf.io, version 1.8.0.
var ocsfClasses = [...]ocsfClassInfo{
	ocsfBase: {0, 0, "Base Event", "Uncategorized", nil},
	ocsfAccountChange: {3001, 3, "Account Change", iam, []string{
		1: "Create", 2: "Enable", 3: "Password Change", 4: "Password Reset", 5: "Disable", 6: "Delete", 10: "MFA Factor Enable", 11: "MFA Factor Disable",
	}},
	ocsfAuthentication: {3002, 3, "Authentication", iam, []string{1: "Logon", 2: "Logoff"}},
	ocsfEntity:         {3004, 3, "Entity Management", iam, crud},
	ocsfUserAccess:     {3005, 3, "User Access Management", iam, []string{1: "Assign Privileges", 2: "Revoke Privileges"}},
	ocsfGroup:          {3006, 3, "Group Management", iam, []string{3: "Add User", 4: "Remove User", 5: "Delete", 6: "Create"}},
	ocsfEmail:          {4009, 4, "Email Activity", "Network Activity", []string{1: "Send", 2: "Receive", 3: "Scan"}},
	ocsfDetection:      {2004, 2, "Detection Finding", findings, []string{1: "Create", 2: "Update", 3: "Close"}},
	ocsfDataSecurity:   {2006, 2, "Data Security Finding", findings, []string{1: "Create"}},
	ocsfWeb: {6001, 6, "Web Resources Activity", application, []string{
		activityCreate: "Create", activityRead: "Read", activityUpdate: "Update", activityDelete: "Delete", activitySearch: "Search",
	}},
	ocsfAPI: {6003, 6, "API Activity", application, crud},
	ocsfFileHosting: {6006, 6, "File Hosting Activity", application, []string{
		1: "Upload", 2: "Download", 3: "Update", 4: "Delete", 5: "Rename", 6: "Copy", 7: "Move", 8: "Restore", 9: "Preview", 10: "Lock", 11: "Unlock",
		12: "Share", 13: "Unshare", 14: "Open",
	}},
}

// ocsfFamily says of some record types what their operations are. Names are in
// lower case, without the full stop of Entra's.
type ocsfFamily struct {
	types      []int
	operations map[string]ocsfActivity // by the whole name
	beginnings []ocsfBeginning         // then by the first of these that fits
	rest       ocsfActivity            // then this
	verb       string                  // top-level field with the verb, where the operation has none
}

type ocsfBeginning struct {
	text string
	is   ocsfActivity
}

// ocsfUnknown are the records of all types that are in no family: an activity of
// the API, by its verb where there is one. ocsfUntyped are those whose RecordType
// is no number: their operation is looked for in all families.
var (
	ocsfUnknown = ocsfFamily{rest: ocsfActivity{ocsfAPI, byVerb}}
	ocsfUntyped = ocsfFamily{operations: ocsfAllOperations(), rest: ocsfActivity{ocsfAPI, byVerb}}
)

func ocsfAllOperations() map[string]ocsfActivity {
	all := map[string]ocsfActivity{}
	for i := range ocsfFamilies {
		maps.Copy(all, ocsfFamilies[i].operations)
	}
	return all
}

var ocsfByType = func() (table [512]*ocsfFamily) {
	for i := range table {
		table[i] = &ocsfUnknown
	}
	for i := range ocsfFamilies {
		for _, t := range ocsfFamilies[i].types {
			table[t] = &ocsfFamilies[i]
		}
	}
	return table
}()

// ocsfFamilyOf returns the family of a RecordType.
func ocsfFamilyOf(recordType int) *ocsfFamily {
	if recordType < 0 {
		return &ocsfUntyped
	}
	if recordType >= len(ocsfByType) {
		return &ocsfUnknown
	}
	return ocsfByType[recordType]
}

// operationRoom is longer than the longest name of an operation that is known:
// "Add app role assignment to service principal." has 46.
const operationRoom = 64

// activityOf looks an operation up. The byVerb of a table is resolved here.
func (f *ocsfFamily) activityOf(operation []byte) ocsfActivity {
	var room [operationRoom]byte
	name := foldOperation(&room, operation)
	is, ok := f.operations[string(name)]
	for i := 0; !ok && i < len(f.beginnings); i++ {
		if b := &f.beginnings[i]; hasPrefixFold(name, b.text) {
			is, ok = b.is, true
		}
	}
	if !ok {
		is = f.rest
	}
	if is.id == byVerb {
		is.id = verbIn(name, operation)
	}
	return is
}

// verbInText returns what a text in place of an operation says was done.
func verbInText(text []byte) uint8 {
	var room [operationRoom]byte
	return verbIn(foldOperation(&room, text), text)
}

// foldOperation returns an operation in lower case, in room, without blanks and
// full stops at its end; nothing when it is too long to be known.
func foldOperation(room *[operationRoom]byte, operation []byte) []byte {
	for len(operation) > 0 && (operation[len(operation)-1] == '.' || operation[len(operation)-1] == ' ') {
		operation = operation[:len(operation)-1]
	}
	operation = operation[:min(len(operation), len(room))]
	for i, c := range operation {
		room[i] = lowered(c)
	}
	return room[:len(operation)]
}

func lowered(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// verbIn returns what the name of an operation says was done: a participle at its
// end (SearchCreated), else the first verb ("Update group.", AddedToGroup). Of a
// cmdlet (Set-Mailbox) only the first word counts. Folded is the name in lower
// case, as long as it or shorter.
func verbIn(folded, name []byte) uint8 {
	first := uint8(activityOther)
	for at := 0; at < len(folded); {
		end := at + 1
		for end < len(folded) && inWord(folded[end]) && (folded[end] == name[end] || name[end-1] != folded[end-1]) {
			end++ // a capital behind a small letter begins a word
		}
		word := folded[at:end]
		if id, ok := verbs[string(word)]; ok && (first == activityOther || end == len(folded) && bytes.HasSuffix(word, []byte("ed"))) {
			first = id
		}
		if at == 0 && end < len(folded) && folded[end] == '-' {
			break
		}
		for at = end; at < len(folded) && !inWord(folded[at]); {
			at++
		}
	}
	return first
}

func inWord(c byte) bool { return 'a' <= c && c <= 'z' || c >= 0x80 }

// verbs are the words in names of operations that say what was done. Words that
// are nouns as often (access, share, record) are not among them.
var verbs = func() map[string]uint8 {
	table := map[string]uint8{}
	for id, words := range map[uint8][]string{
		activityCreate: {
			"add", "added", "new", "create", "created", "creates", "register", "registered", "install", "installed", "import", "imported",
			"submit", "submitted", "submission", "send", "sent", "post", "posted", "invite", "invited", "upload", "uploaded", "generate",
			"generated", "publish", "published", "provision", "provisioned", "copied", "opened", "started", "consent",
		},
		activityRead: {
			"get", "gets", "view", "viewed", "read", "listed", "search", "searched", "export", "exported", "accessed", "download",
			"downloaded", "preview", "previewed", "print", "printed", "test", "find", "discover", "query", "queried", "bind", "launch", "launched",
			"visited", "played", "detail", "retrieve", "retrieved",
		},
		activityUpdate: {
			"set", "update", "updated", "edit", "edited", "modify", "modified", "change", "changed", "rename", "renamed", "move", "moved", "enable",
			"enabled", "disable", "disabled", "apply", "applied", "restore", "restored", "reset", "approve", "approved", "reject", "rejected",
			"release", "released", "grant", "granted", "put", "patch", "activate", "activated", "deactivate", "deactivated", "convert", "converted",
			"assign", "assigned", "lock", "locked", "unlock", "unlocked", "close", "closed", "reopen", "reopened", "complete", "completed",
			"resolve", "resolved", "suspend", "suspended", "resume", "resumed", "upgrade", "upgraded", "renew", "renewed", "configure", "configured",
			"share", "shared", "unshare", "unshared", "promote", "promoted", "extend", "extended",
		},
		activityDelete: {
			"remove", "removed", "delete", "deleted", "purge", "purged", "uninstall", "uninstalled", "revoke", "revoked", "unassign", "unassigned",
			"cancel", "canceled", "expired", "clear", "cleared", "discard", "discarded", "recycled", "cleanup",
		},
	} {
		for _, w := range words {
			table[w] = id
		}
	}
	return table
}()
