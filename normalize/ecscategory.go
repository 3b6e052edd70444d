package normalize

import (
	"bytes"
	"math/bits"
)

// ecsKind is event.kind.
type ecsKind uint8

const (
	ecsEvent ecsKind = iota
	ecsAlert
)

var ecsKindNames = [...]string{ecsEvent: "event", ecsAlert: "alert"}

// ecsCategories is event.category, a set of what ECS has for it and we need.
type ecsCategories uint16

const (
	catAPI ecsCategories = 1 << iota
	catAuthentication
	catConfiguration
	catEmail
	catFile
	catHost
	catIAM
	catIntrusion
	catMalware
	catNetwork
	catSession
	catWeb
)

var ecsCategoryNames = [...]string{
	"api", "authentication", "configuration", "email", "file", "host", "iam", "intrusion_detection", "malware", "network", "session", "web",
}

// ecsTypes is event.type, a set as well.
type ecsTypes uint16

const (
	typeAccess ecsTypes = 1 << iota
	typeAdmin
	typeChange
	typeCreation
	typeDeletion
	typeDenied
	typeEnd
	typeGroup
	typeInfo
	typeStart
	typeUser
)

var ecsTypeNames = [...]string{
	"access", "admin", "change", "creation", "deletion", "denied", "end", "group", "info", "start", "user",
}

// ecsAllowed are the types that ECS expects of each category, as far as we have
// them: ECS 9.4.0, schemas/event.yml, expected_event_types.
var ecsAllowed = [len(ecsCategoryNames)]ecsTypes{
	typeAccess | typeAdmin | typeChange | typeCreation | typeDeletion | typeDenied | typeEnd | typeInfo | typeStart | typeUser, // api
	typeEnd | typeInfo | typeStart,                                   // authentication
	typeAccess | typeChange | typeCreation | typeDeletion | typeInfo, // configuration
	typeInfo, // email
	typeAccess | typeChange | typeCreation | typeDeletion | typeInfo,                       // file
	typeAccess | typeChange | typeEnd | typeInfo | typeStart,                               // host
	typeAdmin | typeChange | typeCreation | typeDeletion | typeGroup | typeInfo | typeUser, // iam
	typeDenied | typeInfo, // intrusion_detection
	typeInfo,              // malware
	typeAccess | typeDenied | typeEnd | typeInfo | typeStart, // network
	typeEnd | typeInfo | typeStart,                           // session
	typeAccess | typeInfo,                                    // web
}

// allowed returns the types that go with any of the categories.
func (c ecsCategories) allowed() (types ecsTypes) {
	for ; c != 0; c &= c - 1 {
		types |= ecsAllowed[bits.TrailingZeros16(uint16(c))]
	}
	return types
}

// ecsTarget says what the ObjectId of a directory operation names.
type ecsTarget uint8

const (
	targetNone ecsTarget = iota
	targetUser
)

// ecsClass is what an operation is in the words of ECS.
type ecsClass struct {
	kind       ecsKind
	categories ecsCategories // none: it cannot be told
	types      ecsTypes
	action     string // "" for the Operation itself
	target     ecsTarget
}

// ecsFamily is what record types have in common.
type ecsFamily struct {
	kind       ecsKind
	categories ecsCategories
	types      ecsTypes            // of all operations; 0: their verb decides
	also       ecsTypes            // beside what the verb decides
	operations map[string]ecsClass // those that differ, as operationKey has them
}

// class returns what an operation of the family is.
func (f *ecsFamily) class(operation []byte) ecsClass {
	var room [foldRoom]byte
	if c, ok := f.operations[string(operationKey(&room, operation))]; ok {
		return c
	}
	c := ecsClass{kind: f.kind, categories: f.categories, types: f.types}
	if c.types == 0 {
		c.types = (verbOf(operation) | f.also) & f.categories.allowed()
	}
	if c.types == 0 {
		c.types = typeInfo
	}
	return c
}

// operationKey returns an operation as the tables have it: in lower case, without
// the point that Entra ends most of its own with. Nil for one that is too long to
// be there.
func operationKey(room *[foldRoom]byte, operation []byte) []byte {
	return fold(room, bytes.TrimRight(operation, ". "))
}

// classify finds what the record in hand is.
func (n *Normalizer) classify() ecsClass {
	operation := n.fieldText(fieldOperation)
	t := n.recordType
	switch {
	case n.isAlert():
		return n.alertClass()
	case t >= 0 && t < len(ecsFamilyOf) && ecsFamilyOf[t] != nil:
		return ecsFamilyOf[t].class(operation)
	case n.dlp.is:
		return ecsDLP.class(operation)
	case n.isSignIn():
		return ecsSignIns.class(operation)
	default: // a number that Microsoft has not documented
		return ecsClass{}
	}
}

// ecsAlertCategories has a category for each of Microsoft's.
var ecsAlertCategories = map[string]ecsCategories{
	"accessgovernance":      catIAM,
	"datagovernance":        catFile,
	"datalossprevention":    catFile,
	"insiderriskmanagement": catIntrusion,
	"mailflow":              catEmail,
	"threatmanagement":      catIntrusion,
}

// alertClass is the class of an alert, by its Category.
func (n *Normalizer) alertClass() ecsClass {
	var room [foldRoom]byte
	c := ecsClass{kind: ecsAlert, types: typeInfo}
	c.categories = ecsAlertCategories[string(fold(&room, n.fieldText(fieldCategory)))]
	if c.categories == 0 {
		c.categories = catIntrusion
	}
	return c
}

// names appends a member that is the list of the words of a set.
func (l *layer) names(key string, set uint16, words []string) {
	if set == 0 {
		return
	}
	l.key(key)
	l.list()
	for ; set != 0; set &= set - 1 {
		l.item()
		l.string(words[bits.TrailingZeros16(set)])
	}
	l.close()
}
