package simulator

import (
	"fmt"
	"strconv"
	"strings"
)

// user is a made-up member of the tenant.
type user struct {
	name, upn, puid, object, sid string
}

// names mixes scripts on purpose: the text of records is UTF-8.
var names = []string{
	"Mira Holt", "Ivo Stern", "Zoë Ångström", "Jörg Weißmüller", "Renée Dupré", "Łukasz Żak",
	"Nguyễn Thị Hoa", "山田 太郎", "Олена Коваль", "Søren Kjær", "María Núñez", "Çağla Yıldız",
	"Adele Reed", "Bob Marsh", "Carol Finch", "Dan Okafor", "Eve Lindqvist", "Farid Haddad",
	"Grady Archer", "Hana Novák", "Ines Prado", "Jon Álvarez", "Kim Seo-yeon", "Lea Brandt",
}

var logins = []string{
	"mira.holt", "ivo.stern", "zoe.angstrom", "joerg.weissmueller", "renee.dupre", "lukasz.zak",
	"hoa.nguyen", "taro.yamada", "olena.koval", "soren.kjaer", "maria.nunez", "cagla.yildiz",
	"adele.reed", "bob.marsh", "carol.finch", "dan.okafor", "eve.lindqvist", "farid.haddad",
	"grady.archer", "hana.novak", "ines.prado", "jon.alvarez", "kim.seoyeon", "lea.brandt",
}

func makeUsers(domain string, seed uint64) []user {
	users := make([]user, len(names))
	for i := range users {
		r := newRandom(seed, hashText("user"), uint64(i))
		users[i] = user{
			name:   names[i],
			upn:    logins[i] + "@" + domain,
			puid:   fmt.Sprintf("10032000%08X", uint32(r.next())), //nolint:gosec // its low half is wanted
			object: string(appendGUID(nil, r.next()&^0xf000|0x4000, r.next()&^(3<<62)|2<<62)),
			sid:    fmt.Sprintf("S-1-5-21-%d-%d-%d-%d", uint32(r.next()), uint32(r.next()), uint32(r.next()), 1100+i), //nolint:gosec // low halves
		}
	}
	return users
}

func (d *draft) user() user { return pick(&d.r, d.g.users) }

// mixedCase is a UPN as some workloads write it.
func (u user) mixedCase() string {
	local, domain, _ := strings.Cut(u.upn, "@")
	return strings.ToUpper(local[:1]) + local[1:] + "@" + domain
}

// membership is the claim that SharePoint has for a user key.
func (u user) membership() string {
	return "i:0h.f|membership|" + strings.ToLower(u.puid) + "@live.com"
}

// ip4 and ip6 are documentation addresses (RFC 5737, RFC 3849).
func (d *draft) ip4() string {
	return pick(&d.r, []string{"203.0.113.", "198.51.100.", "192.0.2."}) + strconv.Itoa(d.r.between(1, 254))
}

func (d *draft) ip6() string {
	return "2001:db8:" + strconv.FormatInt(int64(d.r.intn(1<<16)), 16) + "::" + strconv.FormatInt(int64(d.r.between(1, 1<<16-1)), 16)
}

func (d *draft) ip() string {
	if d.r.chance(30) {
		return d.ip6()
	}
	return d.ip4()
}

// ipPort is the form of Exchange admin records.
func (d *draft) ipPort() string {
	port := ":" + strconv.Itoa(d.r.between(1025, 65535))
	if d.r.chance(60) {
		return "[" + d.ip6() + "]" + port
	}
	return d.ip4() + port
}

var agents = []string{
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15",
	"Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0",
	"Microsoft SkyDriveSync 25.179.0914.0003 ship; Windows NT 10.0 (22631)",
	"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
}

func (d *draft) agent() string { return pick(&d.r, agents) }

var documents = []string{
	"Budget é.xlsx", "Quarterly Report.docx", "Übersicht 2026.pptx", "Kundenliste.csv", "契約書.pdf",
	"Plan d'action.docx", "Notes.txt", "architecture.vsdx", "Смета.xlsx", "photo 12.jpg",
}

func firstLabel(domain string) string {
	label, _, _ := strings.Cut(domain, ".")
	return label
}

// extension is the part of a file name after its last dot.
func extension(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }
