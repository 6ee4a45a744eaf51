package crash

import (
	"fmt"
	"strings"
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/local/wire"
)

// moment is where a Post was when the manager that worked on it was killed.
type moment int

const (
	// beforeIntent: due, and nothing was saved yet.
	beforeIntent moment = iota
	// afterIntent: the intent was saved, and no request came to the network.
	afterIntent
	// duringCall: the network had the request, and nobody was there to hear its answer.
	duringCall
	// afterAnswer: the network had answered, and the outcome was not saved.
	afterAnswer
	moments
)

func (m moment) String() string {
	return [...]string{"before the intent", "after the intent", "during the call", "after the answer"}[m]
}

// histogram counts where kills fell: Posts that were there, and kills that met at least one such Post.
type histogram struct {
	kills int
	posts [moments]int
	met   [moments]int
}

func (h *histogram) add(posts [moments]int) {
	h.kills++
	for m, n := range posts {
		h.posts[m] += n
		if n > 0 {
			h.met[m]++
		}
	}
}

func (h *histogram) join(other histogram) {
	h.kills += other.kills
	for m := range moments {
		h.posts[m] += other.posts[m]
		h.met[m] += other.met[m]
	}
}

func (h *histogram) String() string {
	parts := make([]string, moments)
	for m := range moments {
		parts[m] = fmt.Sprintf("%s %d Posts in %d kills", m, h.posts[m], h.met[m])
	}
	return fmt.Sprintf("%d kills: %s", h.kills, strings.Join(parts, ", "))
}

// killed is what is remembered of one kill until the network's log is read.
type killed struct {
	at, restarted time.Time
	waiting       int
	open          []openCall
}

// openCall is an attempt that the killed process had begun and not concluded.
type openCall struct {
	marker  string
	started time.Time
}

// remember looks at the Posts as the API server has them after owners were killed.
func remember(namespace string, plan map[string]*planned, posts []tribunev1alpha1.Post, owners map[string]bool, at time.Time) killed {
	k := killed{at: at}
	for i := range posts {
		p, post := plan[posts[i].Name], &posts[i]
		switch post.Status.State {
		case tribunev1alpha1.PostScheduled, "":
			if !p.due.After(at) {
				k.waiting++
			}
		case tribunev1alpha1.PostPublishing:
			for j, s := range post.Status.Segments {
				if (s.State == tribunev1alpha1.SegmentSending || s.State == tribunev1alpha1.SegmentPrepared) && owners[s.Owner] {
					k.open = append(k.open, openCall{p.identity(namespace, j).Marker(), s.StartedAt.Time})
				}
			}
		}
	}
	return k
}

// classify says where the open attempts were, by the network's log. slow is how long an answer takes after storing.
func (k killed) classify(calls map[string][]wire.Call, slow time.Duration) [moments]int {
	var posts [moments]int
	posts[beforeIntent] = k.waiting
	for _, o := range k.open {
		m := afterIntent
		for _, c := range calls[o.marker] {
			if c.ReceivedAt.Before(o.started) || !c.ReceivedAt.Before(k.restarted) {
				continue
			}
			m = afterAnswer
			if c.AnswerLost || c.FinishedAt == nil || c.FinishedAt.Add(slow).After(k.at) {
				m = duringCall
			}
		}
		posts[m]++
	}
	return posts
}
