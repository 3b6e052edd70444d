package normalize

import "bytes"

// The severities of OCSF that Microsoft has words for, and that of a finding
// without one.
const (
	severityUnknown       = 0
	severityInformational = 1
	severityLow           = 2
	severityMedium        = 3
	severityHigh          = 4
)

var ocsfSeverities = [...]string{
	severityUnknown: keyUnknown, severityInformational: "Informational", severityLow: "Low", severityMedium: "Medium", severityHigh: "High",
}

// ocsfSeverity returns the severity of a word, unknown where it is none.
func ocsfSeverity(text []byte) int64 {
	var room [foldRoom]byte
	word := fold(&room, text)
	for i, s := range severities {
		if s.name == string(word) {
			return int64(i) + severityInformational
		}
	}
	return severityUnknown
}

// The states of events that are no findings.
const (
	statusSuccess = 1
	statusFailure = 2
	statusOther   = 99
)

func (n *Normalizer) ocsfStatusIs(id int64) {
	l := &n.layer
	l.member("status_id", intNode(id))
	switch id {
	case statusSuccess:
		n.ocsfStatusWord("Success")
	case statusFailure:
		n.ocsfStatusWord("Failure")
	}
}

// ocsfStatusWord writes the word for a state. A ResultStatus that is the same is
// not in unmapped.
func (n *Normalizer) ocsfStatusWord(word string) {
	n.layer.word("status", word)
	if n.record.tape != nil && string(n.fieldText(fieldResultStatus)) == word {
		n.taken(n.field(fieldResultStatus))
	}
}

// ocsfStatus writes how it went: the normalized state, and what the service says
// of it. A ResultStatus that says neither success nor failure is a state of its
// own.
func (n *Normalizer) ocsfStatus() {
	switch n.attempted() {
	case success:
		n.ocsfStatusIs(statusSuccess)
	case failure:
		n.ocsfStatusIs(statusFailure)
	default:
		d := n.original()
		if _, ok := n.scalar(&d, n.field(fieldResultStatus)); ok {
			n.ocsfStatusIs(statusOther)
			n.claim("status", fieldResultStatus)
		}
	}
	n.ocsfStatusDetail()
}

func (n *Normalizer) ocsfStatusDetail() {
	n.claim("status_detail", fieldLogonError)
	n.claim("status_code", fieldErrorNumber)
}

// api writes the operation; the class API Activity requires one.
func (n *Normalizer) api(required bool) {
	l := &n.layer
	d := n.original()
	operation, ok := n.operationText(&d)
	if !ok && !required {
		return
	}
	l.key("api")
	l.open()
	if ok {
		l.member("operation", operation)
		n.taken(n.field(fieldOperation))
	} else {
		l.word("operation", keyUnknown)
	}
	if n.ocsf.service.kind == String {
		l.key("service")
		l.open()
		l.member("name", n.ocsf.service)
		l.close()
	}
	l.close()
}

// apiActivity writes what the class has of its own. All of it can be had of any
// record.
func (n *Normalizer) apiActivity() {
	n.ocsfActor()
	n.srcEndpoint()
	n.httpRequest()
	n.api(true)
	n.ocsfStatus()
	n.resource()
}

// resource writes the object that was worked on.
func (n *Normalizer) resource() {
	l := &n.layer
	d := n.original()
	v, ok := n.scalar(&d, n.field(fieldObjectID))
	if !ok || isNobody(n.str(v)) {
		return
	}
	l.key("resources")
	l.list()
	l.item()
	l.open()
	l.member("uid", v)
	n.taken(n.field(fieldObjectID))
	l.close()
	l.close()
}

// servicePrincipal begins the UserId of an app.
const servicePrincipal = "ServicePrincipal_"

// ocsfActor writes who did it: the user, and the app that it was done with. There is
// one always, for classes that require it.
func (n *Normalizer) ocsfActor() {
	l := &n.layer
	l.key("actor")
	l.open()
	n.ocsfUser("user")
	d := n.original()
	if i := n.field(fieldUserID); i != 0 && d.tape.nodes[i].kind == String && hasPrefixFold(n.fieldText(fieldUserID), "serviceprincipal_") &&
		int(d.tape.nodes[i].n) > len(servicePrincipal) {
		v := d.tape.nodes[i]
		l.member("app_uid", v.cut(len(servicePrincipal), int(v.n)))
	} else {
		n.claim("app_uid", fieldApplicationID)
	}
	n.claim("app_name", fieldApplicationDisplayName)
	if l.nodes[l.stack[l.depth-1]].n == 0 {
		if n.ocsf.service.kind == String {
			l.member("app_name", n.ocsf.service)
		} else {
			l.word("app_name", keyUnknown)
		}
	}
	l.close()
}

// userTypes are the types of OCSF for Microsoft's UserType: regular, (reserved),
// admin, (data center admin), system.
var userTypes = [...]int64{1, 99, 2, 99, 3}

// hasUser reports whether the record says who did it.
func (n *Normalizer) hasUser() bool {
	d := n.original()
	_, name := n.scalar(&d, n.field(fieldUserID))
	_, key := n.scalar(&d, n.field(fieldUserKey))
	return name || key
}

// ocsfUser writes the user who did it, if the record says who.
func (n *Normalizer) ocsfUser(key string) {
	if !n.hasUser() {
		return
	}
	l := &n.layer
	l.key(key)
	l.open()
	d := n.original()
	n.claim("name", fieldUserID)
	isPerson := n.userAddress(&d, n.field(fieldUserID))
	// An agent that tells of a person has a UserKey and a UserType of its own.
	if !isPerson || !isNobody(n.fieldText(fieldUserKey)) {
		n.claim("uid", fieldUserKey)
		n.userType(&d)
	}
	l.close()
}

func (n *Normalizer) userType(d *document) {
	number, ok := whole(d, n.field(fieldUserType))
	if !ok {
		return
	}
	kind := int64(activityOther)
	if number >= 0 && number < int64(len(userTypes)) {
		kind = userTypes[number]
	}
	n.layer.member("type_id", intNode(kind))
}

// userAddress writes the e-mail address and the domain of a user's name that is one.
func (n *Normalizer) userAddress(d *document, i int) bool {
	who, ok := n.person(d, i)
	if !ok {
		return false
	}
	n.layer.member("domain", who.domain)
	if isEmail(n.str(who.upn)) {
		n.layer.member("email_addr", who.upn)
	}
	return true
}

// emailMembers writes the domain and the e-mail address that a user's name is, if
// it is one.
func (n *Normalizer) emailMembers(name Node) {
	if name.kind != String || !isEmail(n.str(name)) {
		return
	}
	at := bytes.IndexByte(n.str(name), '@')
	n.layer.member("domain", name.cut(at+1, int(name.n)))
	n.layer.member("email_addr", name)
}

// isEmail reports whether text has the form that the schema wants of an address.
func isEmail(text []byte) bool {
	at := bytes.IndexByte(text, '@')
	if at <= 0 {
		return false
	}
	for _, c := range text[:at] {
		if !isAlphanumeric(c) && bytes.IndexByte([]byte("!#$%&'*+-/=?^_`{|}~."), c) < 0 {
			return false
		}
	}
	domain := text[at+1:]
	dot := bytes.IndexByte(domain, '.')
	if dot <= 0 || dot == len(domain)-1 {
		return false
	}
	for _, c := range domain {
		if !isAlphanumeric(c) && c != '-' && c != '.' {
			return false
		}
	}
	return true
}

func isAlphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// srcEndpoint writes src_endpoint: the client, or, where the record does not say, the
// service that it came from.
func (n *Normalizer) srcEndpoint() {
	n.srcEndpointOf(n.client())
	for _, f := range addressFields {
		if n.takenAsIP(n.field(f)) {
			return
		}
	}
}

func (n *Normalizer) srcEndpointOf(a address) {
	l := &n.layer
	l.key("src_endpoint")
	l.open()
	if a.ip.IsValid() {
		at := len(l.texts)
		l.texts = a.ip.AppendTo(l.texts)
		n.ocsf.ip = l.since(at)
		l.member("ip", n.ocsf.ip)
	}
	if a.host != nil {
		l.key("hostname")
		l.text(a.host)
	}
	if a.port > 0 {
		l.member("port", intNode(int64(a.port)))
	}
	if !a.ip.IsValid() && a.host == nil {
		if n.ocsf.service.kind == String {
			l.member("svc_name", n.ocsf.service)
		} else {
			l.word("svc_name", keyUnknown)
		}
	}
	l.close()
}

// takenAsIP takes the field at nodes[i] out of unmapped, if the address that was
// written last is all of it.
func (n *Normalizer) takenAsIP(i int) bool {
	d, ip := n.original(), n.ocsf.ip
	if i == 0 || ip.kind != String || d.tape.nodes[i].kind != String || !bytes.Equal(d.text(d.tape.nodes[i]), n.str(ip)) {
		return false
	}
	n.taken(i)
	return true
}

// httpRequest writes the user agent.
func (n *Normalizer) httpRequest() {
	v, ok := n.agent()
	if !ok {
		return
	}
	l := &n.layer
	l.key("http_request")
	l.open()
	l.member("user_agent", v)
	l.close()
	d := n.original()
	if _, all := n.scalar(&d, n.field(fieldUserAgent)); all {
		n.taken(n.field(fieldUserAgent))
	}
}
