//go:build foreign

package foreign

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(tests{m}) }

// Tests are all of them, and what is tidied up behind them.
type tests struct{ *testing.M }

func (t tests) Run() int {
	defer os.RemoveAll(buildDir())
	return t.M.Run()
}

// A scene is what is played with each client.
type scene struct {
	name string
	play func(*site)
}

var scenes = []scene{
	{"list", list},
	{"weights", weights},
	{"tokens", tokens},
	{"drops", drops},
	{"change", change},
	{"handover", handover},
	{"fallback", fallback},
	{"reports", reports},
	{"restart", restart},
	{"marked", marked},
	{"absent", absent},
	{"lost", lost},
	{"lostMarked", lostMarked},
	{"empty", empty},
	{"channels", channels},
	{"balancers", balancers},
	{"secure", secure},
	{"long", long},
	{"programList", programList},
	{"programDrops", programDrops},
	{"programOrders", programOrders},
	{"programZones", programZones},
	{"programHealth", programHealth},
	{"programKilled", programKilled},
	{"programRolling", programRolling},
}

func TestForeign_CCore(t *testing.T) {
	program := python()
	if program == "" {
		t.Skip("!! NOT CHECKED: C-core's client needs python3 with the module grpc (Debian: python3-grpcio)")
	}
	play(t, pythonClient{program})
}

func TestForeign_GrpcGo(t *testing.T) {
	play(t, goClient{"grpclb", traits{tokenPerAddress: true, failsOnEmpty: true}})
}

func TestForeign_Ours(t *testing.T) { play(t, goClient{ours, traits{}}) }

func play(t *testing.T, client client) {
	t.Parallel()
	for _, s := range scenes {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			s.play(newSite(t, client, nil))
		})
	}
}
