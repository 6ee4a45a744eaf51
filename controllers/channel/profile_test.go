package channel

import (
	"context"
	"testing"

	"k8s.io/client-go/tools/events"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
)

// willful is a network that makes something of its own of what it is told.
type willful struct {
	shows network.Profile
	makes func(string) string
	sets  int
	err   error
}

func (w *willful) Profile(context.Context) (network.Profile, error) { return w.shows, nil }

func (w *willful) SetProfile(_ context.Context, p network.Profile, _ *network.Media) error {
	w.sets++
	if w.err != nil {
		return w.err
	}
	if p.DisplayName != nil {
		made := w.makes(*p.DisplayName)
		w.shows.DisplayName = &made
	}
	return nil
}

func TestSyncProfile(t *testing.T) {
	as := func(s string) string { return s }
	lower := func(string) string { return "acme" }
	for _, c := range []struct {
		name    string
		network *willful
		// looks are made, and sets are wanted of them.
		looks, sets int
		inSync      bool
		reason      string
		events      int
	}{
		{"obeys", &willful{shows: network.Profile{DisplayName: text("old")}, makes: as}, 3, 1, true, tribunev1alpha1.ReasonInSync, 1},
		{"is right already", &willful{shows: network.Profile{DisplayName: text("Acme")}, makes: as}, 3, 0, true, tribunev1alpha1.ReasonInSync, 0},
		{"makes something of its own", &willful{shows: network.Profile{DisplayName: text("old")}, makes: lower}, 3, 1, false, tribunev1alpha1.ReasonProfileRefused, 1},
		{
			"refuses", &willful{shows: network.Profile{DisplayName: text("old")}, err: &network.Error{Kind: network.Refused, Reason: "No", Message: "no"}},
			1, 1, false, tribunev1alpha1.ReasonProfileRefused, 0,
		},
		{
			"is down", &willful{shows: network.Profile{DisplayName: text("old")}, err: &network.Error{Kind: network.Ambiguous, Reason: "Timeout", Message: "no answer"}},
			1, 1, false, tribunev1alpha1.ReasonUnreachable, 0,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			recorder := events.NewFakeRecorder(10)
			r := &Reconciler{Recorder: recorder}
			ch := &tribunev1alpha1.SocialChannel{}
			ch.Spec.Profile = &tribunev1alpha1.ChannelProfile{DisplayName: "Acme"}
			var memory profileMemory
			var found *profileFinding
			for range c.looks {
				found = r.syncProfile(t.Context(), ch, c.network, &memory)
			}
			if found.inSync != c.inSync || found.reason != c.reason || !found.inSync && found.message == "" {
				t.Errorf("found %+v", found)
			}
			if c.network.sets != c.sets {
				t.Errorf("set %d times, want %d", c.network.sets, c.sets)
			}
			if n := len(recorder.Events); n != c.events {
				t.Errorf("%d events, want %d", n, c.events)
			}
		})
	}
}

// After somebody changes again what the network made of it, it is tried once more.
func TestSyncProfileTriesAgainWhenItIsChanged(t *testing.T) {
	n := &willful{shows: network.Profile{DisplayName: text("old")}, makes: func(string) string { return "acme" }}
	r := &Reconciler{Recorder: events.NewFakeRecorder(10)}
	ch := &tribunev1alpha1.SocialChannel{}
	ch.Spec.Profile = &tribunev1alpha1.ChannelProfile{DisplayName: "Acme"}
	var memory profileMemory
	r.syncProfile(t.Context(), ch, n, &memory)
	n.shows.DisplayName = text("Evil")
	r.syncProfile(t.Context(), ch, n, &memory)
	r.syncProfile(t.Context(), ch, n, &memory)
	if n.sets != 2 {
		t.Errorf("set %d times, want 2", n.sets)
	}
}
