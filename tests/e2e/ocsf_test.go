package e2e_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/tests/ocsf"
	"office365/tests/program"
)

// eventID is the Id of the record that an event of OCSF is made of.
func (r record) eventID() string {
	metadata, _ := r["metadata"].(map[string]any)
	id, _ := metadata["uid"].(string)
	return id
}

// requireEvents checks that the events are valid, of the class, and makes a note
// of their Ids.
func requireEvents(t *testing.T, events []json.RawMessage, class string, ids map[string]int) {
	t.Helper()
	require.NotEmpty(t, events, class)
	for _, text := range events {
		require.Empty(t, ocsf.Validate(text), "%s", text)
		var r record
		require.NoError(t, json.Unmarshal(text, &r))
		if class != "" {
			require.Equal(t, class, fmt.Sprint(r["class_uid"]), "%s", text)
		}
		ids[r.eventID()]++
	}
}

// rawLines are the complete lines of a text.
func rawLines(text []byte) []json.RawMessage {
	var all []json.RawMessage
	for line := range bytes.Lines(text) {
		if bytes.HasSuffix(line, []byte("\n")) {
			all = append(all, bytes.TrimSpace(line))
		}
	}
	return all
}

func TestTheClassicExampleOfOCSFWritesAFileForEachClass(t *testing.T) {
	t.Parallel()
	p := fluentBit(t)
	tn := newTenant(t)
	tn.fill(2, 40)
	run := tn.startText(p, "ocsf.conf", tn.example("ocsf.conf"))
	files := filepath.Join(tn.dir, "lake", "ocsf.*")
	program.Eventually(t, time.Minute, "all records", func() bool {
		found, err := filepath.Glob(files)
		require.NoError(t, err)
		n := 0
		for _, file := range found {
			n += lines(file)
		}
		return n >= tn.offered()
	})
	require.Zero(t, run.Stop())

	found, err := filepath.Glob(files)
	require.NoError(t, err)
	assert.Greater(t, len(found), 5, "classes")
	ids := map[string]int{}
	for _, file := range found {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		requireEvents(t, rawLines(text), strings.TrimPrefix(filepath.Base(file), "ocsf."), ids)
	}
	for _, id := range tn.sim.Offered() {
		assert.GreaterOrEqual(t, ids[id], 1, id)
	}
}

// bucket is a store like S3 that takes whole objects.
type bucket struct {
	t      *testing.T
	server *httptest.Server

	mu      sync.Mutex
	objects map[string][]byte // what gzip had in it, by path
}

func newBucket(t *testing.T) *bucket {
	t.Helper()
	b := &bucket{t: t, objects: map[string][]byte{}}
	b.server = httptest.NewServer(b)
	t.Cleanup(b.server.Close)
	return b
}

func (b *bucket) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	z, err := gzip.NewReader(r.Body)
	if err != nil || r.Method != http.MethodPut {
		b.t.Errorf("%s %s: %v", r.Method, r.URL, err)
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	text, err := io.ReadAll(z)
	if err != nil {
		b.t.Errorf("%s: %v", r.URL, err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.objects[r.URL.Path] = text
}

// place is where the example of Security Lake puts an object of a source.
var place = regexp.MustCompile(`^/lake/ext/o365-([a-z-]+)/region=eu-central-1/accountId=111122223333/eventDay=\d{8}/[^/]+\.json\.gz$`)

func TestTheExampleOfSecurityLakePutsEachClassInItsPlace(t *testing.T) {
	t.Parallel()
	p := fluentBit(t)
	tn, b := newTenant(t), newBucket(t)
	tn.fill(2, 40)
	run := tn.startLake(p, b)
	held := func() bool { // what it has not put yet
		n := 0
		files, err := filepath.Glob(filepath.Join(tn.dir, "s3-*", "*", "*", "*"))
		require.NoError(t, err)
		for _, file := range files {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			n += bytes.Count(text, []byte(`"class_uid"`))
		}
		return n >= tn.offered()
	}
	program.Eventually(t, time.Minute, "all records in the files of the outputs", held)
	require.Zero(t, run.Stop()) // which puts what they hold

	classes := map[string]string{"sign-ins": "3002", "files": "6006", "findings": "2004", "dlp": "2006", "api": "6003"}
	ids := map[string]int{}
	for path, text := range b.objects {
		if strings.HasPrefix(path, "/rest/office365/rest/region=eu-central-1/accountId=111122223333/eventDay=") {
			requireEvents(t, rawLines(text), "", ids)
			continue
		}
		source := place.FindStringSubmatch(path)
		require.NotNil(t, source, path)
		requireEvents(t, rawLines(text), classes[source[1]], ids)
		delete(classes, source[1])
	}
	assert.Empty(t, classes, "nothing came of these")
	for _, id := range tn.sim.Offered() {
		assert.GreaterOrEqual(t, ids[id], 1, id)
	}
}

// startLake starts the example of Security Lake with the bucket in place of S3,
// and without a role, for there is nobody to give one.
func (tn *tenant) startLake(p program.Program, b *bucket) *process {
	tn.t.Helper()
	const name = "security-lake.yaml"
	text := regexp.MustCompile(`(?m)^ +role_arn: .*\n`).ReplaceAllString(tn.example(name), "")
	text = strings.ReplaceAll(text, "      use_put_object: on\n", "      use_put_object: on\n      endpoint: "+b.server.URL+"\n")
	file := filepath.Join(tn.dir, name)
	require.NoError(tn.t, os.WriteFile(file, []byte(text), 0o600))
	o := tn.sim.Options()
	return p.StartFile(tn.t, []string{
		"O365_TENANT_ID=" + o.TenantID, "O365_CLIENT_ID=" + o.ClientID, "O365_CLIENT_SECRET=" + o.ClientSecret,
		"SECURITY_LAKE_BUCKET=lake", "REST_BUCKET=rest", "AWS_REGION=eu-central-1", "AWS_ACCOUNT_ID=111122223333",
		"AWS_ACCESS_KEY_ID=none", "AWS_SECRET_ACCESS_KEY=none",
	}, file, tn.secrets())
}
