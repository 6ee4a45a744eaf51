package channel

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/channels"
)

const (
	// figuresEvery bounds how often figures of listening are written.
	figuresEvery = time.Minute
	// pollEvery is how often it is written that a channel was asked and nothing came.
	pollEvery = 10 * time.Minute
)

// listened gives the figures of listening that the status says next: those that it says, as long as nothing changed but the time of the
// last poll.
func listened(was *tribunev1alpha1.ChannelListeningStatus, h *channels.Heard) *tribunev1alpha1.ChannelListeningStatus {
	if h == nil {
		return was
	}
	items := h.Items
	is := &tribunev1alpha1.ChannelListeningStatus{LastPoll: second(h.PolledAt), LastItem: second(h.ItemAt), Items24h: &items}
	if h.Lag > 0 {
		is.Lag = &metav1.Duration{Duration: rounded(h.Lag)}
	}
	if was == nil {
		return is
	}
	asked := is.DeepCopy()
	asked.LastPoll = was.LastPoll
	recent := was.LastPoll != nil && is.LastPoll != nil && is.LastPoll.Sub(was.LastPoll.Time) < pollEvery
	if recent && equality.Semantic.DeepEqual(was, asked) {
		return was
	}
	return is
}

// second is a time as the API keeps it; nil: none.
func second(t time.Time) *metav1.Time {
	if t.IsZero() {
		return nil
	}
	return &metav1.Time{Time: t.Truncate(time.Second)}
}

// rounded is a lag as people say it, so that an average which moves a little is no change.
func rounded(lag time.Duration) time.Duration {
	switch {
	case lag < 10*time.Second:
		return max(lag.Round(time.Second), time.Second)
	case lag < 10*time.Minute:
		return lag.Round(10 * time.Second)
	}
	return lag.Round(time.Minute)
}

// writes remembers when something was last written, by object.
type writes struct {
	mu sync.Mutex
	at map[types.NamespacedName]time.Time
}

func (w *writes) mayWrite(key types.NamespacedName, now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	at, known := w.at[key]
	return !known || now.Sub(at) >= figuresEvery
}

func (w *writes) wrote(key types.NamespacedName, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.at == nil {
		w.at = map[types.NamespacedName]time.Time{}
	}
	w.at[key] = now
}

func (w *writes) forget(key types.NamespacedName) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.at, key)
}
