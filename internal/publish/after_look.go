package publish

import (
	"hash/fnv"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
)

const (
	// FirstLook after publication.
	FirstLook = 5 * time.Minute
	// WatchFor is how long after its publication a Post is looked at on its network.
	WatchFor = 30 * 24 * time.Hour
	// spreadStart is over how much time the looks are spread that fell due before a process began.
	spreadStart = 10 * time.Minute
	oneDay      = 24 * time.Hour
	// metricsApart is the least time between two writes of metrics.
	metricsApart = time.Minute
	// worthWriting is the share by which a number must change to be written.
	worthWriting = 0.1
)

// firstLooks after publication; then daily.
var firstLooks = []time.Duration{FirstLook, 15 * time.Minute, time.Hour, 6 * time.Hour, oneDay}

// Looks are what is known of the looks at a Post that is out.
type Looks struct {
	// Last is when it was looked at, zero if never.
	Last time.Time
	// Began is when this process did.
	Began time.Time
	// NotBefore is when it may be tried again, after a look that failed.
	NotBefore time.Time
}

// look decides when a Post that is out is looked at on its network, or waits until then.
func look(f Facts, until time.Time) *Step {
	if f.Looks == nil || f.Post.Status.PublishedAt == nil || len(f.Post.Status.Segments) == 0 || f.Post.Status.Segments[0].ID == "" {
		return &Step{Do: Wait, Until: until}
	}
	at := NextLook(f.Post.Status.PublishedAt.Time, *f.Looks, f.Now, f.Post.Namespace+"/"+f.Post.Name)
	switch {
	case at.IsZero():
		return &Step{Do: Wait, Until: until}
	case !f.Now.Before(at) && f.Channel.Connected:
		return &Step{Do: Look}
	case !f.Now.Before(at):
		at = f.Now.Add(spreadStart) // nobody waits for it
	}
	if !until.IsZero() && until.Before(at) {
		at = until
	}
	return &Step{Do: Wait, Until: at}
}

// NextLook is when a Post is looked at next: at the last time that came and was not used, or at the next one. Each Post has a
// share of its own of a spread that grows with its age, so that those of one moment are not looked at in one. Zero: never again.
func NextLook(published time.Time, l Looks, now time.Time, name string) time.Time {
	share := shareOf(name)
	if now.After(published.Add(WatchFor + oneDay)) {
		return time.Time{}
	}
	var last time.Time // that came
	var next time.Time
	for i := 0; ; i++ {
		at := lookAt(published, i, share)
		if at.After(published.Add(WatchFor + oneDay/2)) {
			break
		}
		if at.After(now) {
			next = at
			break
		}
		last = at
	}
	if last.IsZero() || !l.Last.Before(last) {
		return later(next, l.NotBefore)
	}
	if last.Before(l.Began) {
		last = later(last, l.Began.Add(time.Duration(share*float64(spreadStart))))
	}
	return later(last, l.NotBefore)
}

// lookAt is the i-th look, with this Post's share of the spread.
func lookAt(published time.Time, i int, share float64) time.Time {
	offset := oneDay * time.Duration(i-len(firstLooks)+2)
	if i < len(firstLooks) {
		offset = firstLooks[i]
	}
	return published.Add(offset + time.Duration(share*float64(min(offset/20, 30*time.Minute))))
}

func later(a, b time.Time) time.Time {
	if a.IsZero() || a.After(b) {
		return a
	}
	return b
}

// shareOf a name lies between 0 and 1 and is always the same.
func shareOf(name string) float64 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(name))
	return float64(h.Sum32()%1000) / 1000
}

// Sight is what a look found.
type Sight struct {
	// Gone from the network; Altered there since it was published or edited.
	Gone, Altered bool
	// Metrics are nil where the network told none.
	Metrics *network.Metrics
}

// Seen is the status after a look; it is the same as before where nothing is worth writing.
func Seen(f Facts, s Sight) tribunev1alpha1.PostStatus {
	st := *f.Post.Status.DeepCopy()
	c := meta.FindStatusCondition(st.Conditions, tribunev1alpha1.ConditionInSync)
	edit := c != nil && c.Status == metav1.ConditionFalse && !drift(c.Reason) // what an edit has to say comes first
	switch {
	case s.Gone:
		inSync(f, &st, tribunev1alpha1.ReasonRemovedOnNetwork, removedMessage(f))
	case edit:
	case s.Altered:
		inSync(f, &st, tribunev1alpha1.ReasonChangedOnNetwork, "somebody changed its text on the network: change the content here as well, or there back")
	case c == nil || c.Status != metav1.ConditionTrue:
		inSync(f, &st, tribunev1alpha1.ReasonInSync, "")
	}
	if now := metricsOf(s.Metrics); now != nil && worthIt(st.Metrics, now, f.Now) {
		now.ObservedAt = &metav1.Time{Time: f.Now.Truncate(time.Second)}
		st.Metrics = now
	}
	return st
}

func metricsOf(m *network.Metrics) *tribunev1alpha1.PostMetrics {
	if m == nil {
		return nil
	}
	return &tribunev1alpha1.PostMetrics{Reactions: m.Reactions, Shares: m.Shares, Replies: m.Replies, Impressions: m.Impressions, Clicks: m.Clicks, Views: m.Views}
}

// worthIt: the first numbers are, and later ones if one of them changed by more than a tenth; at most once a minute.
func worthIt(was, is *tribunev1alpha1.PostMetrics, now time.Time) bool {
	if was == nil || was.ObservedAt == nil {
		return true
	}
	if now.Sub(was.ObservedAt.Time) < metricsApart {
		return false
	}
	a, b := numbers(was), numbers(is)
	for i := range a {
		if (a[i] == nil) != (b[i] == nil) {
			return true
		}
		if a[i] != nil && (*a[i] == 0) != (*b[i] == 0) {
			return true
		}
		if a[i] != nil && abs(float64(*b[i]-*a[i])) > worthWriting*abs(float64(*a[i])) {
			return true
		}
	}
	return false
}

func abs(x float64) float64 { return max(x, -x) }

func numbers(m *tribunev1alpha1.PostMetrics) [6]*int64 {
	return [6]*int64{m.Reactions, m.Shares, m.Replies, m.Impressions, m.Clicks, m.Views}
}
