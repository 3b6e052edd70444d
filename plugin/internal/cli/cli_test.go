package cli

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"

	"office365/plugin/internal/config"
)

func TestSettingsPrintsTheTable(t *testing.T) {
	t.Parallel()
	code, stdout, stderr := call("settings")
	assert.Equal(t, exitDone, code)
	assert.Equal(t, config.Text(), stdout)
	assert.Empty(t, stderr)

	code, stdout, stderr = call("settings", "--markdown")
	assert.Equal(t, exitDone, code)
	assert.Equal(t, config.Markdown(), stdout)
	assert.Empty(t, stderr)
}

func TestVersionNamesTheBuild(t *testing.T) {
	t.Parallel()
	code, stdout, _ := call("version")
	assert.Equal(t, exitDone, code)
	assert.Contains(t, stdout, "in_office365 "+Version()+" go1.")
}

func TestHelpListsOnlyWhatExists(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{nil, {"help"}, {"--help"}} {
		code, stdout, stderr := call(args...)
		assert.Equal(t, exitDone, code)
		assert.Contains(t, stdout, "settings")
		assert.Contains(t, stdout, "version")
		for _, command := range []string{"check", "dry-run", "health", "state", "subscriptions", "completion"} {
			assert.Contains(t, stdout, command)
		}
		assert.Empty(t, stderr)
	}
}

func TestAWrongCommandLineExplainsItselfOnStderr(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		args []string
		want string
	}{
		"unknown command":     {[]string{"sett"}, `unknown command "sett"`},
		"unknown flag":        {[]string{"settings", "--yaml"}, "unknown flag: --yaml"},
		"superfluous word":    {[]string{"version", "now"}, `unknown command "now"`},
		"unknown global flag": {[]string{"--nope"}, "unknown flag: --nope"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := call(tt.args...)
			assert.Equal(t, exitUsage, code)
			assert.Contains(t, stderr, tt.want)
			assert.Contains(t, stderr, "--help")
			assert.NotContains(t, stderr, "Usage:", "the error would scroll away")
			assert.Empty(t, stdout)
		})
	}
}

// closed is an output whose reader has gone away.
type closed struct{}

func (closed) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestAnOutputThatFailsIsNoErrorOfUsage(t *testing.T) {
	t.Parallel()
	e := newEnvironment()
	e.Stdout = closed{}
	code, _, stderr := e.run("settings")
	assert.Equal(t, exitWrong, code)
	assert.Equal(t, "in_office365: broken pipe\n", stderr)
}
