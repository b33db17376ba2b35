package fleet

import (
	"fmt"

	"github.com/actorlb/grpclb/grpclbd/internal/backend"
	"github.com/actorlb/grpclb/grpclbd/internal/override"
)

// report is what a source says that names the first n backends.
func report(b *bench, n int) backend.Report { return backend.Report{Backends: many(n), At: b.now} }

func drain(address string) override.Override {
	return override.Override{Kind: override.Drain, Address: address, Who: "ann"}
}

func weigh(address string, value int) override.Override {
	return override.Override{Kind: override.Weight, Address: address, Value: value}
}

func drop(token string, percent int) override.Override {
	return override.Override{Kind: override.Drop, Token: token, Value: percent}
}

// zoned is n backends in each of so many zones: 10.0.Z.1 and so on in zZ.
func zoned(zones, n int) (all []backend.Backend) {
	for z := range zones {
		for i := range n {
			all = append(all, be(fmt.Sprintf("10.0.%d.%d:80", z, i+1), fmt.Sprintf("zone=z%d", z)))
		}
	}
	return backend.Sorted(all)
}
