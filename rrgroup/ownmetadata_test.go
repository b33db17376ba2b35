package rrgroup

import (
	"testing"
	"testing/synctest"

	"github.com/actorlb/grpclb/actor"
	"github.com/actorlb/grpclb/internal/lbtest"
)

// A parent policy may write to the metadata that a pick returns, as
// rls_experimental does. The next pick must not have it.
func TestPick_MetadataIsThePicksOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fixture{Parent: lbtest.NewParent(t), t: t, actors: actor.NewGroup(), released: make(chan uint64, 10)}
		f.group = Start(f.actors, Options{Parent: f, Parented: true, Gate: f, Queue: f, Settings: tenSeconds})
		defer f.actors.Stop()
		f.adopt(list("a"))
		f.up("a")
		for range 3 {
			r, _ := f.hold()
			want(t, "values of lb-token", len(r.Metadata["lb-token"]), 1)
			want(t, "keys", len(r.Metadata), 1)
			r.Metadata.Append("lb-token", "another")
			r.Metadata.Append("x-google-rls-data", "data")
			r.Done(answer)
		}
	})
}
