package daemon

import (
	"fmt"
	"testing"
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/override"
)

// Each replica logs, once, an override that has come or gone, with who, why and until. Those that there are at the
// start are no news.
func TestOverride_EachReplicaLogs(t *testing.T) {
	drain := func(address string) override.Override {
		return override.Override{Service: "a", Kind: override.Drain, Address: address, Who: "ann", Why: "a disk", Until: time.Unix(3600, 0).UTC()}
	}
	const keys = ` override="drain %s of service \"a\"" service="a" who="ann" why="a disk" until="1970-01-01T01:00:00Z"`
	line := func(sentence, address string) string { return sentence + fmt.Sprintf(keys, address) }
	b := newBench(t, "a")
	one, two := drain("10.0.0.1:1"), drain("10.0.0.2:1")
	b.overridesSaid([]override.Override{one})
	b.logs()
	b.overridesSaid([]override.Override{one, two})
	b.logs(line("an override is in force", "10.0.0.2:1"))
	b.overridesSaid([]override.Override{one, two})
	b.logs()
	b.overridesSaid([]override.Override{two})
	b.logs(line("an override is not in force any more", "10.0.0.1:1"))
	var many []override.Override
	for i := range 30 {
		many = append(many, drain(fmt.Sprintf("10.0.1.%d:1", i)))
	}
	b.overridesSaid(append(many, two))
	if n := len(b.todo); n != 22 { // 20, what else there is, and tell
		t.Errorf("%d things to do, want 22", n)
	}
}
