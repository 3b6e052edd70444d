package state_test

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestAStartHasLittleOfItsFileMapped: what is mapped counts as memory of the
// process, beside what it makes of it.
func TestAStartHasLittleOfItsFileMapped(t *testing.T) {
	t.Parallel()
	f := newFull(t, 20_000)
	require.NoError(t, f.Close())
	stop, peak := make(chan struct{}), make(chan int)
	go func() {
		most := 0
		for {
			select {
			case <-stop:
				peak <- most
				return
			default:
				most = max(most, mapped(f.path))
			}
		}
	}()
	for range 5 { // a peak is short, and must be met
		file, _ := mustOpen(t, f.path)
		require.NoError(t, file.Close())
	}
	close(stop)
	most := <-peak
	t.Logf("%d KB of a file of %.0f KB", most>>10, f.megabytes()*1000)
	assert.Positive(t, most)
	assert.Less(t, most, int(f.megabytes()*1e6/3))
}

var residentPart = regexp.MustCompile(`(?m)^Rss: +(\d+) kB`)

// mapped is how much of a file this process has in its memory, in bytes.
func mapped(path string) int {
	text, _ := os.ReadFile("/proc/self/smaps") // without it nothing is seen, which fails the test
	total := 0
	for _, of := range strings.Split(string(text), path+"\n")[1:] {
		if found := residentPart.FindStringSubmatch(of); found != nil {
			kilobytes, _ := strconv.Atoi(found[1]) // digits
			total += kilobytes << 10
		}
	}
	return total
}
