//go:build !unix

package cli

import "time"

// processorTime is how long this process has run, as the system does not tell how long it was busy.
func processorTime() time.Duration { return time.Since(began) }
