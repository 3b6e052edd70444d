package normalize_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/normalize"
)

const (
	organization = "11111111-2222-3333-4444-555555555555"
	alertID      = "90871bb2-2926-438c-88c1-dff6321b2f8d"
	alertUID     = organization + "/" + alertID
)

// fields are what a record has beside what every record of the family has; nil
// takes a field away.
type fields map[string]any

// original returns a record of the alert family as JSON.
func original(operation, id string, more fields) string {
	rec := fields{
		"CreationTime": "2026-03-02T10:01:24", "Id": id, "Operation": operation, "OrganizationId": organization, "RecordType": 40,
		"ResultStatus": "Succeeded", "UserKey": "SecurityComplianceAlerts", "UserType": 4, "Version": 1,
		"Workload": "SecurityComplianceCenter", "UserId": "SecurityComplianceAlerts", "AlertId": alertID,
		"AlertLinks": []any{map[string]any{"AlertLinkHref": ""}}, "AlertType": "System", "Category": "ThreatManagement",
		"Comments": "New alert", "Name": "Creation of forwarding/redirect rule", "Severity": "Low",
		"Source": "Office 365 Security & Compliance", "Status": "Active",
	}
	maps.Copy(rec, more)
	maps.DeleteFunc(rec, func(_ string, v any) bool { return v == nil })
	text, err := json.Marshal(rec)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func trigger(id string, more fields) string { return original("AlertTriggered", id, more) }

func entity(id, kind, entityID string, more fields) string {
	all := fields{"EntityType": kind, "AlertEntityId": entityID}
	maps.Copy(all, more)
	return original("AlertEntityGenerated", id, all)
}

// user returns an entity record about a user; its Id is made of the name.
func user(name string) string { return entity("id of "+name, "User", name+"@contoso.example", nil) }

func noteOf(text string) (normalize.AlertNote, bool) {
	return noteWith(newNormalizer(), text)
}

func noteWith(n *normalize.Normalizer, text string) (normalize.AlertNote, bool) {
	rec := n.Record(normalize.Raw{Bytes: []byte(text), Length: int64(len(text))}, source, received)
	return rec.AlertNote()
}

// emitted is an alert as it came out, and when.
type emitted struct {
	normalize.MergedAlert
	at    time.Time
	after time.Duration // since the start
}

// users are the names of its entities, which are all users of contoso.example.
func (e emitted) users() []string {
	names := []string{}
	for _, x := range e.Entities {
		names = append(names, strings.TrimSuffix(x.ID, "@contoso.example"))
	}
	return names
}

// field returns a field of the merged text.
func (e emitted) field(t *testing.T, name string) any {
	t.Helper()
	var rec map[string]any
	require.NoError(t, json.Unmarshal([]byte(e.Text), &rec))
	return rec[name]
}

// process is a process that notes records and stores what it is told to, at
// once: no batch is ever lost.
type process struct {
	t        *testing.T
	o        normalize.MergeOptions
	m        *normalize.Merger
	n        *normalize.Normalizer
	start    time.Time
	now      time.Time
	contents uint64 // known, and done
	stored   map[string][]byte
	out      []emitted
}

func newProcess(t *testing.T, o normalize.MergeOptions) *process {
	t.Helper()
	p := &process{t: t, o: o, n: newNormalizer(), start: received, now: received, stored: map[string][]byte{}}
	p.restart()
	return p
}

// waiting are the options of most tests, the defaults of the plugin.
func waiting() normalize.MergeOptions {
	return normalize.MergeOptions{Wait: 5 * time.Minute, TTL: 26 * time.Hour, MaxEntities: 100}
}

// restart goes on from what is stored.
func (p *process) restart() {
	p.t.Helper()
	var saved []normalize.AlertChange
	for key, value := range p.stored {
		saved = append(saved, normalize.AlertChange{Key: key, Value: value})
	}
	m, err := normalize.NewMerger(p.o, saved, normalize.Arrival{Now: p.now, Known: p.contents})
	require.NoError(p.t, err)
	p.m = m
}

func (p *process) store(changes []normalize.AlertChange) {
	for _, c := range changes {
		if c.Value == nil {
			delete(p.stored, c.Key)
			continue
		}
		p.stored[c.Key] = c.Value
	}
}

// content is a content that holds the given records: it becomes known, its
// records are noted, it is done.
func (p *process) content(records ...string) {
	p.t.Helper()
	p.contents++
	p.note(records...)
	p.due(p.contents)
}

// note notes records of a content that is known and stays undone.
func (p *process) note(records ...string) {
	p.t.Helper()
	for _, text := range records {
		if n, ok := noteWith(p.n, text); ok {
			p.store(p.m.Note(n, normalize.Arrival{Now: p.now, Known: p.contents}))
		}
	}
}

func (p *process) due(done uint64) {
	for due := p.m.Due(p.now, done); len(due) > 0; due = p.m.Due(p.now, done) {
		for _, e := range due {
			p.store(e.Changes)
			p.out = append(p.out, emitted{MergedAlert: e.Alert, at: p.now, after: p.now.Sub(p.start)})
		}
	}
}

// TestManyAlertsThatAreDueTogetherComeInPortions: all at once they would take much
// memory, and none could wait for those before it to be handed over.
func TestManyAlertsThatAreDueTogetherComeInPortions(t *testing.T) {
	t.Parallel()
	const alerts = 1000
	for name, due := range map[string]struct {
		after time.Duration
		done  uint64
	}{"by time": {time.Hour, 0}, "by content": {0, 1}} {
		p := newProcess(t, waiting())
		p.contents = 1
		for i := range alerts {
			of := fields{"AlertId": strconv.Itoa(i)}
			p.note(trigger("t", of), entity("e", "User", "alice", of))
		}
		p.now = p.now.Add(due.after)
		first := p.m.Due(p.now, due.done)
		assert.NotEmpty(t, first, name)
		assert.Less(t, len(first), alerts/2, name)
		p.due(due.done)
		assert.Len(t, p.take(), alerts-len(first), name)
		assert.Zero(t, p.m.Stats().Pending, name)
	}
}

// TestFewLongAlertsAreAPortionToo: 200 of them are as much memory as 10,000 usual ones.
func TestFewLongAlertsAreAPortionToo(t *testing.T) {
	t.Parallel()
	const alerts, long = 50, 200 << 10
	p := newProcess(t, waiting())
	p.contents = 1
	for i := range alerts {
		of := fields{"AlertId": strconv.Itoa(i)}
		p.note(trigger("t", fields{"AlertId": of["AlertId"], "Comments": strings.Repeat("x", long)}), entity("e", "User", "alice", of))
	}
	first := p.m.Due(p.now, 1)
	assert.NotEmpty(t, first)
	assert.Less(t, len(first)*long, 2<<20)
	p.due(1)
	assert.Len(t, p.take(), alerts-len(first))
	assert.Zero(t, p.m.Stats().Pending)
}

// pass lets time pass, and asks Due whenever it said that it has something to do.
func (p *process) pass(d time.Duration) {
	end := p.now.Add(d)
	for next, ok := p.m.Next(); ok && !next.After(end); next, ok = p.m.Next() {
		p.now = next
		p.due(p.contents)
	}
	p.now = end
}

// take returns what has come out since the last take.
func (p *process) take() []emitted {
	out := p.out
	p.out = nil
	return out
}

// one returns the only alert that has come out since the last take.
func (p *process) one() emitted {
	p.t.Helper()
	out := p.take()
	require.Len(p.t, out, 1)
	return out[0]
}

func TestPairInOneContentIsOneAlertInBothOrders(t *testing.T) {
	t.Parallel()
	for _, records := range [][]string{{trigger("t", nil), user("alice")}, {user("alice"), trigger("t", nil)}} {
		p := newProcess(t, waiting())
		p.content(records...)
		a := p.one()
		assert.Equal(t, alertUID, a.UID)
		assert.Zero(t, a.Revision)
		assert.Zero(t, a.after)
		assert.Equal(t, []string{"alice"}, a.users())
		assert.Equal(t, []string{"id of alice", "t"}, a.RecordIDs)
		p.pass(48 * time.Hour)
		assert.Empty(t, p.take())
		assert.Zero(t, p.m.Stats().Held)
	}
}

func TestPairInTwoContentsOfOneCycleIsOneAlert(t *testing.T) {
	t.Parallel()
	for _, records := range [][]string{{trigger("t", nil), user("alice")}, {user("alice"), trigger("t", nil)}} {
		p := newProcess(t, waiting())
		p.contents = 2
		p.note(records[0])
		p.due(1)
		assert.Empty(t, p.take(), "the second content is not done")
		p.note(records[1])
		p.due(1)
		assert.Empty(t, p.take(), "the second content is not done")
		p.due(2)
		assert.Equal(t, []string{"alice"}, p.one().users())
	}
}

func TestEntityOneCycleLaterIsInTheFirstEmission(t *testing.T) {
	t.Parallel()
	p := newProcess(t, waiting())
	p.content(trigger("t", nil))
	p.pass(4 * time.Minute)
	assert.Empty(t, p.take())
	p.content(user("alice"))
	a := p.one()
	assert.Equal(t, []string{"alice"}, a.users())
	assert.Zero(t, a.Revision)
	assert.Equal(t, 4*time.Minute, a.after)
}

func TestEntityAfterTheEmissionGivesARevision(t *testing.T) {
	t.Parallel()
	p := newProcess(t, waiting())
	p.content(trigger("t", nil), user("alice"))
	first := p.one()
	p.pass(25 * time.Hour)
	p.contents = 5
	p.note(user("bob"))
	p.due(4)
	p.note(user("carol"))
	p.due(4)
	assert.Empty(t, p.take(), "entities of one cycle give one revision")
	p.due(5)
	second := p.one()
	assert.Equal(t, first.UID, second.UID)
	assert.Equal(t, 1, second.Revision)
	assert.Equal(t, []string{"alice", "bob", "carol"}, second.users())
}

func TestRevisionDoesNotWaitForEverForAContent(t *testing.T) {
	t.Parallel()
	o := waiting()
	o.Wait = 0
	p := newProcess(t, o)
	p.content(trigger("t", nil))
	assert.Zero(t, p.one().Count, "a wait of 0 emits at once")
	p.contents = 9
	p.note(user("bob"))
	p.due(1)
	assert.Empty(t, p.take())
	p.now = p.now.Add(5 * time.Minute)
	p.due(1)
	assert.Equal(t, []string{"bob"}, p.one().users())
}

func TestEntitiesOfDifferentCyclesGiveARevisionEach(t *testing.T) {
	t.Parallel()
	p := newProcess(t, waiting())
	p.content(user("bob"), trigger("t", nil))
	p.pass(5 * time.Minute)
	p.content(user("alice"))
	p.pass(5 * time.Minute)
	p.content(user("carol"))
	out := p.take()
	require.Len(t, out, 3)
	for i, want := range [][]string{{"bob"}, {"alice", "bob"}, {"alice", "bob", "carol"}} {
		assert.Equal(t, i, out[i].Revision)
		assert.Equal(t, want, out[i].users())
	}
}

func TestTriggerWithoutEntityComesAfterTheWait(t *testing.T) {
	t.Parallel()
	p := newProcess(t, waiting())
	p.content(trigger("t", nil))
	p.pass(time.Hour)
	a := p.one()
	assert.Equal(t, 5*time.Minute, a.after)
	assert.Empty(t, a.Entities)
	assert.Zero(t, a.Count)
	assert.False(t, a.Truncated)
}

func TestTriggerOfCloudAppSecurityComesAtOnce(t *testing.T) {
	t.Parallel()
	p := newProcess(t, waiting())
	p.content(trigger("t", fields{"Source": "cloud app security"}))
	a := p.one()
	assert.Zero(t, a.after)
	assert.Zero(t, a.Count)
}

// TestEarlierTriggerOfAnotherSourceWaitsForEntities: the alert had its turn
// already, as one that never gets any.
func TestEarlierTriggerOfAnotherSourceWaitsForEntities(t *testing.T) {
	t.Parallel()
	o := waiting()
	o.Updates = normalize.AlertsOnce
	p := newProcess(t, o)
	p.contents = 2
	p.note(trigger("later", fields{"Source": "cloud app security"}))
	p.note(trigger("earlier", fields{"CreationTime": "2026-03-02T10:00:00"}))
	p.due(2)
	assert.Empty(t, p.take())
	p.content(user("alice"))
	p.pass(time.Hour)
	assert.Equal(t, []string{"alice"}, p.one().users())
}

func TestLatestTriggerDecidesTheStatus(t *testing.T) {
	t.Parallel()
	active := trigger("t1", fields{"CreationTime": "2026-03-02T10:00:00"})
	resolved := trigger("t2", fields{
		"CreationTime": "2026-03-02T11:00:00", "Status": "Resolved", "Comments": "benign", "Severity": "High",
		"AlertLinks": []any{}, "Name": "another name",
	})
	t.Run("in order", func(t *testing.T) {
		t.Parallel()
		p := newProcess(t, waiting())
		p.content(active, user("alice"))
		assert.Equal(t, "Active", p.one().field(t, "Status"))
		p.content(resolved)
		checkResolved(t, p.one(), 1)
	})
	t.Run("the latest first", func(t *testing.T) {
		t.Parallel()
		p := newProcess(t, waiting())
		p.content(resolved, user("alice"))
		first := p.one()
		assert.Equal(t, "t2", first.field(t, "Id"))
		p.content(active)
		checkResolved(t, p.one(), 1)
	})
	t.Run("together", func(t *testing.T) {
		t.Parallel()
		p := newProcess(t, waiting())
		p.content(resolved, user("alice"), active)
		checkResolved(t, p.one(), 0)
	})
}

func checkResolved(t *testing.T, a emitted, revision int) {
	t.Helper()
	assert.Equal(t, revision, a.Revision)
	assert.Equal(t, "t1", a.field(t, "Id"))
	assert.Equal(t, "Resolved", a.field(t, "Status"))
	assert.Equal(t, "benign", a.field(t, "Comments"))
	assert.Equal(t, "High", a.field(t, "Severity"))
	assert.Equal(t, []any{}, a.field(t, "AlertLinks"))
	assert.Equal(t, "Creation of forwarding/redirect rule", a.field(t, "Name"))
	assert.Equal(t, []string{"id of alice", "t1", "t2"}, a.RecordIDs)
}

func TestRepeatedRecordChangesNothing(t *testing.T) {
	t.Parallel()
	records := []string{trigger("t", nil), user("alice"), user("bob"), original("AlertUpdated", "u", fields{"Status": "Resolved"})}
	o := waiting()
	o.StatusUpdates, o.Bundle = true, true
	p := newProcess(t, o)
	p.content(records...)
	assert.Equal(t, []string{"alice", "bob"}, p.one().users())
	for range 3 {
		for _, text := range records {
			n, ok := noteOf(text)
			require.True(t, ok)
			assert.Empty(t, p.m.Note(n, normalize.Arrival{Now: p.now, Known: 7}))
		}
		p.due(9)
		assert.Empty(t, p.take())
		p.restart()
	}
}

func TestEntityBeforeItsTriggerOutlastsARestart(t *testing.T) {
	t.Parallel()
	p := newProcess(t, waiting())
	p.content(user("alice"))
	p.pass(20 * time.Hour)
	p.restart()
	p.content(trigger("t", nil))
	assert.Equal(t, []string{"alice"}, p.one().users())
}

func TestAtMostSoManyEntitiesAreListed(t *testing.T) {
	t.Parallel()
	p := newProcess(t, waiting())
	records := []string{trigger("t", nil)}
	var want []string
	for i := range 150 {
		name := fmt.Sprintf("user%03d", i)
		records = append(records, user(name))
		want = append(want, name)
	}
	slices.Reverse(records)
	p.content(records...)
	a := p.one()
	assert.Equal(t, want[:100], a.users())
	assert.Equal(t, 150, a.Count)
	assert.True(t, a.Truncated)
	assert.Len(t, a.RecordIDs, 151)
}

func TestKeyIsTheSameInAnyLetterCase(t *testing.T) {
	t.Parallel()
	p := newProcess(t, waiting())
	p.content(
		trigger("t", fields{"AlertId": strings.ToUpper(alertID), "Operation": "ALERTTRIGGERED"}),
		entity("e", "User", "alice@contoso.example", fields{"OrganizationId": strings.ToUpper(organization), "Operation": "alertentitygenerated"}))
	a := p.one()
	assert.Equal(t, alertUID, a.UID)
	assert.Equal(t, []string{"alice"}, a.users())
	assert.Equal(t, "ALERTTRIGGERED", a.field(t, "Operation"), "the original is not re-cased")
}

func TestOrganizationsDoNotMix(t *testing.T) {
	t.Parallel()
	other := fields{"OrganizationId": "99999999-2222-3333-4444-555555555555"}
	p := newProcess(t, waiting())
	p.content(trigger("t1", nil), trigger("t2", other), user("alice"), entity("e2", "User", "bob@contoso.example", other))
	out := p.take()
	require.Len(t, out, 2)
	assert.Equal(t, []string{"alice"}, out[0].users())
	assert.Equal(t, []string{"bob"}, out[1].users())
	assert.NotEqual(t, out[0].UID, out[1].UID)
}

func TestEntityWithoutTriggerIsForgotten(t *testing.T) {
	t.Parallel()
	p := newProcess(t, waiting())
	p.content(user("alice"), user("bob"))
	p.pass(26*time.Hour - time.Nanosecond)
	assert.Equal(t, 1, p.m.Stats().Held)
	p.pass(time.Nanosecond)
	assert.Zero(t, p.m.Stats().Held)
	assert.EqualValues(t, 2, p.m.Stats().Orphaned)
	p.content(trigger("t", nil))
	p.pass(time.Hour)
	assert.Empty(t, p.one().Entities)
	p.pass(48 * time.Hour)
	p.content(user("carol"))
	assert.Len(t, p.stored, 1, "what was forgotten is deleted with the next change")
}

func TestEntityTooLateForItsAlertIsNotTakenIn(t *testing.T) {
	t.Parallel()
	p := newProcess(t, waiting())
	p.content(trigger("t", nil), user("alice"))
	p.take()
	p.now = p.now.Add(26 * time.Hour) // and nobody has asked Due
	p.content(user("bob"))
	assert.Empty(t, p.take())
	p.pass(48 * time.Hour)
	assert.Empty(t, p.take())
	assert.EqualValues(t, 1, p.m.Stats().Orphaned)
}

func TestTriggersOwnEntityIsListedOnce(t *testing.T) {
	t.Parallel()
	p := newProcess(t, waiting())
	own := fields{"EntityType": "User", "AlertEntityId": "alice@contoso.example"}
	p.content(trigger("t", own))
	a := p.one()
	assert.Equal(t, []string{"alice"}, a.users())
	assert.Equal(t, "User", a.field(t, "EntityType"))
	p = newProcess(t, waiting())
	p.content(trigger("t", own), user("alice"))
	assert.Equal(t, []string{"alice"}, p.one().users())
}

func TestEntitiesAreComparedByteByByte(t *testing.T) {
	t.Parallel()
	p := newProcess(t, waiting())
	p.content(trigger("t", nil),
		entity("e1", "User", "Alice", nil), entity("e2", "User", "alice", nil), entity("e3", "user", "alice", nil),
		entity("e4", "", "alice", nil), entity("e5", "", "", nil), entity("e6", "User", "", nil))
	a := p.one()
	assert.Equal(t, []normalize.Entity{{Type: "", ID: "alice"}, {Type: "User", ID: "Alice"}, {Type: "User", ID: "alice"}, {Type: "user", ID: "alice"}}, a.Entities)
	assert.Equal(t, []string{"e1", "e2", "e3", "e4", "t"}, a.RecordIDs)
}

func TestEntitiesStandInOrderOfTheirFirstTime(t *testing.T) {
	t.Parallel()
	at := func(second int) fields { return fields{"CreationTime": fmt.Sprintf("2026-03-02T10:01:%02d", second)} }
	p := newProcess(t, waiting())
	p.content(trigger("t", nil),
		entity("e1", "User", "zoe", at(30)), entity("e2", "User", "ann", at(20)), entity("e3", "User", "never", fields{"CreationTime": "soon"}),
		entity("e4", "User", "zoe", at(10)), entity("e5", "Mail", "zoe", at(20)))
	assert.Equal(t, []string{"zoe", "zoe", "ann", "never"}, p.one().users())
}

// TestTriggersAreNeverDropped is the overflow: what is out goes first, then the
// entities without alert, and of the waiting alerts the oldest come early.
func TestTriggersAreNeverDropped(t *testing.T) {
	t.Parallel()
	of := func(i int) fields { return fields{"AlertId": fmt.Sprintf("alert %02d", i)} }
	o := waiting()
	o.MaxKeys = 4
	p := newProcess(t, o)
	p.content(trigger("t0", of(0)), entity("e0", "User", "alice", of(0)))
	assert.Equal(t, organization+"/alert 00", p.one().UID)
	p.content(entity("e1", "User", "bob", of(1)))
	for i := 2; i < 5; i++ {
		p.pass(time.Second)
		p.content(trigger(fmt.Sprint("t", i), of(i)))
	}
	assert.Equal(t, normalize.MergeStats{Held: 4, Pending: 3, Merged: 1, Evicted: 1}, p.m.Stats())
	p.content(entity("e0 late", "User", "carol", of(0)))
	assert.Empty(t, p.take(), "alert 00 was forgotten, it cannot be revised")
	p.pass(time.Second)
	for i := 5; i < 9; i++ {
		p.content(trigger(fmt.Sprint("t", i), of(i)))
	}
	early := p.take()
	require.Len(t, early, 3)
	for i, a := range early {
		assert.Equal(t, fmt.Sprintf("%s/alert %02d", organization, i+2), a.UID)
	}
	p.restart()
	p.pass(time.Hour)
	assert.Len(t, p.take(), 4)
	assert.Len(t, p.stored, 8, "of the four that can be revised")
}

func TestAlertsHoldABoundedNumberOfBytes(t *testing.T) {
	t.Parallel()
	o := waiting()
	o.MaxBytes = 1 << 20
	p := newProcess(t, o)
	for i := range 30 {
		p.content(trigger(fmt.Sprint("t", i), fields{"AlertId": strconv.Itoa(i), "Comments": strings.Repeat("x", 100_000)}))
		assert.Less(t, p.storedBytes(), 2<<20)
	}
	p.pass(time.Hour)
	assert.Len(t, p.take(), 30)
}

func (p *process) storedBytes() int {
	total := 0
	for _, v := range p.stored {
		total += len(v)
	}
	return total
}

func TestUnstoredEmissionComesAgainUnderItsRevision(t *testing.T) {
	t.Parallel()
	p := newProcess(t, waiting())
	p.content(trigger("t", nil), user("alice"))
	first := p.one()
	p.contents++
	p.note(user("bob"))
	lost := p.m.Due(p.now, p.contents)
	require.Len(t, lost, 1)
	p.restart()
	p.due(p.contents)
	again := p.one()
	assert.Equal(t, lost[0].Alert, again.MergedAlert)
	assert.Equal(t, 1, again.Revision)
	p.restart()
	p.due(p.contents)
	p.pass(time.Hour)
	assert.Empty(t, p.take())
	assert.Zero(t, first.Revision)
}

func TestAlertComesWhateverItsDataAre(t *testing.T) {
	t.Parallel()
	for _, data := range []any{"", "{", "no json", nil, 17, []any{"x"}, `{"f3u":{"a":[1]}}`, `{"f3u":"a@b, c@d"}`} {
		p := newProcess(t, waiting())
		p.content(trigger("t", fields{"Data": data}), user("alice"))
		assert.Equal(t, data, numbers(p.one().field(t, "Data")), "%v", data)
	}
}

// numbers makes an int of a float64.
func numbers(v any) any {
	if f, ok := v.(float64); ok {
		return int(f)
	}
	return v
}

func TestLongAndOddEntitiesAreListed(t *testing.T) {
	t.Parallel()
	ids := []string{strings.Repeat("x", 64<<10), "zoë\n\u0000\"\\😀", "  ", "urn:spo:guest#zo\u200b"}
	p := newProcess(t, waiting())
	p.content(trigger("t", nil))
	for i, id := range ids {
		p.note(entity(strconv.Itoa(i), "Ty\npe", id, nil))
	}
	p.restart()
	p.due(p.contents)
	a := p.one()
	got := make([]string, 0, len(ids))
	for _, e := range a.Entities {
		got = append(got, e.ID)
		assert.Equal(t, "Ty\npe", e.Type)
	}
	assert.ElementsMatch(t, ids, got)
	assert.False(t, a.Truncated)
}

func TestManyLongEntitiesDoNotFillTheMemory(t *testing.T) {
	t.Parallel()
	p := newProcess(t, waiting())
	p.content(trigger("t", nil))
	for i := range 1000 {
		p.note(entity(strconv.Itoa(i), "User", fmt.Sprintf("%05d%s", i, strings.Repeat("x", 32<<10)), nil))
	}
	assert.Less(t, p.storedBytes(), 1<<19)
	p.due(p.contents)
	a := p.one()
	assert.Equal(t, 1000, a.Count)
	assert.True(t, a.Truncated)
	assert.Len(t, a.Entities, (256<<10)/(32<<10+5+len("User")))
	assert.Len(t, a.RecordIDs, 1000)
}

func TestEntitiesAreCountedUpToALimit(t *testing.T) {
	t.Parallel()
	p := newProcess(t, waiting())
	p.content(trigger("t", nil))
	for i := range 10_100 {
		p.note(entity(strconv.Itoa(i), "User", strconv.Itoa(10_000+10_100-i), nil))
	}
	assert.Less(t, p.storedBytes(), 1<<18)
	assert.Empty(t, p.m.Note(firstNote(t, entity("x", "User", "99999", nil)), normalize.Arrival{Now: p.now}), "no room is left")
	p.due(p.contents)
	a := p.one()
	assert.Equal(t, 10_000, a.Count)
	assert.Len(t, a.Entities, 100)
	assert.Equal(t, "10001", a.Entities[0].ID, "the last to come is the first to be listed")
}

func TestEntityTooLongToBeListedIsCounted(t *testing.T) {
	t.Parallel()
	p := newProcess(t, waiting())
	long := entity("e1", "User", strings.Repeat("x", 64<<10+1), nil)
	p.content(trigger("t", nil), long, user("alice"), long)
	a := p.one()
	assert.Equal(t, []string{"alice"}, a.users())
	assert.Equal(t, 2, a.Count)
	assert.True(t, a.Truncated)
}

func TestSmallestIDIsTheBaseWhenTimesAreEqual(t *testing.T) {
	t.Parallel()
	first := trigger("a", fields{"Status": "zzz", "AAA": "z, so that its text is the greater one"})
	second := trigger("b", fields{"Status": "aaa", "AAA": "a"})
	for _, records := range [][]string{{first, second}, {second, first}} {
		p := newProcess(t, waiting())
		p.content(append(records, user("alice"))...)
		a := p.one()
		assert.Equal(t, "a", a.field(t, "Id"))
		assert.Equal(t, "aaa", a.field(t, "Status"), "of the greatest Id")
	}
}

func TestUpdatesCountWhenTheyAreAskedFor(t *testing.T) {
	t.Parallel()
	update := func(id, at, status string) string {
		return original("AlertUpdated", id, fields{"CreationTime": at, "Status": status, "Comments": nil, "Severity": "High", "AlertLinks": "none"})
	}
	p := newProcess(t, waiting())
	p.content(trigger("t", nil), user("alice"), update("u", "2026-03-02T11:00:00", "Resolved"))
	assert.Equal(t, "Active", p.one().field(t, "Status"))
	assert.Empty(t, p.m.Note(firstNote(t, update("u", "2026-03-02T11:00:00", "Resolved")), normalize.Arrival{Now: p.now}))

	o := waiting()
	o.StatusUpdates = true
	p = newProcess(t, o)
	p.content(update("u1", "2026-03-02T11:00:00", "Investigating"))
	p.pass(time.Hour)
	assert.Empty(t, p.take(), "an update is no alert")
	p.content(trigger("t", nil), user("alice"))
	a := p.one()
	assert.Equal(t, "Investigating", a.field(t, "Status"))
	assert.Equal(t, "New alert", a.field(t, "Comments"), "the update does not say")
	assert.Equal(t, "High", a.field(t, "Severity"))
	assert.NotEqual(t, "none", a.field(t, "AlertLinks"), "updates do not decide the links")
	assert.Equal(t, []string{"id of alice", "t", "u1"}, a.RecordIDs)
	p.content(update("u2", "2026-03-02T12:00:00", "Resolved"))
	assert.Equal(t, "Resolved", p.one().field(t, "Status"))
	p.content(update("u3", "2026-03-02T11:30:00", "Dismissed"))
	assert.Equal(t, "Resolved", p.one().field(t, "Status"), "a third record belongs to it, an older one")
	p.content(trigger("t2", fields{"CreationTime": "2026-03-02T13:00:00"}))
	assert.Equal(t, "Active", p.one().field(t, "Status"), "the alert was triggered again")
}

func TestUpdateOfTheSameSecondComesAfterTheTrigger(t *testing.T) {
	t.Parallel()
	o := waiting()
	o.StatusUpdates = true
	p := newProcess(t, o)
	p.content(trigger("z", nil), user("alice"), original("AlertUpdated", "a", fields{"Status": "Resolved"}))
	assert.Equal(t, "Resolved", p.one().field(t, "Status"))
}

func firstNote(t *testing.T, text string) normalize.AlertNote {
	t.Helper()
	n, ok := noteOf(text)
	require.True(t, ok)
	return n
}

func TestAlertsComeOnceWhenTheSettingSaysSo(t *testing.T) {
	t.Parallel()
	o := waiting()
	o.Updates = normalize.AlertsOnce
	p := newProcess(t, o)
	p.content(trigger("t", nil), user("alice"))
	assert.Equal(t, []string{"alice"}, p.one().users())
	p.restart()
	p.content(user("bob"), trigger("t2", nil))
	p.pass(time.Hour)
	assert.Empty(t, p.take())
}

func TestAlertsComeAtOnceAndAloneWithoutMerge(t *testing.T) {
	t.Parallel()
	o := waiting()
	o.Updates = normalize.AlertsUnmerged
	p := newProcess(t, o)
	p.contents = 7
	p.note(user("alice"), trigger("t", nil))
	assert.Len(t, p.stored, 2, "until it is emitted")
	p.restart()
	p.due(0)
	a := p.one()
	assert.Zero(t, a.Count)
	assert.Equal(t, alertUID, a.UID)
	assert.Empty(t, p.stored)
	assert.Zero(t, p.m.Stats().Held)
}

func TestTriggersWithoutAlertIDAreAlertsOfTheirOwn(t *testing.T) {
	t.Parallel()
	none := fields{"AlertId": nil}
	noID := fields{"AlertId": "", "Id": nil, "OrganizationId": nil}
	p := newProcess(t, waiting())
	p.contents = 7
	p.note(trigger("T1", none), trigger("t2", none), trigger("", noID), entity("e", "User", "alice", none))
	p.restart()
	p.due(0)
	out := p.take()
	require.Len(t, out, 3)
	assert.Regexp(t, "^/[0-9a-f]{64}$", out[0].UID)
	assert.Equal(t, organization+"/t1", out[1].UID)
	assert.Equal(t, organization+"/t2", out[2].UID)
	assert.Empty(t, p.stored)
	p.content(trigger("t1", fields{"AlertId": nil}))
	assert.EqualValues(t, 1, p.m.Stats().Unkeyed, "since the restart")
}

func TestLongNamesMakeShortUIDs(t *testing.T) {
	t.Parallel()
	p := newProcess(t, waiting())
	p.content(trigger("t", fields{"AlertId": strings.Repeat("x", 40_000)}), entity("e", "User", "alice", fields{"AlertId": strings.Repeat("X", 40_000)}))
	a := p.one()
	assert.Len(t, a.UID, len(organization)+1+64)
	assert.Equal(t, 1, a.Count)
}

func TestNextEntityOfTheCycleIsInTheFirstEmission(t *testing.T) {
	t.Parallel()
	p := newProcess(t, waiting())
	p.content(trigger("t", nil))
	p.contents = 3
	p.note(user("alice"))
	p.due(2)
	assert.Empty(t, p.take(), "the third content is not done")
	p.note(user("bob"))
	p.due(3)
	assert.Equal(t, []string{"alice", "bob"}, p.one().users())
}

func TestRestartWaitsForTheContentsThatAreKnownAgain(t *testing.T) {
	t.Parallel()
	p := newProcess(t, waiting())
	p.contents = 2
	p.note(trigger("t", nil), user("alice"))
	p.contents = 1 // numbers begin anew: one content is not done
	p.restart()
	p.due(0)
	assert.Empty(t, p.take())
	p.note(user("bob"))
	p.due(1)
	assert.Equal(t, []string{"alice", "bob"}, p.one().users())
}

func TestDeadlinesOfAClockThatWasWrongAreCut(t *testing.T) {
	t.Parallel()
	p := newProcess(t, waiting())
	p.now = p.now.Add(1000 * time.Hour)
	p.content(trigger("t", nil), entity("e", "User", "alice", fields{"AlertId": "another"}))
	p.now = p.start
	p.restart()
	p.pass(5*time.Minute - time.Second)
	assert.Empty(t, p.take())
	p.pass(time.Second)
	assert.Zero(t, p.one().Count)
	p.pass(26 * time.Hour)
	assert.Zero(t, p.m.Stats().Held)
}

func TestDeadlineThatHasPassedFiresAtTheRestart(t *testing.T) {
	t.Parallel()
	p := newProcess(t, waiting())
	p.content(trigger("t", nil))
	p.now = p.now.Add(time.Hour)
	p.restart()
	next, ok := p.m.Next()
	assert.True(t, ok)
	assert.False(t, next.After(p.now))
	p.due(0)
	p.one()
}

func TestChangedLimitOfEntitiesHoldsFromThenOn(t *testing.T) {
	t.Parallel()
	o := waiting()
	o.MaxEntities = 3
	p := newProcess(t, o)
	p.content(trigger("t", nil), user("a"), user("b"), user("c"), user("d"), user("e"))
	assert.Equal(t, []string{"a", "b", "c"}, p.one().users())
	p.o.MaxEntities = 2
	p.restart()
	p.content(user("aa"))
	assert.Equal(t, []string{"a", "aa"}, p.one().users())
	p.o.MaxEntities = 100
	p.restart()
	p.content(user("z"))
	a := p.one()
	assert.Equal(t, []string{"a", "aa", "b"}, a.users(), "which come next is not known any more")
	assert.Equal(t, 7, a.Count)
	assert.True(t, a.Truncated)
}

func TestRecordsThatAreNoAlertSayNothing(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{}`, `[]`, `{"Operation":"AlertTriggered"`, original("UserLoggedIn", "i", nil), original("Alert", "i", nil), original("", "i", nil),
		entity("e", "User", "alice", fields{"AlertId": ""}), entity("e", "User", "", nil), entity("e", "User", "", fields{"AlertEntityId": []any{"x"}}),
		original("AlertUpdated", "u", fields{"AlertId": nil}), `{"Operation":["AlertTriggered"],"AlertId":"x"}`,
	} {
		_, ok := noteOf(text)
		assert.False(t, ok, text)
	}
}

func TestAlertOfADamagedTextIsStillARecord(t *testing.T) {
	t.Parallel()
	a := normalize.MergedAlert{UID: "u", Text: `{"Operation":`}
	for _, rec := range []*normalize.Record{newNormalizer().Alert(&a, received), newNormalizer().Bundle(&a, received)} {
		assert.True(t, json.Valid(rec.AppendJSON(nil)))
	}
}
