//go:build unix

package cli

import (
	"syscall"
	"time"
)

// processorTime is how long this process has kept a core busy, collecting garbage included: what else runs on the machine does not count, and
// two busy cores count twice.
func processorTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return time.Since(began) // it is asked in a way that cannot fail
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
