package deploy_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"office365/tests/simulator"
)

// user is nonroot of the distroless images, which Fluent Bit's is made from.
const user = 65532

// stage is a FROM of docker/Dockerfile with what follows it.
type stage struct {
	base, name string
	steps      []step
}

// step is one instruction.
type step struct {
	instruction string
	flags       map[string]string
	rest        string
}

// readDockerfile knows as much of the syntax as our file uses: instructions,
// flags, continued lines, comments.
func readDockerfile(t *testing.T) []stage {
	t.Helper()
	var stages []stage
	text := strings.ReplaceAll(read(t, "docker/Dockerfile"), "\\\n", " ")
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		s := step{instruction: words[0], flags: map[string]string{}}
		words = words[1:]
		for len(words) > 0 && strings.HasPrefix(words[0], "--") {
			key, value, _ := strings.Cut(words[0][2:], "=")
			s.flags[key] = value
			words = words[1:]
		}
		s.rest = strings.Join(words, " ")
		if s.instruction == "FROM" {
			made := stage{base: words[0]}
			if len(words) == 3 && words[1] == "AS" {
				made.name = words[2]
			}
			stages = append(stages, made)
			continue
		}
		require.NotEmpty(t, stages, line)
		last := &stages[len(stages)-1]
		last.steps = append(last.steps, s)
	}
	return stages
}

func (s stage) all(instruction string) []step {
	var found []step
	for _, p := range s.steps {
		if p.instruction == instruction {
			found = append(found, p)
		}
	}
	return found
}

// words decodes the form of an instruction that needs no shell.
func (p step) words(t *testing.T) []string {
	t.Helper()
	var list []string
	require.NoError(t, json.Unmarshal([]byte(strings.TrimPrefix(p.rest, "CMD ")), &list), p.rest)
	return list
}

func TestStagesCopyFromEarlierOnesAndFromWhatIsThere(t *testing.T) {
	t.Parallel()
	ignore := strings.Split(read(t, "docker/Dockerfile.dockerignore"), "\n")
	var earlier []string
	for _, s := range readDockerfile(t) {
		for _, p := range s.all("COPY") {
			if from, ok := p.flags["from"]; ok {
				assert.Contains(t, earlier, from)
				continue
			}
			files := strings.Fields(p.rest)
			for _, file := range files[:len(files)-1] {
				_, err := os.Stat(filepath.Join(top, file))
				require.NoError(t, err)
				first, _, _ := strings.Cut(file, "/")
				assert.True(t, slices.Contains(ignore, "!"+file) || slices.Contains(ignore, "!"+first), "%s is left out of the context", file)
			}
		}
		earlier = append(earlier, s.name)
	}
}

// TestTheStagesBuildFromWhatTheyCopy runs the make of each stage in a folder
// that has nothing but what the stage copies.
func TestTheStagesBuildFromWhatTheyCopy(t *testing.T) {
	t.Parallel()
	stages := map[string]stage{}
	for _, s := range readDockerfile(t) {
		stages[s.name] = s
	}
	for name, made := range map[string]string{"build": "bin/in_office365", "build-simulator": "bin/o365sim"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for _, s := range []stage{stages[stages[name].base], stages[name]} {
				for _, p := range s.all("COPY") {
					files := strings.Fields(p.rest)
					for _, file := range files[:len(files)-1] {
						copyTo(t, dir, file)
					}
				}
			}
			runs := stages[name].all("RUN")
			require.Len(t, runs, 1)
			command, _, _ := strings.Cut(runs[0].rest, " && ")
			cmd := exec.CommandContext(t.Context(), "bash", "-c", command)
			cmd.Dir = dir
			cmd.Env = append(os.Environ(), "VERSION=of-the-image")
			out, err := cmd.CombinedOutput()
			require.NoError(t, err, "%s", out)
			_, err = os.Stat(filepath.Join(dir, made))
			assert.NoError(t, err)
		})
	}
}

// copyTo copies a file or folder of the repository without its test data.
func copyTo(t *testing.T, dir, file string) {
	t.Helper()
	target := filepath.Join(dir, file)
	info, err := os.Stat(filepath.Join(top, file))
	require.NoError(t, err)
	if !info.IsDir() {
		require.NoError(t, os.WriteFile(target, []byte(read(t, file)), 0o600))
		return
	}
	require.NoError(t, os.MkdirAll(filepath.Dir(target), 0o750))
	require.NoError(t, os.CopyFS(target, os.DirFS(filepath.Join(top, file))))
	require.NoError(t, filepath.WalkDir(target, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.IsDir() && d.Name() == "testdata" {
			require.NoError(t, os.RemoveAll(path))
			return filepath.SkipDir
		}
		return err
	}))
}

func TestTheImageRunsWithoutRootAndTellsItsHealth(t *testing.T) {
	t.Parallel()
	stages := readDockerfile(t)
	image := stages[len(stages)-1]
	assert.Equal(t, "fluent/fluent-bit:5.1.1", image.base)
	assert.Empty(t, image.all("RUN"), "there is no shell in it")
	assert.Equal(t, "65532:65532", image.all("USER")[0].rest)
	assert.Equal(t, stateDir, image.all("VOLUME")[0].rest)
	copied := map[string]step{}
	for _, p := range image.all("COPY") {
		files := strings.Fields(p.rest)
		copied[files[len(files)-1]] = p
	}
	assert.Equal(t, "65532:65532", copied[stateDir].flags["chown"], "a new volume takes its owner from here")
	health := image.all("HEALTHCHECK")[0].words(t)
	assert.Equal(t, []string{"health", "-c", confFile}, health[1:])
	run := image.all("CMD")[0].words(t)
	for _, path := range []string{health[0], run[1], run[3]} {
		assert.Contains(t, copied, path)
	}
	assert.Equal(t, confFile, run[3])
}

// composeFile is as much of the format as ours uses; any other key is an error.
type composeFile struct {
	Name     string              `yaml:"name"`
	Services map[string]service  `yaml:"services"`
	Volumes  map[string]struct{} `yaml:"volumes"`
}

type service struct {
	Image string `yaml:"image"`
	Build struct {
		Context    string `yaml:"context"`
		Dockerfile string `yaml:"dockerfile"`
		Target     string `yaml:"target"`
	} `yaml:"build"`
	Command     []string          `yaml:"command"`
	Entrypoint  []string          `yaml:"entrypoint"`
	Environment map[string]string `yaml:"environment"`
	NetworkMode string            `yaml:"network_mode"`
	Ports       []string          `yaml:"ports"`
	Volumes     []string          `yaml:"volumes"`
	DependsOn   map[string]struct {
		Condition string `yaml:"condition"`
	} `yaml:"depends_on"`
	Healthcheck struct {
		Test     []string `yaml:"test"`
		Interval string   `yaml:"interval"`
		Retries  int      `yaml:"retries"`
	} `yaml:"healthcheck"`
}

func readCompose(t *testing.T) composeFile {
	t.Helper()
	var c composeFile
	strictly(t, read(t, "docker/compose.yaml"), &c)
	require.NotEmpty(t, c.Services)
	return c
}

func TestServicesOfTheDemoReferToWhatThereIs(t *testing.T) {
	t.Parallel()
	c := readCompose(t)
	targets := map[string]bool{"": true}
	for _, s := range readDockerfile(t) {
		targets[s.name] = true
	}
	for name, s := range c.Services {
		assert.NotEqual(t, s.Image == "", s.Build.Context == "", "%s: an image or a build", name)
		assert.Contains(t, targets, s.Build.Target, name)
		for _, v := range s.Volumes {
			from, _, _ := strings.Cut(v, ":")
			if strings.HasPrefix(from, ".") {
				_, err := os.Stat(filepath.Join(top, "docker", from))
				require.NoError(t, err)
				continue
			}
			assert.Contains(t, c.Volumes, from, name)
		}
		for _, p := range s.Ports {
			assert.True(t, strings.HasPrefix(p, "127.0.0.1:"), "%s: the demo is open, and for this machine alone", name)
		}
		requireOrder(t, c, name, s)
	}
}

// requireOrder checks that a service waits for what can come.
func requireOrder(t *testing.T, c composeFile, name string, s service) {
	t.Helper()
	for other, d := range s.DependsOn {
		on, ok := c.Services[other]
		require.True(t, ok, "%s waits for %s", name, other)
		switch d.Condition {
		case "service_healthy": // the simulator's check is in its image
			assert.True(t, len(on.Healthcheck.Test) > 0 || on.Build.Target == "simulator", other)
		case "service_completed_successfully":
			assert.NotEmpty(t, on.Entrypoint, other)
		default:
			assert.Fail(t, "unknown condition", d.Condition)
		}
	}
	if other, ok := strings.CutPrefix(s.NetworkMode, "service:"); ok {
		assert.Contains(t, c.Services, other)
		assert.Empty(t, s.Ports, "they belong to %s", other)
	}
}

func TestTheDemoCollectsTheSimulatedTenant(t *testing.T) {
	t.Parallel()
	c := readCompose(t)
	var conf configuration
	strictly(t, read(t, "docker/demo.yaml"), &conf)
	in := conf.Pipeline.Inputs[0]
	requireRoutes(t, in, conf.Pipeline.Outputs)
	assert.Equal(t, []string{simulator.DefaultTenantID, simulator.DefaultClientID, simulator.DefaultClientSecret},
		[]string{in.get("tenant_id"), in.get("client_id"), in.get("client_secret")})
	arguments := c.Services["tenant"].Command
	listen := slices.Index(arguments, "--listen")
	assert.Equal(t, "https://"+arguments[listen+1], in.get("authority"))
	assert.Equal(t, in.get("authority"), in.get("api_url"))
	assert.Equal(t, arguments[slices.Index(arguments, "--dir")+1]+"/ca.pem", in.get("ca_file"))
	assert.Contains(t, c.Services["office365"].Volumes, "./demo.yaml:"+confFile+":ro")
	for _, o := range conf.Pipeline.Outputs {
		assert.Contains(t, c.Services, o.get("host"))
	}
}
