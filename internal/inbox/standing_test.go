package inbox

import (
	"testing"
	"time"

	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/policy"
	"github.com/tribune-dev/tribune/internal/store"
)

// Whose doing it is that an item stands as it does: ours if anything that we did, or do, leads there and nothing later leads elsewhere.
func TestOurDoing(t *testing.T) {
	did := func(kind string, state store.ActionState, ago time.Duration) store.Action {
		a := store.Action{ID: kind, Kind: kind, State: state, Generation: 1, Tries: 1}
		if state == store.ActionDone || state == store.ActionUndone {
			a.DoneAt = noon.Add(-ago)
		}
		return a
	}
	untried := did("hide", store.ActionPending, 0)
	untried.Tries = 0
	for _, c := range []struct {
		name    string
		actions []store.Action
		to      standing
		want    bool
	}{
		{"nothing was done", nil, standsHidden, false},
		{"we hid it", []store.Action{did("hide", store.ActionDone, time.Hour)}, standsHidden, true},
		{"we are hiding it", []store.Action{did("hide", store.ActionDoing, 0)}, standsHidden, true},
		{"we tried, and do not know", []store.Action{did("hide", store.ActionPending, 0)}, standsHidden, true},
		{"we have not tried", []store.Action{untried}, standsHidden, false},
		{"we may not", []store.Action{did("hide", store.ActionHeld, 0)}, standsHidden, false},
		{"we only say that we would", []store.Action{did("hide", store.ActionSimulated, 0)}, standsHidden, false},
		{"we were refused", []store.Action{did("hide", store.ActionFailed, 0)}, standsHidden, false},
		{"we hid it, and it is gone from the public for good", []store.Action{did("hide", store.ActionDone, time.Hour)}, standsRemoved, false},
		{"we removed it", []store.Action{did("hide", store.ActionDone, time.Hour), did("remove", store.ActionDone, time.Minute)}, standsRemoved, true},
		{"we hid it, and somebody shows it", []store.Action{did("hide", store.ActionDone, time.Hour)}, standsShown, false},
		{"we show it again", []store.Action{did("hide", store.ActionUndone, time.Minute), did("unhide", store.ActionDone, time.Minute)}, standsShown, true},
		{"we showed it again, and the network tells what was before", []store.Action{did("hide", store.ActionUndone, time.Minute), did("unhide", store.ActionDone, time.Minute)}, standsHidden, true},
		{"we are showing it again", []store.Action{did("hide", store.ActionUndone, 0), did("unhide", store.ActionDoing, 0)}, standsHidden, true},
		{"we showed it again an hour ago, and somebody hides it", []store.Action{did("hide", store.ActionUndone, time.Hour), did("unhide", store.ActionDone, time.Hour)}, standsHidden, false},
		{"a case was decided, and somebody hides it", []store.Action{did("hide", store.ActionDone, 2*time.Hour), did("unhide", store.ActionDone, time.Hour)}, standsHidden, false},
		{"somebody showed it, and hides it again", []store.Action{did("hide", store.ActionUndone, time.Second)}, standsHidden, false},
		{"it was shown before we hid it, and somebody shows it", []store.Action{did("unhide", store.ActionDone, 2*time.Hour), did("hide", store.ActionDone, time.Hour)}, standsShown, false},
		{"what has nothing to do with it", []store.Action{did("mute", store.ActionDone, time.Hour), did("reply", store.ActionDone, time.Hour)}, standsHidden, false},
	} {
		if got := ourDoing(c.actions, c.to, noon); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
	}
}

func TestOverruled(t *testing.T) {
	for _, c := range []struct {
		human      string
		edited     bool
		kind       string
		generation int64
		want       bool
	}{
		{"", false, policy.ActHide, 1, false},
		{"Allow", false, policy.ActHide, 1, true},
		{"Allow", false, policy.ActMute, 1, true},
		{"Allow", false, policy.ActWarn, 1, true},
		{"Allow", false, policy.ActReply, 1, false},
		{"Allow", false, policy.ActHide, 0, false}, // a person asks for it
		{"Allow", false, kindUnhide, 1, false},
		{"Allow", true, policy.ActHide, 1, false}, // it was said of other words
		{"Hide", false, policy.ActRemove, 1, true},
		{"Hide", true, policy.ActRemove, 1, true},
		{"Hide", false, policy.ActMute, 1, false},
	} {
		it := &store.Item{Human: c.human, HumanBy: "maria", EditedSince: c.edited, Item: network.Item{ID: "1"}}
		if got := overruled(&store.Action{Kind: c.kind, Generation: c.generation}, it); (got != "") != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}
