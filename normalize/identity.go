package normalize

import "bytes"

// person is an address of a person, and the parts of it.
type person struct{ upn, name, domain Node }

// services are values of UserId and UserKey that name no person. Those of the
// agents and the words for nothing are no identity either: they give no field.
var services = [...]struct {
	name   string // lower case
	prefix bool
	nobody bool
}{
	{name: "securitycompliancealerts", nobody: true},
	{name: "dlpagent", nobody: true},
	{name: "dlppolicyeventbasedassistant", prefix: true, nobody: true},
	{name: "airinvestigation", nobody: true},
	{name: "threatintel", nobody: true},
	{name: "not available", nobody: true},
	{name: "not-found", nobody: true},
	{name: "unknown", nobody: true},
	{name: "null", nobody: true},
	{name: "<null>", nobody: true},
	{name: "certificate", nobody: true},
	{name: `nt authority\`, prefix: true},
	{name: `microsoft\serviceoperator`, prefix: true},
	{name: `sharepoint\system`},
	{name: "app@sharepoint"},
	{name: "serviceprincipal_", prefix: true},
}

// userPrefixes stand before the address of a person in claims of SharePoint.
var userPrefixes = [...]string{"urn:spo:guest#", "i:0#.f|membership|"}

// identity writes who did it: srcip_username, srcip_usersid and user.
func (n *Normalizer) identity() {
	d := n.original()
	who, isPerson := n.person(&d, n.field(fieldUserID))
	if !isPerson && n.isDLP() {
		// The agent is no person; the sender or owner is. The key is the agent's.
		if who, isPerson = n.metadataPerson(&d); isPerson {
			n.user(who, Node{})
			return
		}
	}
	key, isID := n.userKey(&d), true
	if key.kind != String && !isPerson {
		key, isID = n.userIDAsKey(&d)
	}
	if key.kind == String && isID {
		n.layer.member(keyUserSID, key)
	}
	n.user(who, key)
}

// user writes srcip_username and user{} of a person and an id, both optional.
func (n *Normalizer) user(who person, id Node) {
	l := &n.layer
	if who.upn.kind == String {
		l.member(keyUserName, who.upn)
	}
	l.key(keyUser)
	l.open()
	if id.kind == String {
		l.member("id", id)
	}
	n.personMembers(who)
	l.shut()
}

// personMembers writes name, domain and email of a person, if there is one.
func (n *Normalizer) personMembers(who person) {
	if who.upn.kind == String {
		l := &n.layer
		l.member("name", who.name)
		l.member("domain", who.domain)
		l.member("email", who.upn)
	}
}

// person reads the value at tape.nodes[i] as the address of a person.
func (n *Normalizer) person(d *document, i int) (person, bool) {
	if i == 0 || d.tape.nodes[i].kind != String {
		return person{}, false
	}
	v := d.tape.nodes[i]
	text := d.text(v)
	for _, p := range userPrefixes {
		if hasPrefixFold(text, p) {
			v, text = v.cut(len(p), len(text)), text[len(p):]
			break
		}
	}
	at := bytes.IndexByte(text, '@')
	if at <= 0 || at == len(text)-1 || bytes.IndexByte(text[at+1:], '@') >= 0 || !isAddress(text) || isService(text) {
		return person{}, false
	}
	v = n.adopt(d, v)
	return person{upn: v, name: v.cut(0, at), domain: v.cut(at+1, len(text))}, true
}

// isAddress reports whether text has nothing in it that an address cannot have.
func isAddress(text []byte) bool {
	for _, c := range text {
		if c <= ' ' || c == 0x7f || c == '<' || c == '>' || c == '\\' || c == ',' || c == ';' || c == '|' {
			return false
		}
	}
	return true
}

// metadataPerson finds the person of a DLP match by an agent.
func (n *Normalizer) metadataPerson(d *document) (person, bool) {
	for _, f := range [...]field{fieldExchangeMetaData, fieldSharePointMetaData} {
		if i := n.field(f); i != 0 {
			if who, ok := n.person(d, d.lookup(i, "From")); ok {
				return who, true
			}
		}
	}
	return person{}, false
}

// userKey returns UserKey, unless it says nothing.
func (n *Normalizer) userKey(d *document) Node {
	v, ok := n.scalar(d, n.field(fieldUserKey))
	if !ok || v.src != fromLayer && isNobody(d.text(v)) {
		return Node{}
	}
	return v
}

// userIDAsKey returns UserId when it is an id rather than an address, and
// whether it is a SID or a GUID rather than the name of a service or of a person.
func (n *Normalizer) userIDAsKey(d *document) (key Node, isID bool) {
	i := n.field(fieldUserID)
	text := n.fieldText(fieldUserID)
	switch {
	case isGUID(text), hasPrefixFold(text, "s-1-"):
		return d.tape.nodes[i], true
	case len(text) > 0 && !isNobody(text):
		return d.tape.nodes[i], false
	default:
		return Node{}, false
	}
}

func isService(text []byte) bool { return service(text) >= 0 }

func isNobody(text []byte) bool {
	i := service(text)
	return i >= 0 && services[i].nobody
}

// service returns the place of text in services, -1 when it is not there.
func service(text []byte) int {
	for i := range services {
		s := &services[i]
		if (s.prefix || len(text) == len(s.name)) && hasPrefixFold(text, s.name) {
			return i
		}
	}
	return -1
}

// isGUID reports whether text has the form 8-4-4-4-12.
func isGUID(text []byte) bool {
	if len(text) != 36 {
		return false
	}
	for i, c := range text {
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if _, ok := hexValue(c); !ok {
				return false
			}
		}
	}
	return true
}
