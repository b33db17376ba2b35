package fleet

import (
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
