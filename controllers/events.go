package controllers

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/events"
)

// maxNote is how many bytes the API server takes as an event's note; it drops events with more.
const maxNote = 1024

// boundedRecorder cuts notes at a rune's border, so that a long one is told in part and not lost.
type boundedRecorder struct{ events.EventRecorder }

// Eventf implements events.EventRecorder.
func (r boundedRecorder) Eventf(regarding, related runtime.Object, eventtype, reason, action, note string, args ...any) {
	text := fmt.Sprintf(note, args...)
	if len(text) > maxNote {
		text = strings.ToValidUTF8(text[:maxNote-len("...")], "") + "..."
	}
	r.EventRecorder.Eventf(regarding, related, eventtype, reason, action, "%s", text)
}
