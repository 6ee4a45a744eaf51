package publish

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/compose"
)

const (
	// DefaultMaxPerDay is how many Posts go out on a channel in 24 hours.
	DefaultMaxPerDay = 50
	// paceWindow is the window of the daily limit and of duplicates: any 24 hours.
	paceWindow = 24 * time.Hour
)

// Start is a Post that went out on a channel, or is going out.
type Start struct {
	// Post by name.
	Post    string
	Edition int64
	At      time.Time
	// Text and Content say what it said: see TextHash and the hashes of segments; empty where that is not known.
	Text, Content string
	// UnderWay is true while this process is sending it: it may still come to nothing.
	UnderWay bool
}

// Pace is how a channel's Posts follow each other.
type Pace struct {
	// MinInterval between two starts; 0: none.
	MinInterval time.Duration
	// MaxPerDay of starts in 24 hours; 0: DefaultMaxPerDay.
	MaxPerDay int
	// Starts by time, the oldest first: all of the last 24 hours, and the newest one before. They are shared, and not changed.
	Starts []Start
	// Ahead is how many Posts wait for their turn on the channel that are due before this one.
	Ahead int
}

// Paced is the last hold before a call: whether the channel's pace lets the Post begin now, nil if it does. A Post that has begun
// is not asked again.
func Paced(f Facts) *Step {
	segs := segments(f.Post)
	if published(segs) > 0 || openSegment(segs) >= 0 {
		return nil
	}
	for _, h := range pace {
		if step := h(f); step != nil {
			return step
		}
	}
	return nil
}

var pace = []rule{possibleDuplicate, tooSoon, tooMany}

// AtLastMoment asks, with an intent saved, for what changed since: the pace, and the times in which nothing goes out.
func AtLastMoment(f Facts) *Step {
	for _, h := range append([]rule{shut}, pace...) {
		if step := h(f); step != nil && step.Do == Hold {
			return step
		}
	}
	return nil
}

// possibleDuplicate: another Post said the same here within a day. It may be the same one under another name.
func possibleDuplicate(f Facts) *Step {
	if f.Hashes == nil || Released(f.Post, tribunev1alpha1.ReasonPossibleDuplicate) {
		return nil
	}
	content := f.Hashes[0]
	for i := len(f.Pace.Starts) - 1; i >= 0; i-- {
		s := &f.Pace.Starts[i]
		if !s.At.Add(paceWindow).After(f.Now) {
			break
		}
		same := s.Content != "" && s.Content == content || s.Text != "" && s.Text == f.Text
		if !same || s.Post == f.Post.Name {
			continue
		}
		if s.UnderWay {
			return &Step{Do: Wait, Until: f.Now.Add(time.Second)}
		}
		return hold(f, tribunev1alpha1.ReasonPossibleDuplicate, fmt.Sprintf(
			"Post %s said the same here at %s: change the text, delete one of them, or run `tribune post release %s -n %s` to send it all the same",
			s.Post, s.At.UTC().Format(time.RFC3339), f.Post.Name, f.Post.Namespace), s.At.Add(paceWindow))
	}
	return nil
}

// tooSoon: each Post that waits before this one takes its own interval.
func tooSoon(f Facts) *Step {
	if f.Pace.MinInterval <= 0 {
		return nil
	}
	first, last := f.Now, lastStart(f)
	if next := last.Add(f.Pace.MinInterval); !last.IsZero() && next.After(first) {
		first = next
	}
	at := first.Add(time.Duration(f.Pace.Ahead) * f.Pace.MinInterval)
	if !at.After(f.Now) {
		return nil
	}
	message := fmt.Sprintf("publishing.minInterval of the channel is %s", f.Pace.MinInterval)
	if f.Pace.Ahead > 0 {
		message += fmt.Sprintf(", and %d that were due before it wait too", f.Pace.Ahead)
	}
	return hold(f, tribunev1alpha1.ReasonMinInterval, message, at)
}

// lastStart of another Post; zero if none is known.
func lastStart(f Facts) time.Time {
	for i := len(f.Pace.Starts) - 1; i >= 0; i-- {
		if f.Pace.Starts[i].Post != f.Post.Name {
			return f.Pace.Starts[i].At
		}
	}
	return time.Time{}
}

// tooMany: as many as may went out in the last 24 hours.
func tooMany(f Facts) *Step {
	limit := f.Pace.MaxPerDay
	if limit <= 0 {
		limit = DefaultMaxPerDay
	}
	if len(f.Pace.Starts)+f.Pace.Ahead < limit {
		return nil
	}
	var within []time.Time
	for i := range f.Pace.Starts {
		if s := &f.Pace.Starts[i]; s.At.Add(paceWindow).After(f.Now) && s.Post != f.Post.Name {
			within = append(within, s.At)
		}
	}
	over := len(within) + f.Pace.Ahead - limit
	if over < 0 {
		return nil
	}
	until := f.Now.Add(paceWindow)
	if over < len(within) {
		until = within[over].Add(paceWindow)
	}
	return hold(f, tribunev1alpha1.ReasonDailyLimit, fmt.Sprintf("%d Posts went out on this channel in 24 hours, and publishing.maxPerDay is %d", len(within), limit), until)
}

// TextHash stands for what a rendering says in words, whatever pictures go with it.
func TextHash(r compose.Rendering) string {
	h := sha256.New()
	for i := range r.Segments {
		h.Write([]byte(r.Segments[i].Text))
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
