package normalize

import "bytes"

// userAgent writes user_agent.
func (n *Normalizer) userAgent() {
	if v, ok := n.agent(); ok {
		n.layer.member(keyUserAgent, v)
	}
}

// agent finds the user agent: the field of that name, else the property of a
// sign-in, else what a mail client says of itself, where it says a user agent.
func (n *Normalizer) agent() (Node, bool) {
	d := n.original()
	if v, ok := n.scalar(&d, n.field(fieldUserAgent)); ok {
		return v, true
	}
	for i := range d.items(n.field(fieldExtendedProperties)) {
		name := d.lookup(i, "Name")
		if name == 0 || d.tape.nodes[name].kind != String || string(d.text(d.tape.nodes[name])) != "UserAgent" {
			continue
		}
		if v, ok := n.scalar(&d, d.lookup(i, "Value")); ok {
			return v, true
		}
	}
	if i := n.field(fieldClientInfoString); i != 0 && d.tape.nodes[i].kind == String {
		v := d.tape.nodes[i]
		if from, to := agentIn(d.text(v)); to > from {
			return v.cut(from, to), true
		}
	}
	return Node{}, false
}

// agentIn finds the user agent in a ClientInfoString such as
//
//	Client=OWA;Mozilla/5.0 (Windows NT 10.0; Win64; x64);
//	Client=ActiveSync;UserAgent=Apple-iPhone9C3/1605.72;Action=Sync
//	Outlook-iOS/2.0
//
// but not in Client=OWA;Action=ViaProxy. A Mozilla agent has semicolons of its
// own, so it goes to the end.
func agentIn(info []byte) (from, to int) {
	const browser, property = "Mozilla/", "UserAgent="
	if i := bytes.Index(info, []byte(property)); i >= 0 {
		from = i + len(property)
		if end := bytes.IndexByte(info[from:], ';'); end >= 0 && !bytes.HasPrefix(info[from:], []byte(browser)) {
			return from, from + end
		}
		return from, len(bytes.TrimRight(info, ";"))
	}
	if i := bytes.Index(info, []byte(browser)); i == 0 || i > 0 && info[i-1] == ';' {
		return i, len(bytes.TrimRight(info, ";"))
	}
	slash := bytes.IndexByte(info, '/')
	if slash <= 0 || bytes.ContainsAny(info[:slash], " =;") {
		return 0, 0
	}
	return 0, len(bytes.TrimRight(info, ";"))
}
