package post

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/publish"
	"github.com/tribune-dev/tribune/internal/store"
)

var noon = time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)

func onSquare(name string, due time.Duration, segments ...tribunev1alpha1.PostSegment) *tribunev1alpha1.Post {
	p := &tribunev1alpha1.Post{ObjectMeta: metav1.ObjectMeta{Namespace: "acme", Name: name}}
	p.Spec.ChannelRef.Name = "square"
	p.Spec.PublishAt = &metav1.Time{Time: noon.Add(due)}
	p.Status.Segments, p.Status.Edition = segments, 1
	return p
}

func begun(state tribunev1alpha1.SegmentState, ago time.Duration) tribunev1alpha1.PostSegment {
	at := metav1.NewMicroTime(noon.Add(-ago))
	return tribunev1alpha1.PostSegment{State: state, StartedAt: &at, ContentHash: "h"}
}

type ledgerOf []store.Start

func (l ledgerOf) Starts(context.Context, string, string, time.Time) ([]store.Start, error) {
	return l, nil
}

func names(h *history) []string {
	all, _ := h.view(onSquare("-", 0), noon)
	var out []string
	for _, s := range all {
		out = append(out, s.Post)
	}
	return out
}

// What went out is known once, in the order of time, from wherever it is heard.
func TestHistory(t *testing.T) {
	h := &history{}
	square := types.NamespacedName{Namespace: "acme", Name: "square"}
	h.note(onSquare("b", 0, begun(tribunev1alpha1.SegmentPublished, 2*time.Hour)), noon)
	ledger := ledgerOf{{Post: "ancient", Edition: 1, At: noon.Add(-100 * time.Hour)}, {Post: "old", Edition: 1, At: noon.Add(-30 * time.Hour)},
		{Post: "a", Edition: 1, At: noon.Add(-3 * time.Hour), TextHash: "t"}, {Post: "b", Edition: 1, At: noon.Add(-2 * time.Hour)}}
	for range 2 {
		if err := h.load(t.Context(), ledger, square, noon); err != nil {
			t.Fatal(err)
		}
	}
	h.note(onSquare("waits", 0), noon)
	h.note(onSquare("c", 0, begun(tribunev1alpha1.SegmentSending, time.Hour)), noon)
	if diff := cmp.Diff([]string{"old", "a", "b", "c"}, names(h)); diff != "" {
		t.Error(diff)
	}
	h.note(onSquare("c", 0, begun(tribunev1alpha1.SegmentNotSent, time.Hour)), noon)
	h.note(onSquare("week", 0, begun(tribunev1alpha1.SegmentPublished, 200*time.Hour)), noon)
	if diff := cmp.Diff([]string{"old", "a", "b"}, names(h)); diff != "" {
		t.Errorf("c came to nothing: %s", diff)
	}
}

// A reservation is seen at once, is taken back when nothing went out, and then the others are told.
func TestHistoryReserves(t *testing.T) {
	h := &history{}
	a, b, c := onSquare("a", 0), onSquare("b", time.Second), onSquare("c", 2*time.Second)
	try := func(p *tribunev1alpha1.Post) *publish.Step {
		return h.reserve(p, publish.Start{Post: p.Name, Edition: 1, At: noon}, func(all []publish.Start, ahead int) *publish.Step {
			if len(all) > 0 || ahead > 0 {
				return &publish.Step{Do: publish.Hold, Until: noon.Add(time.Duration(ahead+1) * time.Minute)}
			}
			return nil
		})
	}
	if held := try(a); held != nil {
		t.Fatalf("the first is held: %+v", held)
	}
	for _, p := range []*tribunev1alpha1.Post{b, c} {
		held := try(p)
		if held == nil {
			t.Fatal("a second one begins")
		}
		h.wait(p, held.Until)
	}
	if _, ahead := h.view(c, noon); ahead != 1 {
		t.Errorf("%d are ahead of c, want 1", ahead)
	}
	before, _ := h.view(b, noon)
	h.note(onSquare("a", 0, begun(tribunev1alpha1.SegmentNotSent, 0)), noon)
	if told := h.settle(a, 1, time.Time{}, false); len(told) != 2 {
		t.Errorf("told %v, want both", told)
	}
	if len(names(h)) != 0 || len(before) != 1 || before[0].Post != "a" {
		t.Errorf("now %v, and who looked before sees %v", names(h), before)
	}
	if held := try(b); held != nil {
		t.Errorf("b is held: %+v", held)
	}
	h.settle(b, 1, noon.Add(time.Second), true)
	if all, _ := h.view(c, noon); len(all) != 1 || all[0].UnderWay || !all[0].At.Equal(noon.Add(time.Second)) {
		t.Errorf("b began: %+v", all)
	}
	if _, ahead := h.view(onSquare("d", time.Hour), noon.Add(time.Hour)); ahead != 0 {
		t.Errorf("%d are ahead that did not come back", ahead)
	}
}

func BenchmarkHistory(b *testing.B) {
	h := &history{}
	for i := range 1000 {
		p := onSquare(time.Duration(i).String(), 0, begun(tribunev1alpha1.SegmentPublished, time.Duration(1000-i)*time.Minute))
		h.note(p, noon)
	}
	p := onSquare("x", 0)
	f := publish.Facts{Now: noon, Post: p, Hashes: []string{"other"}, Text: "t", Pace: publish.Pace{MaxPerDay: 1001}}
	for b.Loop() {
		f.Pace.Starts, f.Pace.Ahead = h.view(p, noon)
		if publish.Paced(f) != nil {
			b.Fatal("held")
		}
	}
}

// Whose status says that it waits for its turn keeps its place: over a restart, and however late it is looked at.
func TestTurnsAreKept(t *testing.T) {
	waits := func(name string, due time.Duration) *tribunev1alpha1.Post {
		p := onSquare(name, due)
		p.Status.State = tribunev1alpha1.PostHeld
		p.Status.HeldUntil = &metav1.Time{Time: noon.Add(time.Minute)}
		p.Status.Conditions = []metav1.Condition{{Type: tribunev1alpha1.ConditionHeld, Status: metav1.ConditionTrue, Reason: tribunev1alpha1.ReasonMinInterval}}
		return p
	}
	h := &history{}
	b, c := waits("b", 0), waits("c", time.Second)
	ahead := func(of *tribunev1alpha1.Post, now time.Time) int {
		_, n := h.view(of, now)
		return n
	}
	h.note(c, noon)
	h.note(b, noon)
	h.wait(b, noon.Add(time.Minute)) // looked at anew, with the same result
	if n := ahead(c, noon.Add(time.Hour)); n != 1 {
		t.Errorf("%d are ahead of c; want b, though its time is past", n)
	}
	if n := ahead(b, noon.Add(time.Hour)); n != 0 {
		t.Errorf("%d are ahead of b; want none", n)
	}
	// What this process does counts more than an older status.
	if step := h.reserve(b, publish.Start{Post: "b", Edition: 1, At: noon}, func([]publish.Start, int) *publish.Step { return nil }); step != nil {
		t.Fatal(step)
	}
	h.note(b, noon)
	if n := ahead(c, noon); n != 0 {
		t.Errorf("%d are ahead of c; want none, as b is on its way", n)
	}
	h.note(waits("d", 500*time.Millisecond), noon)
	other := waits("d", 500*time.Millisecond)
	other.Status.Conditions[0].Reason = tribunev1alpha1.ReasonSuspended
	h.note(other, noon)
	if n := ahead(c, noon); n != 0 {
		t.Errorf("%d are ahead of c; want none, as d is held by something else", n)
	}
	h.note(waits("e", 0), noon)
	h.leave(waits("e", 0))
	if n := ahead(c, noon); n != 0 {
		t.Errorf("%d are ahead of c; want none, as e is gone", n)
	}
}

// While a channel's connection is on its way, as after a restart, nobody on it loses the place that they wait at.
func TestTurnsAreKeptUntilConnected(t *testing.T) {
	r := &Reconciler{}
	b, c := onSquare("b", 0), onSquare("c", time.Second)
	ahead := func() int { _, n := r.past.view(c, noon.Add(time.Minute)); return n }
	look := func(connected bool, step publish.Step) {
		r.turn(&scope{facts: publish.Facts{Now: noon.Add(time.Minute), Post: b, Channel: publish.Channel{Exists: true, Connected: connected}}}, step)
	}
	look(true, publish.Step{Do: publish.Hold, Reason: tribunev1alpha1.ReasonMinInterval, Until: noon.Add(time.Hour)})
	look(false, publish.Step{Do: publish.Wait})
	if n := ahead(); n != 1 {
		t.Errorf("%d are ahead of c while b waits for the connection; want b", n)
	}
	look(true, publish.Step{Do: publish.Wait, Until: noon.Add(time.Hour)})
	if n := ahead(); n != 0 {
		t.Errorf("%d are ahead of c; want none, as b waits for something else", n)
	}
}
