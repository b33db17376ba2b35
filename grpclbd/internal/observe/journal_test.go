package observe

import (
	"fmt"
	"testing"
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/config"
)

// However often many backends come, fail and go, the log has some lines a second, and says how many were left out.
func TestHealth_Check_LogIsBounded(t *testing.T) {
	h := checks()
	h.TCP, h.GRPC = &config.TCP{}, nil
	inBubble(t, h, nil, func(r *rig) {
		var all []string
		for n := range 200 {
			all = append(all, fmt.Sprintf("10.0.0.1:%d", n+1))
		}
		for range 50 { // in 10 s
			r.watcher.Watch(all)
			r.after(100 * time.Millisecond)
			r.watcher.Watch(nil)
			r.after(100 * time.Millisecond)
		}
		if n := r.log.count("is unhealthy"); n < 10*mostLines || n > 12*mostLines {
			t.Errorf("%d lines about backends in 10 s", n)
		}
		if n := r.log.count("were left out"); n < 9 || n > 10 {
			t.Errorf("%d lines about lines that were left out", n)
		}
		if n := r.log.count("lines=980"); n < 8 { // 5 times 200, but for those that were logged
			t.Errorf("%d seconds in which 980 lines were left out", n)
		}
	})
}
