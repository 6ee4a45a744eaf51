package channel

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/channels"
)

// A channel on which nothing is said is written every ten minutes, and a busy one when a figure changed.
func TestListened(t *testing.T) {
	noon := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	at := func(d time.Duration) *metav1.Time { return &metav1.Time{Time: noon.Add(d)} }
	items := func(n int64) *int64 { return &n }
	was := &tribunev1alpha1.ChannelListeningStatus{LastPoll: at(0), LastItem: at(-time.Hour), Items24h: items(3), Lag: &metav1.Duration{Duration: 4 * time.Second}}
	same := channels.Heard{PolledAt: noon, ItemAt: noon.Add(-time.Hour), Items: 3, Lag: 4 * time.Second}
	for name, c := range map[string]struct {
		was  *tribunev1alpha1.ChannelListeningStatus
		h    func(h *channels.Heard) *channels.Heard
		want *tribunev1alpha1.ChannelListeningStatus
	}{
		"nothing is known":   {was, func(*channels.Heard) *channels.Heard { return nil }, was},
		"for the first time": {nil, func(h *channels.Heard) *channels.Heard { return h }, was},
		"never a word": {nil, func(h *channels.Heard) *channels.Heard { return &channels.Heard{PolledAt: h.PolledAt} },
			&tribunev1alpha1.ChannelListeningStatus{LastPoll: at(0), Items24h: items(0)}},
		"asked again": {was, func(h *channels.Heard) *channels.Heard { h.PolledAt = noon.Add(pollEvery - time.Second); return h }, was},
		"asked for ten minutes": {was, func(h *channels.Heard) *channels.Heard { h.PolledAt = noon.Add(pollEvery); return h },
			&tribunev1alpha1.ChannelListeningStatus{LastPoll: at(pollEvery), LastItem: was.LastItem, Items24h: items(3), Lag: was.Lag}},
		"the average moves a little": {was, func(h *channels.Heard) *channels.Heard { h.Lag += 400 * time.Millisecond; return h }, was},
		"something new": {was, func(h *channels.Heard) *channels.Heard {
			h.PolledAt, h.ItemAt, h.Items, h.Lag = noon.Add(time.Minute), noon.Add(time.Minute), 4, 3*time.Minute+4*time.Second
			return h
		}, &tribunev1alpha1.ChannelListeningStatus{LastPoll: at(time.Minute), LastItem: at(time.Minute), Items24h: items(4), Lag: &metav1.Duration{Duration: 3 * time.Minute}}},
		"brought, and not asked": {&tribunev1alpha1.ChannelListeningStatus{Items24h: items(0)}, func(*channels.Heard) *channels.Heard { return &channels.Heard{} },
			&tribunev1alpha1.ChannelListeningStatus{Items24h: items(0)}},
	} {
		h := same
		if diff := cmp.Diff(c.want, listened(c.was, c.h(&h))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestFiguresAreWrittenOnceAMinute(t *testing.T) {
	var w writes
	noon, key := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC), types.NamespacedName{Namespace: "acme", Name: "square"}
	for _, c := range []struct {
		after time.Duration
		may   bool
	}{{0, true}, {time.Second, false}, {59 * time.Second, false}, {time.Minute, true}, {61 * time.Second, false}} {
		if got := w.mayWrite(key, noon.Add(c.after)); got != c.may {
			t.Errorf("after %s: %t", c.after, got)
		}
		if c.may {
			w.wrote(key, noon.Add(c.after))
		}
	}
	w.forget(key)
	if !w.mayWrite(key, noon) {
		t.Error("a channel that is made anew is not written")
	}
}
