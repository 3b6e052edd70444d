package deploy_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	kjson "sigs.k8s.io/json"
)

// Where the manifests put things.
const (
	manifests = "docker/kubernetes"
	stateDir  = "/var/lib/fluent-bit"
	confFile  = "/fluent-bit/etc/office365.yaml"
)

// objects are what a file of manifests holds.
type objects struct {
	accounts map[string]corev1.ServiceAccount
	secrets  map[string]corev1.Secret
	configs  map[string]corev1.ConfigMap
	services map[string]corev1.Service
	claims   map[string]corev1.PersistentVolumeClaim
	sets     []appsv1.StatefulSet
}

// readManifests decodes each document into the type of its kind, and takes no
// field that this type does not have.
func readManifests(t *testing.T, name string) *objects {
	t.Helper()
	o := &objects{
		accounts: map[string]corev1.ServiceAccount{}, secrets: map[string]corev1.Secret{}, configs: map[string]corev1.ConfigMap{},
		services: map[string]corev1.Service{}, claims: map[string]corev1.PersistentVolumeClaim{},
	}
	for document := range strings.SplitSeq(read(t, filepath.Join(manifests, name)), "\n---\n") {
		var kind struct {
			APIVersion string `yaml:"apiVersion"`
			Kind       string `yaml:"kind"`
		}
		require.NoError(t, yaml.Unmarshal([]byte(document), &kind))
		switch kind.APIVersion + " " + kind.Kind {
		case "v1 ServiceAccount":
			decodeInto(t, document, o.accounts, func(a corev1.ServiceAccount) string { return a.Name })
		case "v1 Secret":
			decodeInto(t, document, o.secrets, func(s corev1.Secret) string { return s.Name })
		case "v1 ConfigMap":
			decodeInto(t, document, o.configs, func(c corev1.ConfigMap) string { return c.Name })
		case "v1 Service":
			decodeInto(t, document, o.services, func(s corev1.Service) string { return s.Name })
		case "v1 PersistentVolumeClaim":
			decodeInto(t, document, o.claims, func(c corev1.PersistentVolumeClaim) string { return c.Name })
		case "apps/v1 StatefulSet":
			var s appsv1.StatefulSet
			strictlyAsServer(t, document, &s)
			o.sets = append(o.sets, s)
		default:
			require.FailNow(t, "unexpected object", "%s %s", kind.APIVersion, kind.Kind)
		}
	}
	return o
}

// strictlyAsServer decodes YAML as the API server does under strict validation:
// names are case-sensitive, and none may be unknown or come twice.
func strictlyAsServer(t *testing.T, document string, out any) {
	t.Helper()
	var value any
	require.NoError(t, yaml.Unmarshal([]byte(document), &value))
	text, err := json.Marshal(value)
	require.NoError(t, err)
	problems, err := kjson.UnmarshalStrict(text, out)
	require.NoError(t, err)
	require.Empty(t, problems)
}

func decodeInto[T any](t *testing.T, document string, into map[string]T, name func(T) string) {
	t.Helper()
	var object T
	strictlyAsServer(t, document, &object)
	require.NotEmpty(t, name(object))
	into[name(object)] = object
}

var statefulSets = []string{"statefulset.yaml", "workload-identity.yaml", "sidecar.yaml"}

func TestEachStatefulSetIsWholeInItsFile(t *testing.T) {
	t.Parallel()
	for _, name := range statefulSets {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := readManifests(t, name)
			require.Len(t, o.sets, 1)
			spec := o.sets[0].Spec
			assert.EqualValues(t, 1, *spec.Replicas, "two would collect everything twice")
			require.Contains(t, o.services, spec.ServiceName)
			assert.Equal(t, spec.Selector.MatchLabels, o.services[spec.ServiceName].Spec.Selector)
			assert.Equal(t, spec.Selector.MatchLabels, spec.Template.Labels)
			assert.Contains(t, o.accounts, spec.Template.Spec.ServiceAccountName)
			volumes := map[string]bool{}
			for _, claim := range spec.VolumeClaimTemplates {
				volumes[claim.Name] = true
				assert.False(t, claim.Spec.Resources.Requests.Storage().IsZero())
			}
			for _, v := range spec.Template.Spec.Volumes {
				volumes[v.Name] = true
				requireSource(t, o, v)
			}
			for _, c := range spec.Template.Spec.Containers {
				for _, m := range c.VolumeMounts {
					assert.Contains(t, volumes, m.Name)
				}
			}
			requirePlugin(t, o, spec.Template.Spec.Containers[0])
		})
	}
}

// requireSource checks that a volume comes from an object of the same file.
func requireSource(t *testing.T, o *objects, v corev1.Volume) {
	t.Helper()
	switch {
	case v.ConfigMap != nil:
		assert.Contains(t, o.configs, v.ConfigMap.Name)
	case v.Secret != nil:
		assert.Contains(t, o.secrets, v.Secret.SecretName)
	case v.Projected != nil:
		require.Len(t, v.Projected.Sources, 1)
		token := v.Projected.Sources[0].ServiceAccountToken
		require.NotNil(t, token)
		assert.Equal(t, "api://AzureADTokenExchange", token.Audience, "what Entra ID asks for")
	default:
		assert.Fail(t, "a volume of another kind", v.Name)
	}
}

// requirePlugin checks that the container finds its files and keeps its state on
// a volume.
func requirePlugin(t *testing.T, o *objects, c corev1.Container) {
	t.Helper()
	requireProbes(t, c.LivenessProbe, c.ReadinessProbe, confFile)
	mounts := map[string]corev1.VolumeMount{}
	for _, m := range c.VolumeMounts {
		mounts[m.MountPath] = m
	}
	assert.Equal(t, "state", mounts[stateDir].Name)
	var conf configuration
	strictly(t, o.configs["office365"].Data[mounts[confFile].SubPath], &conf)
	in := conf.Pipeline.Inputs[0]
	for _, key := range []string{"client_secret_file", "federated_token_file"} {
		if file := in.get(key); file != "" {
			assert.Contains(t, mounts, filepath.Dir(file), key)
		}
	}
	assert.Equal(t, stateDir, filepath.Dir(in.get("db")))
	assert.Equal(t, stateDir, filepath.Dir(conf.Service["storage.path"]))
}

func requireProbes(t *testing.T, live, ready *corev1.Probe, file string) {
	t.Helper()
	for _, probe := range []*corev1.Probe{live, ready} {
		require.NotNil(t, probe)
		require.NotNil(t, probe.Exec, "the image has no shell, and Fluent Bit's own server knows nothing of the plugin")
		assert.Equal(t, []string{"/usr/local/bin/in_office365", "health", "-c", file}, probe.Exec.Command)
		assert.Nil(t, probe.HTTPGet)
		assert.Greater(t, probe.TimeoutSeconds, int32(5), "longer than the command waits itself")
	}
}

func TestNoContainerMayDoMoreThanItNeeds(t *testing.T) {
	t.Parallel()
	for _, name := range statefulSets {
		pod := readManifests(t, name).sets[0].Spec.Template.Spec
		requireUser(t, pod.SecurityContext)
		for _, c := range pod.Containers {
			requireConfined(t, c.SecurityContext)
			assert.False(t, c.Resources.Limits.Memory().IsZero(), c.Name)
			assert.False(t, c.Resources.Requests.Memory().IsZero(), c.Name)
			assert.False(t, c.Resources.Requests.Cpu().IsZero(), c.Name)
		}
	}
}

func requireUser(t *testing.T, s *corev1.PodSecurityContext) {
	t.Helper()
	require.NotNil(t, s)
	assert.True(t, *s.RunAsNonRoot)
	assert.EqualValues(t, user, *s.RunAsUser)
	assert.EqualValues(t, user, *s.FSGroup, "else the volume is root's")
	assert.Equal(t, corev1.SeccompProfileTypeRuntimeDefault, s.SeccompProfile.Type)
}

func requireConfined(t *testing.T, s *corev1.SecurityContext) {
	t.Helper()
	require.NotNil(t, s)
	assert.False(t, *s.AllowPrivilegeEscalation)
	assert.True(t, *s.ReadOnlyRootFilesystem)
	assert.Equal(t, []corev1.Capability{"ALL"}, s.Capabilities.Drop)
}

// chartValues are the keys that we set, with the types of what the chart makes
// of them; all are in values.yaml of chart 0.58.1.
type chartValues struct {
	Kind           string                    `json:"kind"`
	ReplicaCount   int                       `json:"replicaCount"`
	UpdateStrategy appsv1.DeploymentStrategy `json:"updateStrategy"`
	Image          struct {
		Repository string `json:"repository"`
		Tag        string `json:"tag"`
	} `json:"image"`
	Command []string `json:"command"`
	Args    []string `json:"args"`
	Config  struct {
		ExtraFiles map[string]string `json:"extraFiles"`
	} `json:"config"`
	LivenessProbe                 corev1.Probe                `json:"livenessProbe"`
	ReadinessProbe                corev1.Probe                `json:"readinessProbe"`
	Resources                     corev1.ResourceRequirements `json:"resources"`
	TerminationGracePeriodSeconds int                         `json:"terminationGracePeriodSeconds"`
	PodSecurityContext            corev1.PodSecurityContext   `json:"podSecurityContext"`
	SecurityContext               corev1.SecurityContext      `json:"securityContext"`
	RBAC                          struct {
		Create bool `json:"create"`
	} `json:"rbac"`
	ServiceAccount struct {
		AutomountServiceAccountToken *bool `json:"automountServiceAccountToken"`
	} `json:"serviceAccount"`
	TestFramework struct {
		Enabled bool `json:"enabled"`
	} `json:"testFramework"`
	ExtraVolumes      []corev1.Volume      `json:"extraVolumes"`
	ExtraVolumeMounts []corev1.VolumeMount `json:"extraVolumeMounts"`
}

func readValues(t *testing.T) chartValues {
	t.Helper()
	var v chartValues
	strictlyAsServer(t, read(t, filepath.Join(manifests, "helm-values.yaml")), &v)
	return v
}

func TestTheValuesForTheChartRunThePluginOnAVolume(t *testing.T) {
	t.Parallel()
	v, beside := readValues(t), readManifests(t, "helm-objects.yaml")
	assert.Equal(t, "Deployment", v.Kind)
	assert.Equal(t, 1, v.ReplicaCount)
	assert.Equal(t, appsv1.RecreateDeploymentStrategyType, v.UpdateStrategy.Type, "never two at a time")
	const file = "/fluent-bit/etc/conf/office365.yaml" // where the chart mounts its ConfigMap
	assert.Equal(t, file, v.Args[len(v.Args)-1])
	requireProbes(t, &v.LivenessProbe, &v.ReadinessProbe, file)
	assert.Contains(t, read(t, filepath.Join(manifests, "helm-values.yaml")), "httpGet: null", "without it the chart's own stays beside exec")
	requireUser(t, &v.PodSecurityContext)
	requireConfined(t, &v.SecurityContext)
	assert.False(t, v.Resources.Limits.Memory().IsZero())
	mounted := map[string]string{}
	for _, m := range v.ExtraVolumeMounts {
		mounted[m.MountPath] = m.Name
	}
	assert.Equal(t, map[string]string{stateDir: "state", "/run/secrets/office365": "secret"}, mounted)
	require.Len(t, v.ExtraVolumes, 2)
	assert.Contains(t, beside.claims, v.ExtraVolumes[0].PersistentVolumeClaim.ClaimName)
	assert.Contains(t, beside.secrets, v.ExtraVolumes[1].Secret.SecretName)
	var conf configuration
	strictly(t, v.Config.ExtraFiles["office365.yaml"], &conf)
	assert.Equal(t, stateDir, filepath.Dir(conf.Pipeline.Inputs[0].get("db")))
}
