package hosted

import (
	"context"
	"testing"
	"time"

	"google.golang.org/grpc"

	"github.com/actorlb/grpclb"
)

// Under each parent a channel is described as one without a parent is. Of several policies it
// is the first that gets the call. cluster_manager needs more of a call than a test can give.
func TestDescribe_UnderAParent(t *testing.T) {
	for _, p := range parents {
		if p.says != "" {
			continue
		}
		t.Run(p.name, func(t *testing.T) {
			w := newTown(t)
			ch := w.open(w.serviceConfig(p))
			defer ch.Close()
			ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
			defer cancel()
			if _, err := ch.Unary(ctx, grpc.WaitForReady(true)); err != nil {
				t.Fatal(err)
			}
			s, err := grpclb.Describe(ctx, ch.CC)
			if err != nil {
				t.Fatal(err)
			}
			if s.Mode.Name == "" || s.Stream.Service == "" || len(s.Generations) == 0 {
				t.Errorf("the state is %+v", s)
			}
		})
	}
}
