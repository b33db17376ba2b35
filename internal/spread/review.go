package spread

import (
	"testing"
	"testing/synctest"

	"google.golang.org/grpc"

	"github.com/actorlb/grpclb/internal/lbtest"
	"github.com/actorlb/grpclb/lbserver"
)

// PlayReview plays another scene with the policy that is registered as "grpclb": all clients get
// to be of another class, which has another backend. No call fails, none goes to the fallback
// address, and each client has the stream that it had.
func PlayReview(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := lbtest.NewMemory()
		before, after, spare := lbtest.NewBackend(t, n, 1), lbtest.NewBackend(t, n, 2), lbtest.NewBackend(t, n, 3)
		class := make(chan string, 1) // it always has one
		class <- ""
		b := openWith(t, n, "192.0.2.1:9000", lbserver.Options{Classify: func(lbserver.Client) string {
			now := <-class
			class <- now
			return now
		}}, []lbserver.Server{{Address: before.Addr(), Token: "t"}})
		if err := b.SetServersFor(lbtest.Service, "canary", []lbserver.Server{{Address: after.Addr(), Token: "t"}}); err != nil {
			t.Fatal(err)
		}
		channels := make([]*lbtest.Channel, clients)
		for i := range channels {
			channels[i] = lbtest.NewChannel(t, n, "")
			defer channels[i].Close()
			resolve(t, channels[i], spare, b)
			call(t, channels[i], grpc.WaitForReady(true))
		}
		<-class
		class <- "canary"
		if moved, err := b.Review(t.Context()); err != nil || moved != clients {
			t.Errorf("%d clients have moved, error %v; want %d", moved, err, clients)
		}
		for _, ch := range channels {
			call(t, ch) // wherever it goes
		}
		wantClients(t, b, clients)
		had := before.Calls()
		for _, ch := range channels {
			call(t, ch)
		}
		if before.Calls() != had || spare.Calls() != 0 {
			t.Errorf("%d calls went to the backend of before, %d to the fallback address", before.Calls()-had, spare.Calls())
		}
		if opened := b.State().Totals.Opened; opened != clients {
			t.Errorf("%d streams for %d clients", opened, clients)
		}
	})
}
