package publish_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/publish"
)

var classes = []network.Once{network.OnceDurableKey, network.OnceWindowedKey, network.OnceTwoPhase, network.OnceScan, network.OnceNone}

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

func maybe(r *rand.Rand) bool { return r.IntN(4) == 0 }

// anyFacts draws facts that may be true together, and some that may not.
func anyFacts(r *rand.Rand) publish.Facts {
	f := facts(at(time.Duration(r.Int64N(int64(3*time.Hour))) - time.Hour))
	if maybe(r) {
		f.Now = due.Add(time.Duration(r.Int64N(int64(2 * time.Minute))))
	}
	f.LedgerRead = !maybe(r)
	p := f.Post
	p.Generation = 1 + r.Int64N(3)
	p.Spec.Edition = r.Int64N(3)
	p.Spec.Suspend = maybe(r)
	if maybe(r) {
		p.CreationTimestamp = metav1.NewTime(due.Add(time.Minute))
	}
	if maybe(r) {
		skip(&f)
	}
	if maybe(r) {
		p.Spec.PublishAt = nil
	}
	f.Channel = publish.Channel{Exists: !maybe(r), Suspended: maybe(r), Ready: !maybe(r), Connected: !maybe(r), Account: pick(r, "acme", "acme", ""), Once: pick(r, classes...)}
	if f.Channel.Connected {
		f.Channel.Account = "acme" // who is signed in is somebody
	}
	if maybe(r) {
		f.Channel.RetryAt = f.Now.Add(time.Minute)
	}
	if maybe(r) {
		f.Calendar = publish.Calendar{Made: true, Exists: !maybe(r), Suspended: maybe(r)}
	}
	f.Hashes = nil
	for i := range r.IntN(4) {
		f.Hashes = append(f.Hashes, fmt.Sprintf("h%d", i))
	}
	if maybe(r) {
		f.Hashes, f.Problems = nil, []string{"spec.content.text: too long"}
	}
	p.Status = anyStatus(r)
	for i := range r.IntN(3) {
		f.Ledger = append(f.Ledger, publish.Record{Segment: i, Attempt: pick(r, "a", "b"), Key: "k", Open: maybe(r), Published: maybe(r), ID: "7", StartedAt: due, PublishedAt: due})
	}
	return f
}

func anyStatus(r *rand.Rand) tribunev1alpha1.PostStatus {
	st := tribunev1alpha1.PostStatus{ObservedGeneration: 1 + r.Int64N(3),
		State: pick(r, tribunev1alpha1.PostState(""), tribunev1alpha1.PostScheduled, tribunev1alpha1.PostHeld, tribunev1alpha1.PostPublishing,
			tribunev1alpha1.PostPublished, tribunev1alpha1.PostMissed, tribunev1alpha1.PostFailed, tribunev1alpha1.PostUnknown, tribunev1alpha1.PostDeleted)}
	states := []tribunev1alpha1.SegmentState{pending, isOut, notSent}
	switch st.State {
	case tribunev1alpha1.PostPublishing, tribunev1alpha1.PostUnknown, tribunev1alpha1.PostHeld, tribunev1alpha1.PostScheduled:
		states = append(states, sending, uncertain) // an open attempt ends no other way than by its outcome
	}
	for i := range r.IntN(4) {
		s := segment(i, pick(r, states...))
		s.Attempt = pick(r, "a", "b")
		st.Segments = append(st.Segments, s)
		st.Edition = 1 + r.Int64N(2)
	}
	if maybe(r) {
		st.NextAttemptAt = seconds(due.Add(time.Duration(r.Int64N(int64(time.Hour)))))
	}
	if maybe(r) {
		st.Resolution = &tribunev1alpha1.PostResolution{Attempt: pick(r, "a", "b"), Outcome: pick(r, tribunev1alpha1.ResolutionPublished, tribunev1alpha1.ResolutionNotPublished)}
	}
	if maybe(r) {
		st.Conditions = []metav1.Condition{{Type: "Ready", Status: "False", Reason: pick(r, "ChannelNotFound", "InvalidSpec", "Refused")}}
	}
	return st
}

// open is the segment of the edition at hand whose outcome is not known, or -1.
func open(f publish.Facts) int { return publish.OpenSegment(f.Post) }

// properties hold for every decision, whatever the facts.
var properties = map[string]func(f publish.Facts, step publish.Step) bool{
	"a finished Post begins nothing": func(f publish.Facts, step publish.Step) bool {
		st := f.Post.Status
		done := st.State == tribunev1alpha1.PostPublished || st.State == tribunev1alpha1.PostDeleted
		return !done || st.Edition != publish.Edition(f.Post) || step.Do == publish.Wait || step.Do == publish.Observe ||
			step.Do == publish.Report || step.Do == publish.Edit
	},
	"what can be found out by a scan alone is not sent over an open attempt": func(f publish.Facts, step publish.Step) bool {
		asks := f.Channel.Once != network.OnceDurableKey && f.Channel.Once != network.OnceTwoPhase
		return step.Do != publish.Begin || !asks || open(f) < 0
	},
	"nothing begins before it is due": func(f publish.Facts, step publish.Step) bool {
		return step.Do != publish.Begin || !f.Now.Before(publish.Due(f.Post))
	},
	"nothing begins after its deadline": func(f publish.Facts, step publish.Step) bool {
		return step.Do != publish.Begin || !f.Now.After(publish.Deadline(f.Post))
	},
	"nothing begins while it is held": func(f publish.Facts, step publish.Step) bool {
		held := f.Post.Spec.Suspend || f.Channel.Suspended || !f.Channel.Exists || !f.Channel.Ready || !f.Channel.Connected ||
			f.Now.Before(f.Channel.RetryAt) || f.Calendar.Made && (!f.Calendar.Exists || f.Calendar.Suspended)
		return step.Do != publish.Begin || !held
	},
	"nothing begins that was not rendered": func(f publish.Facts, step publish.Step) bool {
		return step.Do != publish.Begin || step.Repeat || len(f.Problems) == 0
	},
	"nothing begins unless the ledger was asked": func(f publish.Facts, step publish.Step) bool {
		return step.Do != publish.Begin || f.LedgerRead
	},
	"a scan waits for the settle time": func(f publish.Facts, step publish.Step) bool {
		i := open(f)
		return step.Do != publish.LookUp || i < 0 || !f.Now.Before(f.Post.Status.Segments[i].StartedAt.Add(f.Settle))
	},
	"what ends an open attempt names it": func(f publish.Facts, step publish.Step) bool {
		i := open(f)
		return step.Do != publish.Begin || i < 0 || step.Supersedes == f.Post.Status.Segments[i].Attempt
	},
	"the same facts give the same step": func(f publish.Facts, step publish.Step) bool { return reflect.DeepEqual(step, publish.Next(f)) },
}

func TestProperties(t *testing.T) {
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 2))
	begun := 0
	for n := range 200_000 {
		f := anyFacts(r)
		step := publish.Next(f)
		if step.Do == publish.Begin {
			begun++
		}
		for name, holds := range properties {
			if !holds(f, step) {
				t.Fatalf("seed %d, case %d: not so: %s\nstep %+v\nchannel %+v\ncalendar %+v\nnow %s\n%s", seed, n, name, step, f.Channel, f.Calendar, f.Now, asJSON(f.Post))
			}
		}
	}
	t.Logf("seed %d: %d decisions to send", seed, begun)
}

func asJSON(v any) string {
	b, _ := json.MarshalIndent(v, "", " ")
	return string(b)
}

// TestFixedPoint: with lookups answered, decisions come to an end, and what they leave behind is not written again.
func TestFixedPoint(t *testing.T) {
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 3))
	for n := range 50_000 {
		f := anyFacts(r)
		first := f.Post.DeepCopy()
		runs := 0
		for ; runs < 30; runs++ {
			step := publish.Next(f)
			if step.Do == publish.Wait || step.Do == publish.Begin {
				break
			}
			switch step.Do {
			case publish.ReadLedger:
				f.LedgerRead = true
				continue
			case publish.LookUp:
				f.Lookup = &publish.Lookup{Segment: step.Segment}
				if maybe(r) {
					f.Lookup.Receipt = receipt
				}
				continue
			}
			if step.Do == publish.TakeBack { // the ledger is told first
				for i := range f.Ledger {
					f.Ledger[i].Open = f.Ledger[i].Open && (f.Ledger[i].Segment != step.Segment || f.Ledger[i].Attempt != step.Supersedes)
				}
			}
			after := publish.Apply(f, step)
			if equality.Semantic.DeepEqual(after, f.Post.Status) {
				break
			}
			f.Post.Status = after
			f.Lookup = nil
		}
		if runs == 30 {
			t.Fatalf("seed %d, case %d: no end: the last step is %+v\n%s\nbegan as %s", seed, n, publish.Next(f), asJSON(f.Post), asJSON(first))
		}
	}
}

// FuzzNext: whatever a status says, a decision is made and carried out.
func FuzzNext(f *testing.F) {
	r := rand.New(rand.NewPCG(7, 7))
	for i := range uint64(50) {
		st := anyStatus(r)
		f.Add([]byte(asJSON(st)), i)
	}
	f.Add([]byte(`{"state":"Published","edition":1}`), uint64(1))
	f.Add([]byte(`{"state":"Unknown","segments":[{"state":"Sending"}],"edition":9}`), uint64(2))
	f.Fuzz(func(t *testing.T, status []byte, seed uint64) {
		facts := anyFacts(rand.New(rand.NewPCG(seed, 4)))
		var st tribunev1alpha1.PostStatus
		if json.Unmarshal(status, &st) != nil {
			t.Skip()
		}
		facts.Post.Status = st
		for range 5 {
			step := publish.Next(facts)
			facts.Post.Status = publish.Apply(facts, step)
			if step.Do == publish.Begin {
				facts.Post.Status = publish.Intend(facts, publish.Intent{Segment: step.Segment, Attempt: "x", Key: "k", Hashes: facts.Hashes})
				facts.Post.Status, _ = publish.Conclude(facts, publish.Outcome{Segment: step.Segment, Attempt: "x", Repeat: step.Repeat})
			}
		}
	})
}
