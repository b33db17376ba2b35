//go:build !unix

package bench

import "time"

// processorTime is not known here, so no cpu-ns/op is reported.
func processorTime() time.Duration { return 0 }
