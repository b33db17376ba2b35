// Package wait waits.
package wait

import (
	"context"
	"time"
)

// For waits for so long. It returns false, at once, when the context is done before.
func For(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
