package normalize

import (
	"bytes"
	"net/netip"
)

// addressFields are the fields with the address of the client, in the order in
// which they are tried. The first that holds an address wins; a host name counts
// only where none does.
var addressFields = [...]field{fieldClientIP, fieldClientIPAddress, fieldActorIPAddress}

// address is what a field says of where a client is. Each part may be missing.
type address struct {
	ip   netip.Addr
	host []byte
	port int
}

// client finds where the client is. What there is of it may all be missing.
func (n *Normalizer) client() (found address) {
	for _, f := range addressFields {
		a := parseAddress(n.fieldText(f))
		if a.ip.IsValid() {
			return a
		}
		if found.host == nil {
			found = a
		}
	}
	return found
}

// address writes srcip, srcip_host, srcip_version, srcip_type and srcport.
func (n *Normalizer) address() {
	found := n.client()
	if found.ip.IsValid() {
		n.ip(found.ip, found.host == nil)
	}
	l := &n.layer
	if found.host != nil {
		l.key(keyHost)
		l.text(found.host)
	}
	if found.port > 0 {
		l.member(keyPort, intNode(int64(found.port)))
	}
}

// ip writes what an address itself says; it is its own host where no name is
// known.
func (n *Normalizer) ip(ip netip.Addr, isHost bool) {
	l := &n.layer
	at := len(l.texts)
	l.texts = ip.AppendTo(l.texts)
	text := l.since(at)
	l.member(keyIP, text)
	if isHost {
		l.member(keyHost, text)
	}
	version, kind := "ipv6", "public"
	if ip.Is4() {
		version = "ipv4"
	}
	if ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast() {
		kind = "private"
	}
	l.word(keyVersion, version)
	l.word(keyIPType, kind)
}

// parseAddress reads the shapes of the reference: [v6]:port, a bare address,
// [v6], v4:port, a host name, [host]:port, host:port, [host (ip)], host (ip). An
// unfit port does not cost the address. What is none of these gives nothing.
func parseAddress(text []byte) address {
	text = bytes.TrimSpace(text)
	if len(text) == 0 {
		return address{}
	}
	if ip, ok := parseIP(text); ok { // nearly all
		return address{ip: ip}
	}
	last := len(text) - 1
	switch end := bytes.IndexByte(text, ']'); {
	case text[0] == '[' && end > 0:
		return endpoint(text[1:end], text[end+1:])
	case text[last] == ')':
		return named(text)
	}
	if i := bytes.IndexByte(text, ':'); i > 0 && bytes.IndexByte(text[i+1:], ':') < 0 {
		return endpoint(text[:i], text[i:])
	}
	return endpoint(text, nil)
}

// endpoint reads an address or a name, with what follows it: nothing, or a colon
// and a port.
func endpoint(text, rest []byte) address {
	port := portOf(rest)
	if ip, ok := parseIP(text); ok {
		return address{ip: ip, port: port}
	}
	if len(text) > 0 && text[len(text)-1] == ')' {
		a := named(text)
		a.port = port
		return a
	}
	if isHost(text) && (port > 0 || len(rest) == 0) {
		return address{host: text, port: port}
	}
	return address{}
}

// portOf reads a colon and a port, 0 for anything else.
func portOf(rest []byte) int {
	const digits = 5
	if len(rest) < 2 || len(rest) > 1+digits || rest[0] != ':' {
		return 0
	}
	if p := decimal(rest[1:]); p <= 65535 {
		return max(p, 0)
	}
	return 0
}

// named reads host (ip).
func named(text []byte) address {
	open := bytes.LastIndexByte(text, '(')
	if open < 0 {
		return address{}
	}
	ip, ok := parseIP(bytes.TrimSpace(text[open+1 : len(text)-1]))
	if !ok {
		return address{}
	}
	a := address{ip: ip}
	if host := bytes.TrimSpace(text[:open]); isHost(host) {
		a.host = host
	}
	return a
}

// isHost reports whether text is a host name: letters, digits, points, hyphens
// and underscores with a letter among them, and no word for nothing.
func isHost(text []byte) bool {
	const longest = 253 // RFC 1035, as text
	if len(text) > longest || len(text) == 0 || text[0] == '.' || text[0] == '-' {
		return false
	}
	letters := false
	for _, c := range text {
		switch lower := c | 0x20; {
		case 'a' <= lower && lower <= 'z':
			letters = true
		case '0' <= c && c <= '9', c == '.', c == '-', c == '_':
		default:
			return false
		}
	}
	return letters && !equalFold(text, "null") && !equalFold(text, "unknown") && !equalFold(text, "none")
}
