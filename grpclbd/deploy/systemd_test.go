package deploy

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-systemd/v22/unit"
)

// A setting is the values that a section gives to a name, in order.
type settings map[string][]string

// service decodes grpclbd.service.
func service(t *testing.T) settings {
	t.Helper()
	options, err := unit.DeserializeOptions(strings.NewReader(read(t, "grpclbd.service")))
	if err != nil {
		t.Fatal(err)
	}
	all := settings{}
	for _, o := range options {
		name := o.Section + "." + o.Name
		all[name] = append(all[name], o.Value)
	}
	return all
}

func (s settings) wants(t *testing.T, name string, want ...string) {
	t.Helper()
	if !slices.Equal(s[name], want) {
		t.Errorf("%s is %q, want %q", name, s[name], want)
	}
}

// The unit starts, reloads and stops grpclbd as it wants to be.
func TestSystemd_Service(t *testing.T) {
	s := service(t)
	s.wants(t, "Service.Type", "exec")
	s.wants(t, "Service.Restart", "always")
	s.wants(t, "Service.ExecStart", "/usr/local/bin/grpclbd --config /etc/grpclbd/grpclbd.yaml")
	s.wants(t, "Service.ExecReload", "/usr/local/bin/grpclbd check /etc/grpclbd/grpclbd.yaml", "/bin/kill -HUP $MAINPID")
	s.wants(t, "Service.KillSignal", "SIGTERM")
	s.wants(t, "Service.DynamicUser", "yes")
	s.wants(t, "Service.CapabilityBoundingSet", "")
	s.wants(t, "Install.WantedBy", "multi-user.target")
	cfg := parse(t, "grpclbd.yaml", read(t, "grpclbd.yaml"))
	waits, err := time.ParseDuration(s["Service.TimeoutStopSec"][0])
	if err != nil {
		t.Fatal(err)
	}
	enough(t, waits, cfg)
	s.wants(t, "Service.StateDirectory", strings.TrimPrefix(cfg.Store.Dir, "/var/lib/"))
	if p := port(t, cfg.Listen); p < 1024 {
		t.Errorf("port %d needs a capability that the unit does not give", p)
	}
}

// Systemd itself has nothing against the unit. Where there is none, that is not checked.
func TestSystemd_Verify(t *testing.T) {
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("NOT CHECKED: the unit by systemd itself, there is no systemd-analyze here")
	}
	if out := verify(t, func(text string) string { return text }); out != "" {
		t.Errorf("systemd-analyze says:\n%s", out)
	}
	misspelt := func(text string) string { return strings.Replace(text, "NoNewPrivileges=", "NoNewPrivilege=", 1) }
	if out := verify(t, misspelt); !strings.Contains(out, "NoNewPrivilege") {
		t.Errorf("of a misspelt setting systemd-analyze says %q", out)
	}
}

// verify returns what systemd-analyze says of the unit, changed. It has to find the programs, so
// this test stands for grpclbd.
func verify(t *testing.T, change func(text string) string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "grpclbd.service")
	text := change(strings.ReplaceAll(read(t, "grpclbd.service"), "/usr/local/bin/grpclbd", self))
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "systemd-analyze", "verify", "--man=no", file).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}
