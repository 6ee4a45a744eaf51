package policy

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tribune-dev/tribune/internal/network"
)

const calming = `
channelSelector: {}
rules:
  - {name: quarrel, match: {thread: {replies: 3, window: 30m, authors: {lessThan: 5}}}, actions: [{lockThread: {for: 24h}}]}
  - {name: raid, priority: 10, match: {text: {terms: [nitwit]}}, outcome: Hide, actions: [{slowMode: {interval: 1m, for: 2h}}]}
  - {name: fine, priority: 20, match: {text: {terms: [friend]}}, outcome: Allow}
  - {name: again, match: {text: {terms: [twice]}}, actions: [{lockThread: {for: 1h}}]}
`

func TestCalming(t *testing.T) {
	p := compiled(t, calming, nil)
	if !p.Calms() || compiled(t, everything, nil).Calms() {
		t.Error("which policies calm threads is wrong")
	}
	hot := []Reply{{At: noon, Author: "bob"}, {At: noon, Author: "eve"}, {At: noon, Author: "bob"}}
	for _, c := range []struct {
		name, text string
		change     func(*Item, *History)
		want       []string
	}{
		{"a quarrel", "no", func(*Item, *History) {}, []string{"lockThread"}},
		{"a small one", "no", func(_ *Item, h *History) { h.Thread = hot[:1] }, nil},
		{"from an outcome in force", "nitwit", func(_ *Item, h *History) { h.Thread = nil }, []string{"slowMode"}},
		{"not from one that is not in force", "nitwit and friend", func(_ *Item, h *History) { h.Thread = nil }, nil},
		{"nor where a person decided", "nitwit", func(_ *Item, h *History) { h.Thread, h.Human = nil, "Allow" }, nil},
		{"in a thread of ours alone", "no", func(it *Item, _ *History) { it.Post = "" }, nil},
		{"not long after", "no", func(it *Item, _ *History) { it.CreatedAt = noon.Add(-13 * time.Hour) }, nil},
		{"once", "no", func(_ *Item, h *History) { h.Calmed = []string{ActLockThread} }, nil},
		{"one is not the other", "nitwit", func(_ *Item, h *History) { h.Calmed = []string{ActLockThread} }, []string{"slowMode"}},
		{"two rules, one lock", "twice", func(*Item, *History) {}, []string{"lockThread"}},
		{"in a crisis too", "no", func(_ *Item, h *History) { h.Crisis = true }, []string{"lockThread"}},
	} {
		it, h := comment(c.text), &History{Thread: hot}
		it.Post, it.CreatedAt = "p1", noon
		c.change(it, h)
		d := p.Judge().Evaluate(it, h, noon)
		if got := d.ActionNames(); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v; %+v", c.name, got, c.want, d.Skipped)
		}
		for _, a := range d.Actions {
			if a.Kind == ActLockThread && a.For != 24*time.Hour || a.Kind == ActSlowMode && a.For != 2*time.Hour {
				t.Errorf("%s: %+v", c.name, a)
			}
		}
	}
}

func TestCalmingIsEnforceableWhereTheNetworkCan(t *testing.T) {
	p := compiled(t, calming, nil)
	able := Channel{Name: "square", Network: "Local", Abilities: []network.Ability{network.AbilityHide, network.AbilityLockThread, network.AbilitySlowMode}}
	if got := p.Unenforceable([]Channel{able}); len(got) != 0 {
		t.Errorf("%+v", got)
	}
	able.Abilities = able.Abilities[:2]
	able.Network = "Bluesky"
	got := p.Unenforceable([]Channel{able})
	if len(got) != 1 || got[0].Rule != "raid" || got[0].Path != "spec.rules[1].actions[0].slowMode" || got[0].Forbidden || !strings.Contains(got[0].Reason, "no ability SlowMode") {
		t.Errorf("%+v", got)
	}
}

// A policy's own tests see it, as their items stand under a publication.
func TestCalmingInTests(t *testing.T) {
	p := compiled(t, calming+`tests:
  - {name: a raid is slowed down, item: {kind: Reply, text: nitwit}, expect: {actions: [slowMode]}}
  - {name: a mention is in no thread of ours, item: {kind: Mention, text: nitwit}, expect: {actions: []}}
`, nil)
	for _, r := range Failed(p.RunTests(noon)) {
		t.Errorf("%s: %v", r.Name, r.Wrong)
	}
}
