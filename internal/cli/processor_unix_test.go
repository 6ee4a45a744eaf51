//go:build unix

package cli

import (
	"testing"
	"time"
)

// A core that has nothing to do is not busy, whatever the clock says, and one that works is.
func TestProcessorTime(t *testing.T) {
	started, busy := time.Now(), processorTime()
	<-time.After(200 * time.Millisecond)
	if idle, waited := processorTime()-busy, time.Since(started); idle > waited/2 {
		t.Errorf("busy for %s of %s of waiting", idle, waited)
	}
	for busy = processorTime(); processorTime() == busy; {
		if time.Since(started) > time.Minute {
			t.Fatal("a minute of work is none")
		}
	}
}
