package schedule

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var back = time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)

// lateBy makes a Post that was due so long before back.
func lateBy(d time.Duration) LatePost {
	return LatePost{Name: short(d), Due: back.Add(-d)}
}

func TestCatchUp(t *testing.T) {
	for name, tc := range map[string]struct {
		late []time.Duration
		want map[string]string
	}{
		"a hand-over loses nothing": {
			late: []time.Duration{3 * time.Second, 3*time.Second + 1, 3*time.Second + 2, 3*time.Second + 3, 3*time.Second + 4},
			want: map[string]string{"3s": "+0s", "3.000000001s": "+0s", "3.000000002s": "+0s", "3.000000003s": "+0s", "3.000000004s": "+0s"},
		},
		"as many as may": {
			late: []time.Duration{11 * time.Minute, 20 * time.Minute, 30 * time.Minute},
			want: map[string]string{"11m": "+0s", "20m": "+0s", "30m": "+0s"},
		},
		"one more than may": {
			late: []time.Duration{11 * time.Minute, 20 * time.Minute, 30 * time.Minute, 40 * time.Minute},
			want: map[string]string{"40m": "missed", "30m": "+0s", "20m": "+10m0s", "11m": "+20m0s"},
		},
		"ten minutes do not count": {
			late: []time.Duration{10 * time.Minute, 20 * time.Minute, 30 * time.Minute, 40 * time.Minute},
			want: map[string]string{"10m": "+0s", "40m": "+0s", "30m": "+0s", "20m": "+0s"},
		},
		"those less late come first": {
			late: []time.Duration{2 * time.Minute, 3 * time.Minute, 4 * time.Minute, 20 * time.Minute, 30 * time.Minute, 40 * time.Minute, 50 * time.Minute},
			want: map[string]string{"2m": "+0s", "3m": "+0s", "4m": "+0s", "50m": "missed", "40m": "+10m0s", "30m": "+20m0s", "20m": "+30m0s"},
		},
		"four less late in a catch-up: no more than may at once": {
			late: []time.Duration{2 * time.Minute, 3 * time.Minute, 4 * time.Minute, 5 * time.Minute, 20 * time.Minute, 30 * time.Minute, 40 * time.Minute, 50 * time.Minute},
			want: map[string]string{"5m": "+0s", "4m": "+0s", "3m": "+0s", "2m": "+10m0s", "50m": "missed", "40m": "+10m0s", "30m": "+20m0s", "20m": "+30m0s"},
		},
		"what is not due is not asked about": {late: []time.Duration{-time.Minute}, want: map[string]string{}},
	} {
		t.Run(name, func(t *testing.T) {
			var posts []LatePost
			for _, d := range tc.late {
				posts = append(posts, lateBy(d))
			}
			got := map[string]string{}
			for name, d := range CatchUp(posts, DefaultCatchUp(), back) {
				got[name] = "+" + d.GoAt.Sub(back).String()
				if d.Missed {
					got[name] = "missed"
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What is past its deadline neither goes out nor counts.
func TestCatchUpLeavesOutWhatIsPastItsDeadline(t *testing.T) {
	posts := []LatePost{lateBy(90 * time.Minute), lateBy(40 * time.Minute), lateBy(30 * time.Minute), lateBy(20 * time.Minute)}
	posts[0].Deadline = back.Add(-time.Minute)
	got := CatchUp(posts, DefaultCatchUp(), back)
	if _, asked := got["1h30m"]; asked || len(got) != 3 || got["40m"].GoAt != back || got["20m"].GoAt != back {
		t.Errorf("%v; want the three others at once", got)
	}
}

// world is a channel after an outage: each Post is looked at by itself, in any order, and with what became of the others.
type world struct {
	posts  []LatePost
	policy CatchUpPolicy
}

// step looks at all Posts that wait, in a random order, and does what is decided.
func (w *world) step(now time.Time, r *rand.Rand) {
	for _, i := range r.Perm(len(w.posts)) {
		p := &w.posts[i]
		if !p.Began.IsZero() || !p.Missed.IsZero() || now.Before(p.Due) {
			continue
		}
		d, asked := CatchUp(w.posts, w.policy, now)[p.Name]
		switch {
		case !asked:
		case d.Missed:
			p.Missed = now
		case !d.GoAt.After(now):
			p.Began = now
		case p.GoAt != d.GoAt:
			if p.GoAt.IsZero() {
				p.Promised = now
			}
			p.GoAt = d.GoAt
		}
	}
}

// After any outage, with the Posts looked at in any order and at any times: the newest go, Spacing apart; what is less late and
// what falls due meanwhile goes out at once; no window of Spacing has more than MaxPosts of those that were caught up.
func TestCatchUpKeepsItsBound(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		w := &world{policy: CatchUpPolicy{MaxPosts: 1 + r.IntN(5), Spacing: time.Duration(r.IntN(30)) * time.Minute, After: time.Duration(1+r.IntN(20)) * time.Minute}}
		for i := range 1 + r.IntN(50) {
			due := back.Add(-time.Duration(r.IntN(7200)) * time.Second)
			if r.IntN(4) == 0 {
				due = back.Add(time.Duration(r.IntN(3600)) * time.Second)
			}
			w.posts = append(w.posts, LatePost{Name: fmt.Sprintf("p%02d", i), Due: due})
		}
		var old []LatePost
		for _, p := range w.posts {
			if back.Sub(p.Due) > w.policy.After {
				old = append(old, p)
			}
		}
		slices.SortFunc(old, cmpPosts)
		goes := map[string]bool{}
		for _, p := range old[max(0, len(old)-w.policy.MaxPosts):] {
			goes[p.Name] = true
		}
		for now := back; now.Before(back.Add(6 * time.Hour)); now = now.Add(time.Duration(1+r.IntN(50)) * time.Second) {
			w.step(now, r)
		}
		w.judge(t, seed, goes, len(old) > w.policy.MaxPosts)
	}
}

func cmpPosts(a, b LatePost) int {
	if c := a.Due.Compare(b.Due); c != 0 {
		return c
	}
	return map[bool]int{true: -1, false: 1}[a.Name < b.Name]
}

func (w *world) judge(t *testing.T, seed uint64, goes map[string]bool, on bool) {
	t.Helper()
	var caught []time.Time
	for _, p := range w.posts {
		old := back.Sub(p.Due) > w.policy.After
		switch {
		case !old && p.Began.IsZero():
			t.Errorf("seed %d: %s, due %s after the outage's end, did not go out", seed, p.Name, p.Due.Sub(back))
		case !old && (!on || !p.Due.Before(back)) && p.Began.Sub(latest(p.Due, back)) > Late:
			t.Errorf("seed %d: %s waited for %s", seed, p.Name, p.Began.Sub(p.Due))
		case old && goes[p.Name] == p.Began.IsZero():
			t.Errorf("seed %d: %s, late by %s: went out %v, want %v", seed, p.Name, back.Sub(p.Due), !p.Began.IsZero(), goes[p.Name])
		}
		if old && !p.Began.IsZero() {
			caught = append(caught, p.Began)
		}
	}
	w.judgeBound(t, seed, on)
	slices.SortFunc(caught, time.Time.Compare)
	for i := 1; i < len(caught) && on; i++ {
		if d := caught[i].Sub(caught[i-1]); d < w.policy.Spacing {
			t.Errorf("seed %d: caught up %s after another; want %s", seed, d, w.policy.Spacing)
		}
	}
}

// judgeBound: while catch-up is on, no window of Spacing has more than MaxPosts of those that went out late.
func (w *world) judgeBound(t *testing.T, seed uint64, on bool) {
	t.Helper()
	for _, p := range w.posts {
		within := 0
		for _, q := range w.posts {
			if d := p.Began.Sub(q.Began); !p.Began.IsZero() && q.Began.Sub(q.Due) > Late && d >= 0 && d < w.policy.Spacing {
				within++
			}
		}
		if on && within > w.policy.MaxPosts {
			t.Errorf("seed %d: %d went out within %s of %s; %d may", seed, within, w.policy.Spacing, p.Began.Sub(back), w.policy.MaxPosts)
		}
	}
}

// Asked at once about all of them, in any order, it says the same.
func TestCatchUpIsAFunctionOfItsArguments(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	var posts []LatePost
	for i := range 20 {
		posts = append(posts, LatePost{Name: fmt.Sprint("p", i), Due: back.Add(-time.Duration(r.IntN(60)) * time.Minute)})
	}
	want := CatchUp(posts, DefaultCatchUp(), back)
	for range 20 {
		r.Shuffle(len(posts), func(i, j int) { posts[i], posts[j] = posts[j], posts[i] })
		if diff := cmp.Diff(want, CatchUp(posts, DefaultCatchUp(), back)); diff != "" {
			t.Fatal(diff)
		}
	}
}
