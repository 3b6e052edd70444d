package normalize

import (
	"bytes"
	"net/netip"
)

// parseIP is netip.ParseAddr without its allocation, which a string costs, with
// the zone cut off and an IPv4 address inside of IPv6 taken out. A test compares
// the two.
func parseIP(b []byte) (netip.Addr, bool) {
	if len(b) > 0 && bytes.IndexByte(b, ':') < 0 {
		v4, ok := parseIPv4(b)
		return netip.AddrFrom4(v4), ok
	}
	if i := bytes.IndexByte(b, '%'); i >= 0 {
		if i == len(b)-1 {
			return netip.Addr{}, false
		}
		b = b[:i]
	}
	v6, ok := parseIPv6(b)
	if !ok {
		return netip.Addr{}, false
	}
	return netip.AddrFrom16(v6).Unmap(), true
}

// parseIPv4 reads four numbers without leading zeros.
func parseIPv4(b []byte) (ip [4]byte, ok bool) {
	for i := range ip {
		n, digits := 0, 0
		for digits < len(b) && '0' <= b[digits] && b[digits] <= '9' && digits < 4 {
			n = n*10 + int(b[digits]-'0')
			digits++
		}
		if digits == 0 || n > 255 || digits > 1 && b[0] == '0' {
			return ip, false
		}
		ip[i], b = byte(n), b[digits:]
		if i == len(ip)-1 {
			break
		}
		if len(b) == 0 || b[0] != '.' {
			return ip, false
		}
		b = b[1:]
	}
	return ip, len(b) == 0
}

// parseIPv6 reads groups of four hexadecimal digits, of which one run of zeros
// may be left out, and the last two may be an IPv4 address.
func parseIPv6(b []byte) (ip [16]byte, ok bool) {
	at, gap := 0, -1 // bytes read; how many of them come before ::
	if bytes.HasPrefix(b, []byte("::")) {
		gap, b = 0, b[2:]
	}
	for at < len(ip) && len(b) > 0 {
		group, digits := hexGroup(b)
		if digits == 0 {
			return ip, false
		}
		if digits < len(b) && b[digits] == '.' {
			v4, isV4 := parseIPv4(b)
			if !isV4 || at > 12 {
				return ip, false
			}
			copy(ip[at:], v4[:])
			at, b = at+4, nil
			break
		}
		ip[at], ip[at+1] = byte(group>>8), byte(group) //nolint:gosec // at is even and below 16
		at, b = at+2, b[digits:]
		if len(b) == 0 {
			break
		}
		if len(b) == 1 || b[0] != ':' {
			return ip, false
		}
		if b = b[1:]; b[0] == ':' {
			if gap >= 0 {
				return ip, false
			}
			gap, b = at, b[1:]
		}
	}
	if len(b) > 0 || (at == len(ip)) == (gap >= 0) {
		return ip, false
	}
	if gap >= 0 {
		copy(ip[len(ip)-(at-gap):], ip[gap:at])
		clear(ip[gap : len(ip)-(at-gap)])
	}
	return ip, true
}

// hexGroup reads up to four hexadecimal digits.
func hexGroup(b []byte) (group uint16, digits int) {
	for digits < len(b) && digits < 4 {
		v, ok := hexValue(b[digits])
		if !ok {
			break
		}
		group = group<<4 | uint16(v)
		digits++
	}
	return group, digits
}
