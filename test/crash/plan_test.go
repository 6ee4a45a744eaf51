package crash

import (
	"fmt"
	"math/rand/v2"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
)

// planned is one Post of the plan.
type planned struct {
	name, channel string
	due           time.Time
	// text of the first segment as the spec last said it; the later segments of a thread are never edited.
	text string
	more []string
	// may holds all first texts that the network may show: more than one only where an edit came while a call was open.
	may map[string]bool
}

// newPlan makes Posts of which one in eleven is a thread of three segments where there are threads, spread over the channels, due
// at one instant or within a few seconds after it.
func newPlan(m *mode, due time.Time, spread time.Duration) map[string]*planned {
	plan := make(map[string]*planned, m.posts)
	for i := range m.posts {
		p := &planned{name: fmt.Sprintf("post-%03d", i), channel: channelName(i % m.channels), due: due}
		if spread > 0 {
			p.due = due.Add(rand.N(spread)).Truncate(time.Second)
		}
		p.text = fmt.Sprintf("What %s says", p.name)
		p.may = map[string]bool{p.text: true}
		if i%11 == 7 && !m.single {
			p.more = []string{fmt.Sprintf("What %s says then", p.name), fmt.Sprintf("What %s says last", p.name)}
		}
		plan[p.name] = p
	}
	return plan
}

func channelName(i int) string { return fmt.Sprintf("square-%02d", i) }

// object is the Post as it is applied.
func (p *planned) object(namespace string) *tribunev1alpha1.Post {
	post := &tribunev1alpha1.Post{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: p.name},
		Spec: tribunev1alpha1.PostSpec{
			ChannelRef: tribunev1alpha1.LocalReference{Name: tribunev1alpha1.ObjectName(p.channel)},
			PublishAt:  &metav1.Time{Time: p.due},
			Content:    tribunev1alpha1.Content{Text: p.text},
		},
	}
	for _, text := range p.more {
		post.Spec.Content.Thread = append(post.Spec.Content.Thread, tribunev1alpha1.ThreadSegment{Text: text})
	}
	return post
}

func (p *planned) segments() int { return 1 + len(p.more) }

func (p *planned) identity(namespace string, segment int) network.Identity {
	return network.Identity{Namespace: namespace, Post: p.name, Edition: 1, Account: namespace + "/" + p.channel, Segment: segment}
}

// now is the text of a segment as the spec says it.
func (p *planned) now(segment int) string {
	if segment == 0 {
		return p.text
	}
	return p.more[segment-1]
}

// says whether the network may show this text for a segment.
func (p *planned) allows(segment int, text string) bool {
	if segment == 0 {
		return p.may[text]
	}
	return text == p.more[segment-1]
}
