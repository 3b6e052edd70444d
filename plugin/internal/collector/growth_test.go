package collector_test

import (
	"flag"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/tests/simulator"
)

var busiest = flag.Int("busiest", 160, "contents a minute of the busiest tenant whose listings are counted; 1000 takes 15 seconds")

// TestACycleOfListingsCostsWhatComesInIt watches tenants of which one content
// type grows by so many contents a minute, and counts what its listings take on
// average in an interval, with the two hours that are listed again and again.
func TestACycleOfListingsCostsWhatComesInIt(t *testing.T) {
	t.Parallel()
	for _, perMinute := range []int{1, 30, *busiest} {
		synctest.Test(t, func(t *testing.T) {
			pages, cpu := listingCost(t, perMinute)
			t.Logf("%d contents a minute: %.1f pages an interval, %v of processor time with the simulator's", perMinute, pages, cpu)
			// All of it every half hour, ten minutes of it five times in between; what
			// is more than a listing may hold is listed in parts, each with a last page.
			listed := float64(perMinute) * (130 + 5*10) / 6
			assert.LessOrEqual(t, pages, 2+1.2*listed/pageSize, "%d contents a minute: pages in an interval", perMinute)
		})
	}
}

const pageSize = 200

// listingCost is what half an hour of listings costs, by the interval.
func listingCost(t *testing.T, perMinute int) (pages float64, cpu time.Duration) {
	t.Helper()
	const before, after, intervals = 3 * time.Hour, 70 * time.Minute, 6
	r := newRig(t, func(o *simulator.Options) { o.PageSize = pageSize })
	r.settings["content_types"] = "Audit.SharePoint"
	r.settings["start_from"] = "2h10m"
	r.sim.AddContent(simulator.AuditSharePoint, perMinute*int((before+after)/time.Minute), 1, time.Now().Add(-before), time.Now().Add(after))
	// A content that is known is listed like one that is done, and costs nothing else.
	r.sim.Inject(simulator.MustFault("503"))
	r.start()
	r.run(32 * time.Minute)
	r.sim.ForgetRequests()
	begin := processorTime(t)
	r.run(intervals * 5 * time.Minute)
	cpu = (processorTime(t) - begin) / intervals
	pages = float64(len(r.sim.Requests(simulator.RouteContentList))) / intervals
	r.stop()
	return pages, cpu
}

func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	require.NoError(t, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
