package simulator

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"
)

// generator makes the records of a tenant. A record is a function of the seed,
// the tenant, its content type, its number within that type and the
// contentCreated of its blob; nothing is remembered.
type generator struct {
	tenant, name, domain, org string
	keys                      [5]uint64 // seed of each content type
	users                     []user
}

func newGenerator(o Options) *generator {
	g := &generator{tenant: o.TenantID, name: o.DisplayName, domain: o.Domain}
	g.org = firstLabel(o.Domain) + ".onmicrosoft.com"
	for i := range g.keys {
		g.keys[i] = mix(o.Seed^hashText(o.TenantID)) + uint64(i)*golden
	}
	g.users = makeUsers(o.Domain, g.keys[0])
	return g
}

// span is a run of generated records, the content of one blob.
type span struct {
	ct         ContentType
	first      uint64
	count      int
	made       time.Time // contentCreated
	detections bool      // the reader may see what DLP detected
}

// family is a kind of record with its place in the schedule of a content type.
type family struct {
	sequential bool          // the Id hides the instant of creation
	grouped    bool          // one of the records of an alert: they share a second
	later      time.Duration // of a grouped record, after the others
	write      func(d *draft)
}

// schedules are the records of each content type in the order in which they
// come round, so that every run of a schedule's length holds every kind.
var schedules = [5][]family{entraSchedule, exchangeSchedule, generalSchedule, sharePointSchedule, dlpSchedule}

// writeBlob writes the records as a JSON array, in pieces.
func (g *generator) writeBlob(w io.Writer, sp span) error {
	const piece = 32 << 10
	d := g.newDraft(sp)
	d.b = append(d.b, '[')
	for i := range sp.count {
		if i > 0 {
			d.b = append(d.b, ',')
		}
		d.begin(sp.first + uint64(i))
		d.b = append(d.b, '{')
		d.family.write(d)
		d.b = append(d.b, '}')
		if len(d.b) < piece {
			continue
		}
		if _, err := w.Write(d.b); err != nil {
			return fmt.Errorf("content: %w", err)
		}
		d.b = d.b[:0]
	}
	d.b = append(d.b, ']')
	if _, err := w.Write(d.b); err != nil {
		return fmt.Errorf("content: %w", err)
	}
	return nil
}

// ids returns the Ids of the records without writing them.
func (g *generator) ids(sp span) []string {
	d := g.newDraft(sp)
	ids := make([]string, sp.count)
	for i := range ids {
		d.begin(sp.first + uint64(i))
		ids[i] = string(d.id)
	}
	return ids
}

// Sample returns n generated records of a content type as they would stand in
// a content created at, from the start of the type's schedule. They belong to
// no content of the tenant.
func (s *Simulator) Sample(ct ContentType, n int, at time.Time) []json.RawMessage {
	var c collect
	if err := s.records.writeBlob(&c, span{ct, 1 << 40, n, at.UTC(), true}); err != nil {
		panic(fmt.Sprintf("simulator: sample: %v", err))
	}
	var records []json.RawMessage
	if err := json.Unmarshal(c, &records); err != nil {
		panic(fmt.Sprintf("simulator: sample: %v", err))
	}
	return records
}

// collect is a buffer that cannot fail.
type collect []byte

func (c *collect) Write(p []byte) (int, error) {
	*c = append(*c, p...)
	return len(p), nil
}

// draft is the record being written. Keys come with their comma: it is left
// out after an opening bracket.
type draft struct {
	g       *generator
	sp      span
	r       random
	group   random // the same for all records of an alert
	family  *family
	n       uint64
	round   uint64
	at      time.Time // the hidden instant; CreationTime is its second
	id      []byte
	b       []byte
	scratch []byte
	list    []family
	key     uint64
}

func (g *generator) newDraft(sp span) *draft {
	ct := sp.ct.index()
	return &draft{g: g, sp: sp, list: schedules[ct], key: g.keys[ct], b: make([]byte, 0, 64<<10)}
}

// begin turns to record n: its random numbers, its instant, its Id. Events are
// one minute to two hours older than their blob, in no order, as
// blobs of the service are.
func (d *draft) begin(n uint64) {
	length := uint64(len(d.list))
	d.n, d.round = n, n/length
	place := int(n % length) //nolint:gosec // below the length of the schedule
	d.family = &d.list[place]
	d.r = newRandom(d.key, 1, n)
	d.group = newRandom(d.key, 2, d.round)
	if d.family.grouped {
		g := d.group
		second := d.sp.made.Add(-time.Duration(g.between(60, 600)) * time.Second).Truncate(time.Second)
		d.at = second.Add(d.family.later + time.Duration(place+1)*time.Millisecond)
	} else {
		age := time.Duration(d.r.between(600_000, 72_000_000)) * 100 * time.Microsecond
		d.at = d.sp.made.Add(-age)
	}
	high := mix(d.key^n)&^0xf000 | 0x4000
	low := d.r.next()&^(3<<62) | 2<<62
	if d.family.sequential {
		low = ticksOf(d.at)
	}
	d.id = appendGUID(d.id[:0], high, low)
}

// ticksOf hides an instant in the last two groups of a GUID, as the service
// does: G5 and then G4 are the 100 ns units since the year 1.
func ticksOf(t time.Time) uint64 {
	const unixEpoch = 62_135_596_800                                            // seconds from the year 1 to 1970
	ticks := uint64(t.Unix()+unixEpoch)*10_000_000 + uint64(t.Nanosecond()/100) //nolint:gosec // after the year 1
	return ticks<<48 | ticks>>16
}

const hexDigits = "0123456789abcdef"

// appendGUID writes 128 bits as the text of a GUID.
func appendGUID(dst []byte, high, low uint64) []byte {
	for shift := 60; shift >= 0; shift -= 4 {
		if shift == 28 || shift == 12 {
			dst = append(dst, '-')
		}
		dst = append(dst, hexDigits[high>>shift&15])
	}
	for shift := 60; shift >= 0; shift -= 4 {
		if shift == 60 || shift == 44 {
			dst = append(dst, '-')
		}
		dst = append(dst, hexDigits[low>>shift&15])
	}
	return dst
}

func (d *draft) name(key string) {
	if last := d.b[len(d.b)-1]; last != '{' && last != '[' {
		d.b = append(d.b, ',')
	}
	d.b = append(d.b, '"')
	d.b = append(d.b, key...)
	d.b = append(d.b, '"', ':')
}

// str writes a string.
func (d *draft) str(key, value string) {
	d.name(key)
	d.b = appendString(d.b, value)
}

// strs writes strings whose keys and values alternate.
func (d *draft) strs(pairs ...string) {
	for i := 0; i+1 < len(pairs); i += 2 {
		d.str(pairs[i], pairs[i+1])
	}
}

// num writes an integer.
func (d *draft) num(key string, value int) {
	d.name(key)
	d.b = strconv.AppendInt(d.b, int64(value), 10)
}

// raw writes a value that is JSON already.
func (d *draft) raw(key, value string) {
	d.name(key)
	d.b = append(d.b, value...)
}

// guid writes a random GUID.
func (d *draft) guid(key string) {
	d.name(key)
	d.b = append(d.b, '"')
	d.b = d.appendGUID(d.b)
	d.b = append(d.b, '"')
}

func (d *draft) appendGUID(dst []byte) []byte {
	return appendGUID(dst, d.r.next()&^0xf000|0x4000, d.r.next()&^(3<<62)|2<<62)
}

func (d *draft) newGUID() string { return string(d.appendGUID(nil)) }

// stableGUID is the same for the same name and number in the whole tenant.
func (d *draft) stableGUID(name string, number uint64) string {
	r := newRandom(d.g.keys[0], hashText(name), number)
	return string(appendGUID(nil, r.next()&^0xf000|0x4000, r.next()&^(3<<62)|2<<62))
}

func (d *draft) object(key string) { d.name(key); d.b = append(d.b, '{') }
func (d *draft) array(key string)  { d.name(key); d.b = append(d.b, '[') }
func (d *draft) end()              { d.b = append(d.b, '}') }
func (d *draft) endArray()         { d.b = append(d.b, ']') }

// element opens an object within an array.
func (d *draft) element() {
	if d.b[len(d.b)-1] != '[' {
		d.b = append(d.b, ',')
	}
	d.b = append(d.b, '{')
}

// pairs writes an array of Name/Value objects.
func (d *draft) pairs(key string, pairs ...string) { d.named(key, "Name", "Value", pairs) }

func (d *draft) named(key, name, value string, pairs []string) {
	d.array(key)
	for i := 0; i+1 < len(pairs); i += 2 {
		d.element()
		d.str(name, pairs[i])
		d.str(value, pairs[i+1])
		d.end()
	}
	d.endArray()
}

// text writes an object as JSON in a string.
func (d *draft) text(key string, write func()) {
	d.name(key)
	start := len(d.b)
	d.b = append(d.b, '{')
	write()
	d.b = append(d.b, '}')
	d.scratch = append(d.scratch[:0], d.b[start:]...)
	d.b = appendString(d.b[:start], d.scratch)
}

// appendString quotes UTF-8 text as the service does: only what JSON demands.
func appendString[T string | []byte](dst []byte, text T) []byte {
	dst = append(dst, '"')
	from := 0
	for i := range len(text) {
		c := text[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, text[from:i]...)
		from = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	dst = append(dst, text[from:]...)
	return append(dst, '"')
}

const secondLayout = "2006-01-02T15:04:05"

// head is the common part of a record; fields left "" are absent.
type head struct {
	operation, result, userKey string
	recordType, userType       int
	workload, ip, object, user string
}

// head writes the common fields in their usual order.
func (d *draft) head(h head) {
	d.name("CreationTime")
	d.b = append(d.b, '"')
	d.b = d.at.AppendFormat(d.b, secondLayout)
	d.b = append(d.b, '"')
	d.name("Id")
	d.b = append(d.b, '"')
	d.b = append(d.b, d.id...)
	d.b = append(d.b, '"')
	d.str("Operation", h.operation)
	d.str("OrganizationId", d.g.tenant)
	d.num("RecordType", h.recordType)
	d.optional("ResultStatus", h.result)
	d.str("UserKey", h.userKey)
	d.num("UserType", h.userType)
	d.num("Version", 1)
	d.str("Workload", h.workload)
	d.optional("ClientIP", h.ip)
	d.optional("ObjectId", h.object)
	d.str("UserId", h.user)
}

func (d *draft) optional(key, value string) {
	if value != "" {
		d.str(key, value)
	}
}
