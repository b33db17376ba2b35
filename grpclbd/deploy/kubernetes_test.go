package deploy

import (
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/yaml"
)

// The objects of kubernetes.yaml.
type objects struct {
	config     corev1.ConfigMap
	service    corev1.Service
	deployment appsv1.Deployment
	budget     policyv1.PodDisruptionBudget
}

// load decodes kubernetes.yaml with the types of Kubernetes. A field that they do not have, or that
// is there twice, is an error.
func load(t *testing.T) (o objects) {
	t.Helper()
	for _, text := range strings.Split(read(t, "kubernetes.yaml"), "\n---\n") {
		var kind metav1.TypeMeta
		if err := yaml.Unmarshal([]byte(text), &kind); err != nil {
			t.Fatal(err)
		}
		switch kind.APIVersion + " " + kind.Kind {
		case "v1 ConfigMap":
			decode(t, text, &o.config)
		case "v1 Service":
			decode(t, text, &o.service)
		case "apps/v1 Deployment":
			decode(t, text, &o.deployment)
		case "policy/v1 PodDisruptionBudget":
			decode(t, text, &o.budget)
		default:
			t.Fatalf("an object of %v", kind)
		}
	}
	return o
}

func decode[T any](t *testing.T, text string, into *T) {
	t.Helper()
	if err := yaml.UnmarshalStrict([]byte(text), into); err != nil {
		t.Fatal(err)
	}
}

func (o objects) pod() corev1.PodSpec         { return o.deployment.Spec.Template.Spec }
func (o objects) container() corev1.Container { return o.pod().Containers[0] }

// inForce is the configuration that the pods read.
func (o objects) inForce(t *testing.T) string {
	t.Helper()
	text, found := o.config.Data["grpclbd.yaml"]
	if !found {
		t.Fatal("the ConfigMap has no grpclbd.yaml")
	}
	return text
}

// port is the port of an address.
func port(t *testing.T, address string) int32 {
	t.Helper()
	_, text, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	return int32(n)
}

// The configuration has no faults, and it is where the program looks for it.
func TestKubernetes_Config(t *testing.T) {
	o := load(t)
	cfg := parse(t, "kubernetes.yaml", o.inForce(t))
	if len(cfg.Store.Etcd) < 3 {
		t.Errorf("the store has %d members, fewer than survive the loss of one", len(cfg.Store.Etcd))
	}
	if want := []string{"--config", "/etc/grpclbd/grpclbd.yaml"}; !slices.Equal(o.container().Args, want) {
		t.Errorf("arguments %q", o.container().Args)
	}
	for _, file := range []string{"/etc/grpclbd/grpclbd.yaml", cfg.Store.TLS.CA, cfg.Store.TLS.Cert, cfg.Store.TLS.Key} {
		if !mounted(o.container(), file) {
			t.Errorf("%s is on no volume", file)
		}
	}
	volumes(t, o.container(), o.pod().Volumes)
	for _, v := range o.pod().Volumes {
		if v.ConfigMap != nil && v.ConfigMap.Name != o.config.Name {
			t.Errorf("volume %s is of the ConfigMap %q", v.Name, v.ConfigMap.Name)
		}
	}
	enough(t, time.Duration(*o.pod().TerminationGracePeriodSeconds)*time.Second, cfg)
}

// volumes checks that there is a volume for each mount.
func volumes(t *testing.T, c corev1.Container, all []corev1.Volume) {
	t.Helper()
	for _, m := range c.VolumeMounts {
		if !slices.ContainsFunc(all, func(v corev1.Volume) bool { return v.Name == m.Name }) {
			t.Errorf("there is no volume %s", m.Name)
		}
	}
}

// mounted reports whether a file is in a folder that is mounted as a whole, so that it changes
// when its volume does.
func mounted(c corev1.Container, file string) bool {
	return slices.ContainsFunc(c.VolumeMounts, func(m corev1.VolumeMount) bool {
		return strings.HasPrefix(file, m.MountPath+"/") && m.SubPath == ""
	})
}

// The Service makes the SRV record _grpclb._tcp, and it and the rest are about these pods.
func TestKubernetes_Names(t *testing.T) {
	o := load(t)
	if o.service.Spec.ClusterIP != corev1.ClusterIPNone || len(o.service.Spec.Ports) != 1 {
		t.Fatalf("the Service is %+v", o.service.Spec)
	}
	p := o.service.Spec.Ports[0]
	if p.Name != "grpclb" || p.Protocol != corev1.ProtocolTCP {
		t.Errorf("no SRV record _grpclb._tcp comes of the port %+v", p)
	}
	listens := port(t, parse(t, "kubernetes.yaml", o.inForce(t)).Listen)
	i := slices.IndexFunc(o.container().Ports, func(c corev1.ContainerPort) bool { return c.Name == p.TargetPort.StrVal })
	if i < 0 || o.container().Ports[i].ContainerPort != listens || p.Port != listens {
		t.Errorf("the Service leads to port %s of %+v, grpclbd listens on %d", p.TargetPort.StrVal, o.container().Ports, listens)
	}
	pods := labels.Set(o.deployment.Spec.Template.Labels)
	for name, selector := range map[string]*metav1.LabelSelector{
		"the Service":    {MatchLabels: o.service.Spec.Selector},
		"the Deployment": o.deployment.Spec.Selector,
		"the budget":     o.budget.Spec.Selector,
		"the affinity":   o.pod().Affinity.PodAntiAffinity.PreferredDuringSchedulingIgnoredDuringExecution[0].PodAffinityTerm.LabelSelector,
	} {
		if s, err := metav1.LabelSelectorAsSelector(selector); err != nil || s.Empty() || !s.Matches(pods) {
			t.Errorf("%s is not about the pods: %v, error %v", name, s, err)
		}
	}
}

// There is always a replica: in a rolling update and when machines are emptied.
func TestKubernetes_OneStays(t *testing.T) {
	o := load(t)
	replicas, u := *o.deployment.Spec.Replicas, o.deployment.Spec.Strategy.RollingUpdate
	if replicas < 2 || u.MaxUnavailable.IntValue() != 0 || u.MaxSurge.IntValue() < 1 {
		t.Errorf("%d replicas, rolled by %+v", replicas, u)
	}
	if least := o.budget.Spec.MinAvailable.IntValue(); least < 1 || least >= int(replicas) {
		t.Errorf("at least %d of %d replicas have to stay", least, replicas)
	}
	if key := o.pod().Affinity.PodAntiAffinity.PreferredDuringSchedulingIgnoredDuringExecution[0].PodAffinityTerm.TopologyKey; key != corev1.LabelHostname {
		t.Errorf("the replicas are kept apart by %q", key)
	}
}

// The probes ask a port that the kubelet reaches, and the health services that grpclbd has. What
// is not ready is not killed.
func TestKubernetes_Probes(t *testing.T) {
	o := load(t)
	cfg := parse(t, "kubernetes.yaml", o.inForce(t))
	if cfg.TLS != nil {
		t.Error("the kubelet's probes by gRPC are in plain text")
	}
	for want, probe := range map[string]*corev1.Probe{"": o.container().ReadinessProbe, "livez": o.container().LivenessProbe} {
		if probe.GRPC == nil || probe.GRPC.Port != port(t, cfg.Listen) || *probe.GRPC.Service != want {
			t.Errorf("the probe for %q is %+v", want, probe.GRPC)
		}
	}
	if noticed := time.Duration(o.container().ReadinessProbe.PeriodSeconds) * time.Second; noticed > cfg.Stop.Notice {
		t.Errorf("the kubelet asks every %v, but a pod that stops serves for %v only", noticed, cfg.Stop.Notice)
	}
}

// With TLS as README.md has it the probes go to the admin port, which the network reaches then.
func TestKubernetes_ProbesWithTLS(t *testing.T) {
	o := load(t)
	var changed []string
	for line := range strings.Lines(o.inForce(t)) {
		if !strings.HasPrefix(line, "admin:") {
			changed = append(changed, line)
		}
	}
	cfg := parse(t, "README.md", strings.Join(changed, "")+"\n"+block(t, "in place of `admin`"))
	if cfg.TLS == nil || cfg.Access.TLS == nil || cfg.Access.TLS.ClientCA != "" {
		t.Error("the kubelet has no client certificate")
	}
	var c corev1.Container
	decode(t, block(t, "in place of both probes"), &c)
	for path, probe := range map[string]*corev1.Probe{"/readyz": c.ReadinessProbe, "/livez": c.LivenessProbe} {
		if h := probe.HTTPGet; h == nil || h.Path != path || h.Scheme != corev1.URISchemeHTTPS || int32(h.Port.IntValue()) != port(t, cfg.Admin) {
			t.Errorf("the probe for %s is %+v", path, h)
		}
	}
	for _, file := range []string{cfg.TLS.Cert, cfg.TLS.Key, cfg.Access.TLS.Cert, cfg.Access.TokenFile} {
		if !mounted(c, file) {
			t.Errorf("%s is on no volume", file)
		}
	}
	var p corev1.PodSpec
	decode(t, block(t, "to `volumes`"), &p)
	volumes(t, c, p.Volumes)
}

// The container has no rights that the program does not need.
func TestKubernetes_Secure(t *testing.T) {
	o := load(t)
	s := o.container().SecurityContext
	if !*o.pod().SecurityContext.RunAsNonRoot || *s.AllowPrivilegeEscalation || !*s.ReadOnlyRootFilesystem ||
		!slices.Equal(s.Capabilities.Drop, []corev1.Capability{"ALL"}) || len(s.Capabilities.Add) > 0 {
		t.Errorf("the container may do more than it has to: %+v", s)
	}
	if *o.pod().AutomountServiceAccountToken {
		t.Error("the pods are given a token of Kubernetes")
	}
	if keys := slices.Sorted(maps.Keys(o.config.Data)); !slices.Equal(keys, []string{"grpclbd.yaml"}) {
		t.Errorf("the ConfigMap has %q", keys)
	}
}
