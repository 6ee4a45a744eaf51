package crash

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network/faults"
)

// site is a fake network, and what it has written down itself.
type site struct {
	// join makes an account for a channel: how it is reached, and with what Secret.
	join func(channel string) (tribunev1alpha1.SocialChannelSpec, map[string][]byte)
	// log is all that ever happened to what the public sees of a channel.
	log func(channel string) []happening
	// hidden is what is stored for a channel and not public; nil where nothing can be.
	hidden func(channel string) []string
	// calls counts those that were to store something.
	calls func() int
	// wait until all is stored that is stored late.
	wait func()
}

// happening is an event of a site's record.
type happening struct {
	// action is created, or the site's own word for what should not happen; id is empty where it gives none.
	action, id, text, replyTo string
}

const created = "Created"

// guise is a network as it is tested: how it behaves, and the fake that does.
type guise struct {
	mode mode
	open func(t *testing.T, namespace string) *site
	// onlyWhole leaves it out of the short form.
	onlyWhole bool
}

// trouble is what goes wrong with every ninth call, in turn: lost, stored late, 500 before and after storing, cut, 429. The others
// take a while. After three calls a Post there is no more of it: the last ones only wait longer and longer between attempts.
func trouble(n int) faults.Fault {
	kinds := []faults.Kind{faults.LoseAnswer, faults.StoreLate, faults.ErrorBefore, faults.ErrorAfter, faults.Cut, faults.Refuse}
	posts, _, _ := size()
	if n%9 != 0 || n > 3*posts {
		return faults.Fault{Kind: faults.Slow, Wait: 50 * time.Millisecond}
	}
	return faults.Fault{Kind: kinds[n/9%len(kinds)], Wait: settle / 2}
}

// inTurn makes one row of faults of what several servers ask for.
func inTurn() func(int) faults.Fault {
	var n atomic.Int64
	return func(int) faults.Fault { return trouble(int(n.Add(1))) }
}

// Every network that can be asked, or that takes a publication twice as one, has everything once, judged by its own record; what
// was hidden is removed, and never was public.
func TestEverythingGoesOutOnceOnEveryNetwork(t *testing.T) {
	for _, g := range append(append(statuses, articles...), webhooks...) {
		t.Run(g.mode.name, func(t *testing.T) {
			if g.onlyWhole {
				needsWhole(t)
			}
			b, s := g.begin(t)
			b.killOften()
			b.end()
			s.wait()
			v := b.judgeSite(s)
			t.Logf("%s: %d Posts, %d kills; %s", g.mode.name, len(b.plan), len(b.kills), &v)
			if !v.clean() || len(b.kills) == 0 {
				t.Errorf("after %d kills the network differs from the plan: %s", len(b.kills), &v)
			}
			b.remove()
		})
	}
}

// size of a test on a site: Posts, on so many channels, and kills.
func size() (posts, channels, kills int) {
	if whole() {
		return 200, 20, 12
	}
	return 40, 4, 3
}

// begin makes the channels and the Posts, and starts the managers.
func (g *guise) begin(t *testing.T) (*batch, *site) {
	t.Helper()
	c, m := use(t), g.mode
	m.posts, m.channels, m.kills = size()
	m.longest = 500 * time.Millisecond
	if m.once == phases {
		m.longest = 1500 * time.Millisecond // more calls come before one is public
	}
	if m.changes == nil {
		m.changes = []change{none, recreate}
	}
	s := g.open(t, m.name)
	b := &batch{cluster: c, t: t, mode: &m, namespace: m.name, flags: []string{"--allow-destination", "127.0.0.0/8"}}
	b.makeNamespace()
	for i := range m.channels {
		name := channelName(i)
		spec, secret := s.join(name)
		b.connect(name, spec, secret)
	}
	b.begin(0)
	return b, s
}

// connect makes a channel with its Secret.
func (b *batch) connect(name string, spec tribunev1alpha1.SocialChannelSpec, secret map[string][]byte) {
	b.t.Helper()
	if secret != nil {
		b.create(&corev1.Secret{Data: secret, ObjectMeta: metav1.ObjectMeta{
			Namespace: b.namespace, Name: name, Labels: map[string]string{tribunev1alpha1.LabelChannel: name}}})
		spec.CredentialsSecretRef = &tribunev1alpha1.LocalReference{Name: tribunev1alpha1.ObjectName(name)}
	}
	b.create(&tribunev1alpha1.SocialChannel{ObjectMeta: metav1.ObjectMeta{Namespace: b.namespace, Name: name}, Spec: spec})
}

// killOften kills as often as the mode says, or until there is nothing left to do.
func (b *batch) killOften() {
	b.t.Helper()
	for k := range b.mode.kills {
		next := b.mode.changes[k%len(b.mode.changes)]
		if !b.kill(next != none) {
			return
		}
		b.change(next)
		b.restart()
	}
}

// judgeSite holds all that ever happened on a site against the plan, and what the Posts say against it.
func (b *batch) judgeSite(s *site) verdict {
	b.t.Helper()
	v := verdict{calls: s.calls()}
	there := map[string][]happening{}
	for i := range b.channels {
		channel := channelName(i)
		for _, e := range s.log(channel) {
			if e.action != created {
				v.fault("%s of %s on %s: %q", e.action, e.id, channel, e.text)
				continue
			}
			there[channel+" "+e.text] = append(there[channel+" "+e.text], e)
			v.stored++
		}
		if s.hidden != nil {
			for _, left := range s.hidden(channel) {
				v.fault("a draft was left on %s: %s", channel, left)
			}
		}
	}
	objects := b.objects()
	for _, p := range b.plan {
		var ids []string
		for i := range p.segments() {
			key := p.channel + " " + p.now(i)
			ids = b.onSite(&v, p, i, ids, there[key])
			delete(there, key)
		}
		b.says(&v, p, objects[p.name], ids)
	}
	for text, events := range there {
		v.fault("the network has %d posts that nobody planned: %s", len(events), text)
	}
	return v
}

// onSite judges one segment by what the site wrote down, and adds its id to those of the segments before it.
func (b *batch) onSite(v *verdict, p *planned, segment int, ids []string, events []happening) []string {
	where := fmt.Sprintf("%s segment %d", p.name, segment)
	if len(events) == 0 {
		v.lost = append(v.lost, where)
		return ids
	}
	if len(events) > 1 {
		v.twice = append(v.twice, fmt.Sprintf("%s: stored %d times", where, len(events)))
	}
	if to := events[0].replyTo; segment == 0 && to != "" || segment > 0 && (len(ids) != segment || to != ids[segment-1]) {
		v.fault("%s: replies to %q", where, to)
	}
	return append(ids, events[0].id)
}

// says holds what a Post says of itself against what is on the network.
func (b *batch) says(v *verdict, p *planned, post *tribunev1alpha1.Post, ids []string) {
	switch {
	case post == nil:
		v.fault("%s: its object is gone", p.name)
		return
	case post.Status.State != tribunev1alpha1.PostPublished || len(post.Status.Segments) != len(ids):
		v.fault("%s: is %s: %s", p.name, post.Status.State, statusLine(post))
		return
	}
	for i, seg := range post.Status.Segments {
		if ids[i] != "" && seg.ID != ids[i] {
			v.fault("%s segment %d: says it is %s, and is %s", p.name, i, seg.ID, ids[i])
		}
	}
}

// objects are the Posts as the API server has them, by name.
func (b *batch) objects() map[string]*tribunev1alpha1.Post {
	b.t.Helper()
	list := &tribunev1alpha1.PostList{}
	if err := b.admin.List(b.t.Context(), list, client.InNamespace(b.namespace)); err != nil {
		b.t.Fatal(err)
	}
	out := map[string]*tribunev1alpha1.Post{}
	for i := range list.Items {
		out[list.Items[i].Name] = &list.Items[i]
	}
	return out
}
