package collector_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	_ "time/tzdata" // the zones of lesson 11, wherever the tests run

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/plugin/internal/collector"
	"office365/tests/simulator"
)

// Each test here is a failure of a real collector of this API, and its number is
// that of the project's list of them. A clause that has a test of its own
// elsewhere is run, or named, under its number.

func TestLesson01SiblingsOnThreePagesAllArrive(t *testing.T) {
	t.Parallel()
	for _, order := range []simulator.Order{simulator.Sorted, simulator.Reversed, simulator.Shuffled} {
		t.Run(string(order), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, func(o *simulator.Options) { o.PageSize, o.Order = 2, order })
				r.settings["content_types"], r.settings["start_from"] = "Audit.Exchange", "2h"
				created := time.Now().Add(-time.Hour)
				for range 4 { // siblings: one contentCreated
					r.sim.AddBlob(simulator.Blob{Type: simulator.AuditExchange, Created: created, Generate: 2})
				}
				r.sim.AddContent(simulator.AuditExchange, 2, 2, created.Add(-time.Minute), created)
				r.start()
				r.run(10 * time.Second)
				assert.Len(t, r.sim.Requests(simulator.RouteContentList), 3)
				r.requireAllOnce()
				// One more sibling, listed after the others are done.
				r.sim.AddBlob(simulator.Blob{Type: simulator.AuditExchange, Created: created, Listable: time.Now(), Generate: 2})
				r.run(6 * time.Minute)
				r.stop()
				r.requireAllOnce()
			})
		})
	}
	t.Run("a content on two pages", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, func(o *simulator.Options) { o.PageSize = 2 })
			r.settings["dedup"] = "off" // it is the contentId that keeps the second one out
			r.fill(9, 2)
			r.sim.AddContent(simulator.AuditGeneral, 9, 2, time.Now().Add(-100*time.Minute), time.Now()) // listed in every interval
			r.sim.Inject(simulator.MustFault("on-two-pages"))
			r.start()
			r.run(11 * time.Minute)
			r.stop()
			r.requireAllOnce()
			for _, content := range r.sim.Contents() {
				assert.Equal(t, 1, content.Requested)
			}
		})
	})
}

func TestLesson02ABlobThatBecomesVisible90MinutesLaterArrives(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.fill(5, 2)
		r.start()
		r.run(time.Hour)
		created := time.Now()
		late := r.sim.AddBlob(simulator.Blob{Type: simulator.AuditGeneral, Created: created, Listable: created.Add(90*time.Minute + time.Second), Generate: 3})
		for range 10 { // newer ones, which are listed before it
			r.sim.AddContent(simulator.AuditGeneral, 1, 1, time.Now(), time.Now().Add(time.Second))
			r.run(9 * time.Minute)
		}
		assert.Empty(t, r.fetches(late))
		r.run(5*time.Minute + 5*time.Second)
		r.requireAllOnce()
		assert.Len(t, r.fetches(late), 1, "within one interval of becoming listable")
		r.stop()
	})
}

func TestLesson03ARecordInTwoContentsArrivesOnceWhateverTheOrderOfItsFields(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.settings["content_types"] = "Audit.Exchange"
		for i, text := range []string{
			`{"Id":"twin","CreationTime":"2000-01-01T00:00:00","Operation":"o","UserId":"u"}`,
			`{"UserId":"u","Operation":"o","Id":"TWIN","CreationTime":"2000-01-01T00:00:00"}`,
			`{"Operation":"o","CreationTime":"2000-01-01T00:00:00","UserId":"another","Id":"twin"}`,
			// Parts of one split record share the Id and are no repeats.
			`{"Id":"twin","RecordNumber":2,"CreationTime":"2000-01-01T00:00:00","Operation":"o","UserId":"u"}`,
		} {
			r.sim.AddBlob(simulator.Blob{
				Type: simulator.AuditExchange, Created: time.Now().Add(time.Duration(i-20) * time.Minute),
				Records: []json.RawMessage{json.RawMessage(text)},
			})
		}
		r.start()
		r.run(6 * time.Minute)
		r.stop()
		assert.Len(t, r.delivered, 2)
		assert.NotEmpty(t, r.lines("2 records, 2 repeats"), "and the repeats are counted: %s", r.log)
	})
}

func TestLesson04OddLinksToTheNextPageLoseNoContent(t *testing.T) {
	t.Parallel()
	stale := func(header string) simulator.Fault {
		return simulator.Fault{Name: header, Route: simulator.RouteContentList, Times: 5, Action: simulator.Action{Header: map[string]string{
			header: "https://{host}{path}?contenttype=Audit.Exchange&starttime=2019-01-01T00:00:00&endtime=2019-01-02T00:00:00&nextpage=x",
		}}}
	}
	for name, fault := range map[string]simulator.Fault{
		"a starttime of 2019 in lower case": stale("NextPageUri"),
		"the same in a header in odd case":  stale("nExTpAgEuRi"),
		"a refused page token, AF20031":     simulator.MustFault("af20031-once"),
		"a link that is stale each time":    simulator.MustFault("stale-next").Count(3),
		"a link to itself":                  simulator.MustFault("loop").Count(10),
		"parameters in lower case":          simulator.MustFault("lower-next"),
		"a header in odd case":              simulator.MustFault("next-page-case"),
		"a header of another name":          simulator.MustFault("next-page-url"),
		"an empty page with a next one":     simulator.MustFault("empty-page"),
		"a foreign host":                    simulator.MustFault("foreign-next"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, func(o *simulator.Options) { o.PageSize = 3 })
				r.settings["content_types"], r.settings["start_from"] = "Audit.Exchange", "2h"
				guard := &guard{next: direct{r.sim}}
				r.transport = guard
				r.sim.AddContent(simulator.AuditExchange, 10, 2, time.Now().Add(-100*time.Minute), time.Now())
				r.sim.Inject(fault)
				r.start()
				r.run(3 * time.Minute)
				r.stop()
				r.requireAllOnce()
				assert.Equal(t, []string{"127.0.0.1:8365"}, guard.seen(), "no token goes elsewhere")
				assert.Less(t, len(r.sim.Requests(simulator.RouteContentList)), 60)
			})
		})
	}
}

// guard notes which hosts were asked.
type guard struct {
	next  http.RoundTripper
	hosts lockedBuffer
}

func (g *guard) RoundTrip(r *http.Request) (*http.Response, error) {
	_, _ = fmt.Fprintln(&g.hosts, r.URL.Host) // a buffer in memory takes it
	return g.next.RoundTrip(r)
}

func (g *guard) seen() []string {
	hosts := strings.Fields(g.hosts.String())
	slices.Sort(hosts)
	return slices.Compact(hosts)
}

func TestLesson05AContentURIIsNotTrusted(t *testing.T) {
	t.Parallel()
	for name, uri := range map[string]string{
		"localhost":       "http://localhost/" + tenantID + "/activity/feed/audit/",
		"another tenant":  root + "/api/v1.0/99999999-9999-9999-9999-999999999999/activity/feed/audit/",
		"a foreign host":  "https://manage.attacker.invalid/api/v1.0/" + tenantID + "/activity/feed/audit/",
		"an escaped $":    root + "/api/v1.0/" + tenantID + "/activity/feed/audit/%24",
		"no URI at all":   "",
		"a user before @": "https://manage.office.com@attacker.invalid/",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, nil)
				r.settings["content_types"] = "Audit.Exchange"
				guard := &guard{next: direct{r.sim}}
				r.transport = guard
				const id = "20000101000000000000001$20000101000000000000001$audit_exchange$Audit_Exchange"
				r.sim.AddBlob(simulator.Blob{Type: simulator.AuditExchange, ID: id, Created: time.Now().Add(-time.Hour), Generate: 2})
				r.sim.Inject(simulator.Fault{Route: simulator.RouteContentList, Action: simulator.Action{Change: func(body []byte) []byte {
					return withContentURI(body, uri)
				}}})
				r.start()
				r.run(10 * time.Second)
				r.stop()
				r.requireAllOnce()
				assert.Equal(t, []string{"127.0.0.1:8365"}, guard.seen(), "no token goes elsewhere")
				require.Len(t, r.fetches(id), 1)
				assert.Contains(t, r.fetches(id)[0].Path, id, "the $ of an id stays as it is")
			})
		})
	}
}

// withContentURI puts uri and the id in the place of each contentUri of a listing.
func withContentURI(body []byte, uri string) []byte {
	var entries []map[string]any
	if json.Unmarshal(body, &entries) != nil {
		return body
	}
	for _, entry := range entries {
		entry["contentUri"] = fmt.Sprint(uri, entry["contentId"])
	}
	changed, err := json.Marshal(entries)
	if err != nil {
		return body
	}
	return changed
}

// The codes and bodies that are not here are in TestContentErrorCodes,
// TestSixHoursOf500 and TestABodyThatIsNoListOfRecordsIsTriedFiveTimesAndThenSlowly.
func TestLesson06WhateverComesInThePlaceOfAContentTheOthersArrive(t *testing.T) {
	t.Parallel()
	for code, check := range map[string]func(*testing.T, *rig, string){
		"": isQuarantined, "AF20050": isGone, "AF20051": isGone, "AF20052": isQuarantined,
	} {
		t.Run("404 "+code+" at the head of the queue", func(t *testing.T) {
			t.Parallel()
			meetContent(t, code, http.StatusNotFound, check)
		})
	}
	t.Run("500 for six hours", func(t *testing.T) {
		t.Parallel()
		sixHoursOf500(t, simulator.RouteContentList, simulator.RouteBlob)
	})
	t.Run("a truncated body once", TestATruncatedBodyOnceIsTheWholeOneSoonAfter)
	t.Run("what is no JSON, with status 200", func(t *testing.T) {
		t.Parallel()
		badBody(t, "html")
	})
	t.Run("gzip", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, nil)
			r.fill(3, 50)
			r.start()
			r.run(10 * time.Second)
			r.stop()
			r.requireAllOnce()
			for _, request := range r.sim.Requests(simulator.RouteBlob) {
				assert.Equal(t, "gzip", request.AcceptEncoding)
				assert.Less(t, request.Bytes, int64(50*500), "and it came so")
			}
		})
	})
	// How much memory it takes the benchmarks tell.
	t.Run("a content of 100 MB", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, nil)
			r.settings["content_types"] = "Audit.Exchange"
			text := strings.Repeat("x", 1<<20)
			records := make([]json.RawMessage, 100)
			for i := range records {
				records[i] = json.RawMessage(fmt.Sprintf(`{"Id":"%d","CreationTime":"2000-01-01T00:00:00","Operation":"o","Text":%q}`, i, text))
			}
			r.sim.AddBlob(simulator.Blob{Type: simulator.AuditExchange, Created: time.Now().Add(-time.Hour), Records: records})
			r.start()
			r.run(2 * time.Minute)
			r.stop()
			r.requireAllOnce()
		})
	})
}

func TestLesson07TokensAndSubscriptionsThatEndAreRenewed(t *testing.T) {
	t.Parallel()
	t.Run("401 in mid-scan", TestA401InMidPageCostsNoPage)
	t.Run("a token life of 5 minutes", TestATokenThatEndsInTheMiddleOfAScanCostsNoPage)
	t.Run("a missing role for DLP.All only", TestARoleThatLacksForDLPAllStopsNoOtherContentType)
	t.Run("AF20022 and AF20023, and a start at most once in 15 minutes", TestAF20022AndAF20023StartTheSubscriptionOnceIn15Minutes)
	t.Run("AF20024", TestAF20024IsASuccess)
	t.Run("an administrator", TestAnAdministratorWhoDisablesASubscriptionAgainAndAgainMeetsOneStartIn15Minutes)
}

// Also in TestThrottlingShutsTheGateForTheWholeTenant, with status 403 and for listings.
func TestLesson08ThrottlingShutsTheGateOfAllFiveContentTypes(t *testing.T) {
	t.Parallel()
	for name, wait := range map[string]time.Duration{"429-seconds": 2 * time.Second, "429-date": 2 * time.Second, "429": 5 * time.Second} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			throttle(t, simulator.MustFault(name), wait)
		})
	}
	t.Run("one quota", TestFiveContentTypesShareOneQuota)
}

// The file itself is tested in package state.
func TestLesson09WhateverBecameOfTheStateFileCollectionGoesOnOrSaysWhyNot(t *testing.T) {
	t.Parallel()
	t.Run("8 days old", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, nil)
			r.fill(2, 2)
			r.start()
			r.run(time.Minute)
			r.requireAllOnce()
			r.stop()
			lost := r.sim.AddContent(simulator.AuditGeneral, 2, 2, time.Now().Add(time.Hour), time.Now().Add(2*time.Hour))
			covered := time.Now().Add(-2*time.Hour - time.Minute).UTC().Format("2006-01-02T15:04")
			sleep(8 * 24 * time.Hour)
			reach := time.Now().Add(-7*24*time.Hour + 5*time.Minute).UTC().Format("2006-01-02T15:04")
			for _, ct := range simulator.ContentTypes() {
				r.sim.AddContent(ct, 20, 2, time.Now().Add(-7*24*time.Hour+10*time.Minute), time.Now())
			}
			r.start()
			r.run(10 * time.Minute)
			r.stop()
			assert.Len(t, r.delivered, 5*(2*2+20*2), "all that is within reach, and nothing twice")
			for _, ct := range simulator.ContentTypes() {
				assert.Len(t, r.lines("level=ERROR", "beyond the API's seven days", "content_type="+string(ct),
					"from="+covered, "to="+reach, "hours=2"), 1, r.log)
			}
			assert.Len(t, r.lines("level=ERROR", "beyond the API's seven days"), 5)
			for _, request := range r.sim.Failed() {
				assert.NotEqual(t, "AF20055", request.Code, "nothing is asked that is out of reach")
			}
			for _, id := range lost {
				assert.Empty(t, r.fetches(id))
			}
		})
	})
	t.Run("damaged", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, nil)
			r.settings["start_from"] = "now"
			r.start()
			r.run(time.Minute)
			r.stop()
			for _, ct := range simulator.ContentTypes() {
				r.sim.AddContent(ct, 5, 2, time.Now().Add(-6*24*time.Hour), time.Now())
			}
			require.NoError(t, os.Truncate(r.settings["db"], 5000))
			r.start()
			r.run(5 * time.Minute)
			r.stop()
			r.requireAllOnce()
			assert.Len(t, r.lines("level=ERROR", "damaged and has been moved aside"), 1)
			aside, err := filepath.Glob(r.settings["db"] + ".damaged-*")
			require.NoError(t, err)
			assert.Len(t, aside, 1)
		})
	})
	t.Run("damaged, and a crash before anything is stored", TestADamagedFileIsNotForgottenByACrash)
	t.Run("of a newer version", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, nil)
			r.start()
			r.run(time.Minute)
			r.stop()
			saved, err := os.ReadFile(r.settings["db"])
			require.NoError(t, err)
			version := func(n uint64) []byte { return binary.BigEndian.AppendUint64([]byte("schema"), n) }
			require.True(t, bytes.Contains(saved, version(1)))
			newer := bytes.ReplaceAll(saved, version(1), version(99))
			require.NoError(t, os.WriteFile(r.settings["db"], newer, 0o600))
			_, err = collector.New(r.options())
			require.ErrorContains(t, err, "version 99")
			after, err := os.ReadFile(r.settings["db"])
			require.NoError(t, err)
			assert.Equal(t, newer, after, "it is left alone")
		})
	})
	t.Run("held by another process", TestFileThatAnotherProcessHoldsIsWaitedFor)
	t.Run("of another section", TestTwoSectionsWithOneFileAreNamed)
}

// TestLesson10AKillAtEveryStepLosesNothing kills the process after every quarter
// of a second of the first twelve seconds. Real processes are killed in tests/e2e.
func TestLesson10AKillAtEveryStepLosesNothing(t *testing.T) {
	t.Parallel()
	for _, counted := range []bool{true, false} {
		t.Run(fmt.Sprintf("counted=%t", counted), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				for step := range 48 {
					killAfter(t, counted, time.Duration(step)*250*time.Millisecond)
				}
			})
		})
	}
}

// killAfter kills a collector so long after its start, and lets another one go on.
func killAfter(t *testing.T, counted bool, d time.Duration) {
	t.Helper()
	r := newRig(t, func(o *simulator.Options) { o.Latency = 100 * time.Millisecond })
	r.counted = counted
	r.settings["batch_size"], r.settings["content_types"] = "16K", "Audit.Exchange, DLP.All"
	r.settings["start_from"] = "2h"
	for _, ct := range []simulator.ContentType{simulator.AuditExchange, simulator.DLPAll} {
		r.sim.AddContent(ct, 3, 30, time.Now().Add(-100*time.Minute), time.Now())
	}
	r.start()
	for begun := time.Now(); time.Since(begun) < d; {
		if batch := r.c.Next(); batch != nil {
			r.ring = append(r.ring, r.ids(batch))
			r.c.Done()
		}
		for quarter := range 4 {
			if time.Since(begun) >= d {
				break
			}
			sleep(250 * time.Millisecond)
			if quarter == 2 { // late, so that a kill finds batches under way
				r.drain()
			}
		}
	}
	synctest.Wait()
	saved, err := os.ReadFile(r.settings["db"])
	require.NoError(t, err)
	before := len(r.batches)
	r.ring = nil // it dies with the process
	r.c.Stop()
	require.NoError(t, os.WriteFile(r.settings["db"], saved, 0o600))
	r.start()
	r.run(time.Minute)
	r.stop()

	times := map[string]int{}
	for _, id := range r.delivered {
		times[id]++
	}
	for _, id := range r.sim.Offered() {
		require.Positive(t, times[id], "a kill after %s lost %s", d, id)
	}
	// With the counter: the batch under way, and the one before it. Without:
	// what commit_delay holds at one batch a second.
	uncommitted := 2
	if !counted {
		uncommitted = 6
	}
	for i, ids := range r.batches[:before] {
		for _, id := range ids {
			if i < before-uncommitted {
				require.Equal(t, 1, times[id], "a kill after %s brought batch %d of %d again", d, i, before)
			}
		}
	}
}

// A clock that is wrong is also in TestAClockThatIsDaysAheadLosesNothing and
// TestAnOriginInTheServersFutureIsMovedBack; the setting of the wall clock while
// it runs, in packages activity and auth.
func TestLesson11NeitherTheClockNorTheZoneMatters(t *testing.T) {
	t.Parallel()
	for _, ahead := range []time.Duration{2 * time.Hour, -2 * time.Hour} {
		t.Run("clock "+ahead.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, func(o *simulator.Options) {
					o.Now = func() time.Time { return time.Now().Add(-ahead) }
					o.WindowTolerance = time.Second
				})
				r.settings["start_from"] = "earliest"
				server := time.Now().Add(-ahead)
				for _, ct := range simulator.ContentTypes() {
					r.sim.AddContent(ct, 10, 2, server.Add(-7*24*time.Hour+10*time.Minute), server.Add(-3*time.Hour))
				}
				r.start()
				r.run(time.Minute)
				r.requireAllOnce()
				r.sim.AddContent(simulator.AuditGeneral, 5, 2, r.sim.Now(), r.sim.Now().Add(30*time.Minute))
				r.run(40 * time.Minute)
				// Windows end by the earlier of both clocks.
				r.run(max(0, -ahead))
				r.requireAllOnce()
				r.stop()
				for _, request := range r.sim.Failed() {
					assert.NotEqual(t, "AF20055", request.Code)
				}
			})
		})
	}
	for _, zone := range []string{"Asia/Kolkata", "America/St_Johns", "Europe/Berlin", "Pacific/Chatham"} {
		t.Run(zone, func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command(os.Args[0], "-test.run=^TestCollectionInTheLocalZone$", "-test.v")
			cmd.Env = append(os.Environ(), "TZ="+zone)
			out, err := cmd.CombinedOutput()
			require.NoError(t, err, "%s", out)
			assert.Contains(t, string(out), "--- PASS: TestCollectionInTheLocalZone")
			assert.Contains(t, string(out), "zone "+zone)
			if zone != "Asia/Kolkata" {
				assert.Contains(t, string(out), "the clocks change at")
			}
		})
	}
}

// TestCollectionInTheLocalZone collects in the zone of the process, over the
// next change of its clocks where there is one; see lesson 11.
func TestCollectionInTheLocalZone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		t.Logf("zone %s", os.Getenv("TZ"))
		if _, change := time.Now().Local().ZoneBounds(); !change.IsZero() {
			t.Logf("the clocks change at %s", change)
			sleep(time.Until(change) - 4*time.Hour)
		}
		r := newRig(t, nil)
		r.fill(10, 2)
		r.start()
		r.run(time.Minute)
		r.requireAllOnce()
		for range 12 {
			late := time.Now().Add(100 * time.Minute)
			r.sim.AddBlob(simulator.Blob{Type: simulator.AuditGeneral, Created: time.Now(), Listable: late, Generate: 1})
			r.run(45 * time.Minute)
		}
		r.run(2 * time.Hour)
		r.stop()
		r.start() // with the position of before
		r.run(10 * time.Minute)
		r.stop()
		r.requireAllOnce()
		for _, listing := range r.sim.Requests(simulator.RouteContentList) {
			assert.NotContains(t, listing.Query, "%2B", "all times are UTC, without an offset")
			assert.Equal(t, http.StatusOK, listing.Status)
		}
	})
}

// What becomes of each shape is in normalize/testdata/general: no_id, times,
// invalid_utf8, escapes, numbers, deep, empty_and_mixed_types.
func TestLesson12AnOddRecordArrivesAndSoDoItsNeighbors(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.settings["content_types"] = "Audit.General"
		deep := strings.Repeat(`{"a":`, 40) + `"bottom"` + strings.Repeat(`}`, 40)
		head := `"CreationTime":"2000-01-01T00:00:00","Operation":"o","RecordType":9999`
		var records []json.RawMessage
		for _, text := range []string{
			`{` + head + `,"What":"no Id"}`,
			`{` + head + `,"What":"no Id"}`, // the same once more is another event
			`{"Id":"","Operation":"o","What":"an empty Id"}`,
			`{"Id":"timeless","Operation":"o"}`,
			`{"Id":"surrogate","Text":"a\ud800b",` + head + `}`,
			`{"Id":"integer","Size":9007199254740993,` + head + `}`,
			`{"Id":"deep","Deep":` + deep + `,` + head + `}`,
			`{"Id":"string","Actor":"somebody",` + head + `}`,
			`{"Id":"object","Actor":{"Name":"somebody"},` + head + `}`,
			`{"Id":"last",` + head + `}`,
		} {
			records = append(records, json.RawMessage(text))
		}
		r.sim.AddBlob(simulator.Blob{Type: simulator.AuditGeneral, Created: time.Now().Add(-time.Hour), Records: records})
		r.start()
		synctest.Wait()
		sleep(time.Second)
		batch := r.c.Next()
		got := map[string]map[string]any{}
		for _, record := range r.decode(batch) {
			id, _ := record["Id"].(string)
			got[id] = record
		}
		r.ring = append(r.ring, r.ids(batch))
		r.c.Done()
		r.run(11 * time.Minute)
		r.stop()
		assert.Len(t, r.delivered, len(records), "each once")
		assert.ElementsMatch(t,
			[]string{"", "timeless", "surrogate", "integer", "deep", "string", "object", "last"}, slices.Collect(maps.Keys(got)))
		assert.Equal(t, "a\ufffdb", got["surrogate"]["Text"])
		assert.EqualValues(t, 9007199254740993, got["integer"]["Size"])
		assert.Contains(t, fmt.Sprint(got["deep"]["Deep"]), "bottom")
		assert.Equal(t, "somebody", got["string"]["Actor"])
		assert.Equal(t, map[string]any{"Name": "somebody"}, got["object"]["Actor"])
	})
}

// Every piece arrives as it is, and the alert with all of its entities beside
// them. A restart while an alert is pending: TestAlertWithoutEntitiesWaits….
func TestLesson13AlertsInPiecesArriveWhateverTheirOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.settings["content_types"] = "Audit.General"
		now := time.Now()
		alert := simulator.Alert{ID: "0aa0aaaa-1111-2222-3333-00000000a1e7", User: "user@contoso.example"}
		add := func(created, listable time.Time, records ...json.RawMessage) {
			r.sim.AddBlob(simulator.Blob{Type: simulator.AuditGeneral, Created: created, Listable: listable, Records: records})
		}
		add(now.Add(-30*time.Minute), time.Time{}, r.sim.Entity(alert, "User", alert.User, now.Add(-31*time.Minute)))
		add(now.Add(-20*time.Minute), time.Time{}, r.sim.Trigger(alert, now.Add(-32*time.Minute)))
		var entities []json.RawMessage
		for i := range 500 {
			entities = append(entities, r.sim.Entity(alert, "User", fmt.Sprintf("user%d@contoso.example", i), now.Add(-31*time.Minute)))
		}
		add(now.Add(-10*time.Minute), time.Time{}, entities...)
		add(now, now.Add(40*time.Minute), r.sim.Entity(alert, "User", "late@contoso.example", now))
		r.start()
		r.run(2 * time.Minute)
		assert.Len(t, r.delivered, 502)
		summaries := func() (counts []string) {
			for _, a := range r.alerts {
				summary, ok := a["event_summary"].(map[string]any)
				require.True(t, ok)
				listed, ok := summary["AlertEntityId"].([]any)
				require.True(t, ok)
				counts = append(counts, fmt.Sprint("revision ", a["alert_revision"], ": ", summary["alert_entity_count"], ", listed ", len(listed)))
			}
			return counts
		}
		assert.Equal(t, []string{"revision 0: 501, listed 100"}, summaries())
		r.stop() // a restart while one of them is to come
		r.start()
		r.run(50 * time.Minute)
		r.stop()
		r.requireAllOnce()
		assert.Len(t, r.delivered, 503)
		assert.Equal(t, []string{"revision 0: 501, listed 100", "revision 1: 502, listed 100"}, summaries())
	})
}

// Fluent Bit's own memory and files are in tests/e2e.
func TestLesson14APausedOutputLosesNothingAndRepeatsNothing(t *testing.T) {
	t.Parallel()
	t.Run("for an hour, in which the buffer fills", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, nil)
			r.settings["batch_size"], r.settings["buffer_size"], r.settings["max_record_size"] = "64K", "128K", "32K"
			r.fill(20, 50)
			r.start()
			r.run(2 * time.Second)
			r.c.Pause()
			r.run(time.Minute)
			fetched, listed := len(r.sim.Requests(simulator.RouteBlob)), len(r.sim.Requests(simulator.RouteContentList))
			r.run(59 * time.Minute)
			assert.Less(t, fetched, 40, "fetching waits")
			assert.Len(t, r.sim.Requests(simulator.RouteBlob), fetched)
			assert.Greater(t, len(r.sim.Requests(simulator.RouteContentList)), listed+50, "listing does not")
			r.c.Resume()
			r.run(5 * time.Minute)
			r.stop()
			r.requireAllOnce()
			for _, content := range r.sim.Contents() {
				assert.Equal(t, 1, content.Requested, "what was listed again meanwhile is fetched once")
			}
		})
	})
	t.Run("a ring that is full", TestACommitBeforeTheCopyIsMadeGivesItsMemoryBack)
	t.Run("a reload while paused", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, nil)
			r.settings["batch_size"], r.settings["max_record_size"] = "64K", "32K"
			r.fill(5, 50)
			r.start()
			r.run(3 * time.Second)
			assert.NotEmpty(t, r.delivered)
			r.c.Pause()
			r.run(time.Hour)
			r.stop()
			r.start()
			r.run(2 * time.Minute)
			r.stop()
			r.requireAllOnce()
		})
	})
}

// What must not be left behind, goroutines, TestMain looks for.
func TestLesson15StartAndStopLeaveNothingBehind(t *testing.T) {
	t.Parallel()
	t.Run("an error of Init", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, nil)
			r.fill(1, 2)
			require.NoError(t, os.Mkdir(r.settings["db"], 0o700))
			_, err := collector.New(r.options())
			require.ErrorContains(t, err, "is a folder")
			require.NoError(t, os.Remove(r.settings["db"]))
			r.start() // the name is free again
			r.run(time.Minute)
			r.stop()
			r.requireAllOnce()
		})
	})
	t.Run("50 reloads", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, nil)
			r.settings["batch_size"] = "16K"
			r.fill(20, 20)
			for i := range 50 {
				r.start()
				r.run(time.Duration(i%5) * time.Second)
				r.stop()
			}
			r.start()
			r.run(5 * time.Minute)
			r.stop()
			r.requireAllOnce()
		})
	})
	t.Run("an exit in the middle of a download", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			r := newWiredRig(t, map[string]string{"content_types": "Audit.Exchange"})
			id := r.sim.AddBlob(simulator.Blob{Type: simulator.AuditExchange, Created: time.Now().Add(-time.Hour), Generate: 100})
			remove := r.sim.Inject(simulator.MustFault("stall"))
			r.start()
			r.run(10 * time.Second)
			require.Len(t, r.fetches(id), 1)
			asked := time.Now()
			r.c.Stop()
			assert.Equal(t, asked, time.Now(), "it waits for no byte")
			remove()
			r.start()
			r.run(10 * time.Second)
			r.stop()
			r.requireAllOnce()
			assert.Len(t, r.fetches(id), 2)
		})
	})
}
