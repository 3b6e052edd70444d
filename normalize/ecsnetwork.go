package normalize

import "bytes"

// recordTypeClick is the RecordType of clicks on links in mail. They have the
// client as UserIp.
const recordTypeClick = 41

// ecsClient writes client, source and network.
func (n *Normalizer) ecsClient() {
	l := &n.layer
	a := n.client()
	if !a.ip.IsValid() && a.host == nil && n.recordType == recordTypeClick {
		a = parseAddress(n.topText("UserIp"))
	}
	mail := n.objectField(fieldExchangeMetaData)
	if !a.ip.IsValid() && a.host == nil && a.port == 0 && mail == 0 {
		return
	}
	ip := n.ipNode(a)
	l.key(keyClient)
	l.open()
	n.endpointMembers(a, ip)
	l.shut()

	l.key(keySource)
	l.open()
	if ip.kind == String {
		l.member("ip", ip)
	}
	if a.port > 0 {
		l.member("port", intNode(int64(a.port)))
	}
	if mail != 0 {
		d := n.original()
		l.key(keyUser)
		l.open()
		n.scalarMember("email", &d, d.lookup(mail, "From"))
		l.shut()
	}
	l.shut()

	if ip.kind == String {
		l.key(keyNetwork)
		l.open()
		if a.ip.Is4() {
			l.word("type", "ipv4")
		} else {
			l.word("type", "ipv6")
		}
		l.close()
	}
}

// ipNode returns the address itself as a String, and notes it as one that the
// record is related to; no String where there is none.
func (n *Normalizer) ipNode(a address) Node {
	if !a.ip.IsValid() {
		return Node{}
	}
	l := &n.layer
	at := len(l.texts)
	l.texts = a.ip.AppendTo(l.texts)
	ip := l.since(at)
	n.also.ip(n, ip)
	return ip
}

// endpointMembers writes address, ip, domain and port.
func (n *Normalizer) endpointMembers(a address, ip Node) {
	l := &n.layer
	var host Node
	if a.host != nil {
		at := len(l.texts)
		l.texts = append(l.texts, a.host...)
		host = l.since(at)
	}
	switch {
	case ip.kind == String:
		l.member("address", ip)
		l.member("ip", ip)
	case host.kind == String:
		l.member("address", host)
	}
	if host.kind == String {
		l.member("domain", host)
	}
	if a.port > 0 {
		l.member("port", intNode(int64(a.port)))
	}
}

// ecsServer writes server and destination.
func (n *Normalizer) ecsServer() {
	l := &n.layer
	mail := n.objectField(fieldExchangeMetaData)
	if n.field(fieldOriginatingServer) == 0 && mail == 0 {
		return
	}
	a := originatingServer(n.fieldText(fieldOriginatingServer))
	ip := n.ipNode(a)
	l.key(keyServer)
	l.open()
	n.endpointMembers(a, ip)
	l.shut()
	l.key(keyDestination)
	l.open()
	if ip.kind == String {
		l.member("ip", ip)
	}
	if mail != 0 {
		n.recipients(mail)
	}
	l.shut()
}

// originatingServer reads what Exchange says of its server: a name, as a rule
// with a version or an address in brackets, and an end of line.
func originatingServer(text []byte) address {
	text = bytes.TrimSpace(text)
	if len(text) == 0 {
		return address{}
	}
	a := parseAddress(text)
	if open := bytes.IndexByte(text, '('); a.host == nil && open > 0 {
		if host := bytes.TrimSpace(text[:open]); isHost(host) {
			a.host = host
		}
	}
	return a
}

// recipients writes user.email of all whom a message goes to.
func (n *Normalizer) recipients(meta int) {
	l := &n.layer
	d := n.original()
	l.key(keyUser)
	l.open()
	l.key("email")
	l.list()
	for _, name := range [...]string{"To", "CC", "BCC"} {
		n.addressItems(&d, d.lookup(meta, name))
	}
	l.shut()
	l.shut()
}
