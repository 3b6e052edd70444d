// Package corpus generates audit records as the Office 365 Management Activity
// API delivers them, for benchmarks and for whoever needs a large blob. Records
// of all families are mixed in about the shares of a busy tenant: sign-ins,
// directory changes, Exchange, SharePoint, DLP, alerts, Teams, Defender and the
// rest, with the oddities that cost a parser time (text that is not ASCII, JSON
// in strings, escapes, an investigation of 17 KB among short records). The mean
// is 1.3 KB, as in a public export of 5,373 real records.
//
// The same seed gives the same bytes. All names, addresses and ids are made up.
package corpus

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"time"
)

// Record is one generated record.
type Record struct {
	ContentType string // of the blob that would carry it, in Microsoft's spelling
	JSON        []byte
}

// Records generates n records.
func Records(seed uint64, n int) []Record {
	g := &generator{rnd: rand.New(rand.NewPCG(seed, 365)), now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)} //nolint:gosec // not a secret
	g.alert = g.guid()
	records := make([]Record, 0, n)
	for len(records) < n {
		records = append(records, g.record())
	}
	return records
}

// Blob joins records to one blob, a JSON array.
func Blob(records []Record) []byte {
	var b bytes.Buffer
	b.WriteByte('[')
	for i, r := range records {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(r.JSON)
	}
	b.WriteByte(']')
	return b.Bytes()
}

type generator struct {
	rnd   *rand.Rand
	now   time.Time
	alert string // AlertId of the newest alert, whose entities come now
}

// record picks a family by weight and fills its template.
func (g *generator) record() Record {
	g.now = g.now.Add(time.Duration(g.rnd.IntN(3000)) * time.Millisecond)
	pick := g.rnd.IntN(totalWeight())
	for _, f := range families {
		if pick -= f.weight; pick < 0 {
			return Record{ContentType: f.contentType, JSON: []byte(os.Expand(f.template, g.value))}
		}
	}
	panic("corpus: weights do not add up")
}

func totalWeight() int {
	n := 0
	for _, f := range families {
		n += f.weight
	}
	return n
}

var (
	users = []string{
		"mira.holt", "ivo.stern", "bob", "alice", "GradyA", "j.müller", "søren.ødegård", "amélie.durand", "zoë.kowalski", "svc-backup",
	}
	words = []string{
		"quarterly", "Übersicht", "invoice", "Lohnabrechnung", "プロジェクト", "budget", "Straße", "contract", "отчёт", "draft", "客户名单",
		"meeting", "résumé", "final", "Größe", "notes", "ledger", "payroll", "plan", "review",
	}
	operations = []string{"FileDownloaded", "FileAccessed", "FileModified", "FileUploaded", "FilePreviewed", "FileDeleted"}
	cmdlets    = []string{"Set-Mailbox", "New-InboxRule", "Set-TransportRule", "Add-MailboxPermission", "Set-User", "Enable-AddressListPaging"}
	agents     = []string{
		"Mozilla\\/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit\\/537.36 (KHTML, like Gecko) Chrome\\/145.0.0.0 Safari\\/537.36 Edg\\/145.0.0.0",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.1 Safari/605.1.15",
		"Microsoft Office\\/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.19029; Pro)",
		"OneDriveMpc-Transform_Thumbnail/1.0",
	}
)

func (g *generator) one(of []string) string { return of[g.rnd.IntN(len(of))] }

// value gives what stands for $name in a template.
func (g *generator) value(name string) string {
	switch name {
	case "guid":
		return g.guid()
	case "alert":
		return g.alert
	case "newalert":
		g.alert = g.guid()
		return g.alert
	case "time":
		return g.now.Format("2006-01-02T15:04:05")
	case "time7":
		return g.now.Add(-time.Minute).Format("2006-01-02T15:04:05") + fmt.Sprintf(".%07dZ", g.rnd.IntN(10_000_000))
	case "upn":
		return g.one(users) + "@contoso.example"
	case "user":
		return g.one(users)
	case "ip":
		return g.ip()
	case "puid":
		return fmt.Sprintf("100320%010X", g.rnd.Uint64N(1<<40))
	case "n":
		return strconv.Itoa(g.rnd.IntN(200_000))
	case "digit":
		return strconv.Itoa(g.rnd.IntN(10))
	case "big":
		return strconv.FormatUint(1<<60+g.rnd.Uint64N(1<<60), 10)
	case "word":
		return g.one(words)
	case "text":
		return g.text(2 + g.rnd.IntN(6))
	case "operation":
		return g.one(operations)
	case "cmdlet":
		return g.one(cmdlets)
	case "agent":
		return g.one(agents)
	case "base64":
		return g.base64(80)
	default:
		return g.part(name)
	}
}

// part gives those values that are built of others.
func (g *generator) part(name string) string {
	switch name {
	case "folderitems":
		return g.repeat(4, `{"Id":"${base64}","InternetMessageId":"<${guid}@contoso.example>","SizeInBytes":${n}}`)
	case "parameters":
		return g.repeat(5, `{"Name":"${word}Policy","Value":"${text}"}`)
	case "detections":
		return g.repeat(3, `{"Name":"4111 1111 1111 ${digit}${digit}11","Value":"${text} 4111 1111 1111 ${digit}${digit}11 ${text}"}`)
	case "members":
		return g.repeat(3, `{"DisplayName":"${user} ${word}","Role":${digit},"UPN":"${upn}"}`)
	case "investigation":
		return strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(g.repeat(26, investigationEntity))
	default:
		panic("corpus: a template wants $" + name)
	}
}

func (g *generator) repeat(most int, template string) string {
	items := make([]string, most/2+g.rnd.IntN(most/2+1)+1)
	for i := range items {
		items[i] = os.Expand(template, g.value)
	}
	return strings.Join(items, ",")
}

func (g *generator) guid() string {
	a, b := g.rnd.Uint64(), g.rnd.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x", a>>32, a>>16&0xffff, a&0xfff, 0x8000|b>>48&0x3fff, b&0xffffffffffff)
}

func (g *generator) ip() string {
	switch g.rnd.IntN(8) {
	case 0:
		return fmt.Sprintf("2001:db8:%x::%x", g.rnd.IntN(1<<16), g.rnd.IntN(1<<16))
	case 1:
		return fmt.Sprintf("[2001:db8::%x]:%d", g.rnd.IntN(1<<16), 1024+g.rnd.IntN(60000))
	case 2:
		return fmt.Sprintf("203.0.113.%d:%d", g.rnd.IntN(256), 1024+g.rnd.IntN(60000))
	default:
		return fmt.Sprintf("203.0.113.%d", g.rnd.IntN(256))
	}
}

func (g *generator) text(n int) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = g.one(words)
	}
	return strings.Join(parts, " ")
}

func (g *generator) base64(n int) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[g.rnd.IntN(len(alphabet))]
	}
	return string(b)
}
