package simulator_test

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/tests/simulator"
)

// record is the common part of a generated record.
type record struct {
	CreationTime, ID, Operation, OrganizationID string
	UserKey, Workload, UserID                   *string
	RecordType, UserType                        *int
	ResultStatus, ClientIP                      string
	AlertID, AlertEntityID, EntityType, Data    string
	Source, IntraSystemID, LogonError           string
}

func samples(t *testing.T, ct simulator.ContentType, n int) []record {
	t.Helper()
	sim := simulator.New(simulator.Options{Now: at(noon), Seed: 3})
	var records []record
	for _, raw := range sim.Sample(ct, n, noon) {
		require.True(t, utf8.Valid(raw))
		var r record
		require.NoError(t, json.Unmarshal(raw, &r), string(raw))
		records = append(records, r)
	}
	return records
}

func TestEveryRecordHasTheCommonFields(t *testing.T) {
	t.Parallel()
	for _, ct := range simulator.ContentTypes() {
		for _, r := range samples(t, ct, 500) {
			created, err := time.Parse("2006-01-02T15:04:05", strings.TrimSuffix(r.CreationTime, "Z"))
			require.NoError(t, err)
			assert.WithinRange(t, created, noon.Add(-2*time.Hour-time.Second), noon, r.Operation)
			assert.Len(t, r.ID, 36)
			assert.Equal(t, simulator.DefaultTenantID, r.OrganizationID)
			assert.NotEmpty(t, r.Operation)
			for _, field := range []*string{r.UserKey, r.Workload, r.UserID} {
				assert.NotNil(t, field, r.Operation)
			}
			assert.NotNil(t, r.RecordType)
			assert.NotNil(t, r.UserType)
		}
	}
}

func TestEveryFamilyComesRound(t *testing.T) {
	t.Parallel()
	want := map[simulator.ContentType][]int{
		simulator.AuditAzureActiveDirectory: {8, 15},
		simulator.AuditExchange:             {1, 2, 3, 50},
		simulator.AuditSharePoint:           {4, 6, 14, 36, 56},
		simulator.AuditGeneral:              {18, 20, 22, 25, 28, 40, 41, 47, 52, 63, 64, 66, 98, 261},
		simulator.DLPAll:                    {11, 13, 63},
	}
	for ct, types := range want {
		found := map[int]bool{}
		for _, r := range samples(t, ct, 24) {
			found[*r.RecordType] = true
		}
		for _, recordType := range types {
			assert.True(t, found[recordType], "%s %d", ct, recordType)
		}
		assert.Len(t, found, len(types), ct)
	}
}

func TestIdsAreUniqueInAllContentTypes(t *testing.T) {
	t.Parallel()
	sim := simulator.New(simulator.Options{Now: at(noon), Seed: 3})
	for _, ct := range simulator.ContentTypes() {
		sim.AddContent(ct, 200, 100, noon.Add(-time.Hour), noon)
	}
	ids := sim.Offered()
	require.Len(t, ids, 5*200*100)
	slices.Sort(ids)
	assert.Len(t, slices.Compact(ids), 5*200*100)
}

func TestSequentialIdsHideTheInstantOfCreation(t *testing.T) {
	t.Parallel()
	sequential := []int{1, 2, 3, 4, 6, 14, 36, 40, 52, 56}
	checked := 0
	for _, ct := range simulator.ContentTypes() {
		for _, r := range samples(t, ct, 100) {
			// Alerts of Defender for Cloud Apps come from elsewhere.
			if !slices.Contains(sequential, *r.RecordType) || r.Source == "Cloud App Security" {
				continue
			}
			groups := strings.Split(r.ID, "-")
			ticks, err := strconv.ParseUint(groups[4]+groups[3], 16, 64)
			require.NoError(t, err)
			const at1970 = 621_355_968_000_000_000
			hidden := time.Unix(0, int64(ticks-at1970)*100).UTC()
			assert.Equal(t, r.CreationTime, hidden.Format("2006-01-02T15:04:05"), r.Operation)
			checked++
		}
	}
	assert.Greater(t, checked, 200)
}

func TestSignInsLookLikeTheRealOnes(t *testing.T) {
	t.Parallel()
	failedWithSuccess := 0
	for _, r := range samples(t, simulator.AuditAzureActiveDirectory, 600) {
		if *r.RecordType != 15 {
			assert.True(t, strings.HasSuffix(r.Operation, "."), r.Operation)
			continue
		}
		assert.Equal(t, r.ID, r.IntraSystemID)
		assert.Equal(t, r.Operation == "UserLoginFailed", r.LogonError != "")
		if r.LogonError != "" && r.ResultStatus == "Success" {
			failedWithSuccess++
		}
	}
	assert.InDelta(t, 67, failedWithSuccess, 25, "of 100 failed sign-ins")
}

func TestAlertsComeWithTheirEntities(t *testing.T) {
	t.Parallel()
	triggers, entities := map[string]record{}, map[string][]record{}
	for _, r := range samples(t, simulator.AuditGeneral, 240) {
		switch r.Operation {
		case "AlertTriggered":
			triggers[r.AlertID] = r
		case "AlertEntityGenerated":
			entities[r.AlertID] = append(entities[r.AlertID], r)
		}
		if *r.RecordType == 40 && r.Data != "" {
			assert.True(t, json.Valid([]byte(r.Data)), r.Data)
		}
	}
	assert.Len(t, triggers, 40, "four alerts in each turn of 24 records")
	assert.Len(t, entities, 20, "two of them have entities")
	for id, list := range entities {
		require.Contains(t, triggers, id)
		for _, entity := range list {
			assert.Equal(t, triggers[id].CreationTime, entity.CreationTime)
			assert.NotEmpty(t, entity.AlertEntityID)
			assert.NotEmpty(t, entity.EntityType)
		}
	}
}

func TestAlertRecordsOfATestFitTogether(t *testing.T) {
	t.Parallel()
	sim := simulator.New(simulator.Options{Now: at(noon)})
	alert := simulator.Alert{ID: "4b1d0c77-52aa-1f06-2a00-08de78448fde", User: "mira.holt@contoso.example"}
	id := sim.AddBlob(simulator.Blob{Type: simulator.AuditGeneral, Records: []json.RawMessage{
		sim.Trigger(alert, noon), sim.Entity(alert, "User", alert.User, noon), sim.Update(alert, "Resolved", "benign", noon.Add(time.Hour)),
	}})
	ids := sim.Offered()
	require.Len(t, ids, 3)
	assert.Len(t, slices.Compact(slices.Sorted(slices.Values(ids))), 3)
	assert.Equal(t, 3, sim.Contents()[0].Records)
	assert.Equal(t, id, sim.Contents()[0].ID)
}

func TestSizesAreThoseOfRealRecords(t *testing.T) {
	t.Parallel()
	sim := simulator.New(simulator.Options{Now: at(noon), Seed: 3})
	for _, ct := range simulator.ContentTypes() {
		var sizes []int
		for _, raw := range sim.Sample(ct, 240, noon) {
			sizes = append(sizes, len(raw))
		}
		slices.Sort(sizes)
		t.Logf("%s: min %d, median %d, p95 %d, max %d bytes", ct, sizes[0], sizes[120], sizes[228], sizes[239])
		assert.GreaterOrEqual(t, sizes[0], 418, ct)
		assert.GreaterOrEqual(t, sizes[120], 800, ct)
		assert.LessOrEqual(t, sizes[120], 2500, ct)
		if ct == simulator.AuditGeneral {
			assert.InDelta(t, 17_000, sizes[239], 1500, "an investigation")
		} else {
			assert.LessOrEqual(t, sizes[239], 9000, ct)
		}
	}
}

func TestAddressesAreThoseOfDocumentation(t *testing.T) {
	t.Parallel()
	allowed := []netip.Prefix{
		netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.51.100.0/24"),
		netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("2001:db8::/32"),
	}
	for _, ct := range simulator.ContentTypes() {
		for _, r := range samples(t, ct, 200) {
			if r.ClientIP == "" {
				continue
			}
			address, err := netip.ParseAddr(r.ClientIP)
			if err != nil {
				var withPort netip.AddrPort
				withPort, err = netip.ParseAddrPort(r.ClientIP)
				address = withPort.Addr()
			}
			require.NoError(t, err, r.ClientIP)
			assert.True(t, slices.ContainsFunc(allowed, func(p netip.Prefix) bool { return p.Contains(address) }), r.ClientIP)
		}
	}
}

func TestTheSeedDecidesEveryByte(t *testing.T) {
	t.Parallel()
	content := func(o simulator.Options) []byte {
		o.Now = at(noon)
		var all bytes.Buffer
		for _, ct := range simulator.ContentTypes() {
			for _, raw := range simulator.New(o).Sample(ct, 50, noon) {
				all.Write(raw)
			}
		}
		return all.Bytes()
	}
	first := content(simulator.Options{Seed: 1})
	assert.Equal(t, first, content(simulator.Options{Seed: 1}))
	assert.NotEqual(t, first, content(simulator.Options{Seed: 2}))
	assert.NotEqual(t, first, content(simulator.Options{Seed: 1, TenantID: "0aa0aaaa-1111-2222-3333-444455556667"}))
}

func TestTextIsNotOnlyLatin(t *testing.T) {
	t.Parallel()
	sim := simulator.New(simulator.Options{Now: at(noon)})
	for _, ct := range simulator.ContentTypes() {
		all := string(bytes.Join(rawBytes(sim.Sample(ct, 100, noon)), nil))
		assert.Greater(t, len(all), utf8.RuneCountInString(all), ct)
	}
}

func rawBytes(records []json.RawMessage) [][]byte {
	all := make([][]byte, len(records))
	for i, r := range records {
		all[i] = r
	}
	return all
}
