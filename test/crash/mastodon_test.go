package crash

import (
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network/mastodon/mastodontest"
)

// trouble is what goes wrong with every ninth call, in turn: lost, stored late, 500 before and after storing, cut, 429.
func trouble(n int) mastodontest.Fault {
	faults := []mastodontest.FaultKind{mastodontest.LoseAnswer, mastodontest.StoreLate, mastodontest.ErrorBefore, mastodontest.ErrorAfter, mastodontest.Cut, mastodontest.Refuse}
	if n%9 != 0 {
		return mastodontest.Fault{Kind: mastodontest.Slow, Wait: 50 * time.Millisecond}
	}
	return mastodontest.Fault{Kind: faults[n/9%len(faults)], Wait: settle / 2}
}

// A server that honours keys and has the hole of those before 2026, and one that speaks the same API and ignores keys: on both
// everything goes out once, judged by the server's log.
func TestEverythingGoesOutOnceOnMastodon(t *testing.T) {
	for _, guise := range []struct {
		mode mode
		o    mastodontest.Options
	}{
		{mode{name: "mastodon", once: "WindowedKey"}, mastodontest.Options{DoubleWhileStoring: true, Fault: trouble}},
		{mode{name: "gotosocial", once: scan}, mastodontest.Options{Software: "gotosocial", Version: "0.20.1", Fault: trouble}},
	} {
		t.Run(guise.mode.name, func(t *testing.T) {
			c := use(t)
			s := mastodontest.Start(t, guise.o)
			m := guise.mode
			m.posts, m.channels, m.longest = 60, 6, 500*time.Millisecond
			kills := 3
			if whole() {
				m.posts, m.channels, kills = 200, 20, 12
			}
			b := &batch{cluster: c, t: t, mode: &m, namespace: m.name, flags: []string{"--allow-destination", "127.0.0.0/8"}}
			b.makeNamespace()
			accounts := map[string]*mastodontest.Account{}
			for i := range m.channels {
				name := channelName(i)
				a := s.Account("")
				accounts[name] = a
				b.create(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: b.namespace, Name: name, Labels: map[string]string{tribunev1alpha1.LabelChannel: name}},
					Data: map[string][]byte{"accessToken": []byte(a.Token)}})
				b.create(&tribunev1alpha1.SocialChannel{ObjectMeta: metav1.ObjectMeta{Namespace: b.namespace, Name: name},
					Spec: tribunev1alpha1.SocialChannelSpec{Network: tribunev1alpha1.NetworkMastodon, Mastodon: &tribunev1alpha1.MastodonSpec{Server: s.URL},
						CredentialsSecretRef: &tribunev1alpha1.LocalReference{Name: tribunev1alpha1.ObjectName(name)}}})
			}
			b.begin(0)
			changes := []change{none, recreate}
			for k := range kills {
				if !b.kill(true) {
					break
				}
				b.change(changes[k%len(changes)])
				b.restart()
			}
			b.end()
			v := b.judgeAccounts(accounts)
			v.calls = len(s.Calls("POST /api/v1/statuses"))
			t.Logf("%s: %d Posts, %d kills; %s", m.name, m.posts, len(b.kills), &v)
			if !v.clean() || len(b.kills) == 0 {
				t.Errorf("after %d kills the network differs from the plan: %s", len(b.kills), &v)
			}
			b.remove()
		})
	}
}

// judgeAccounts holds all that ever happened on the accounts against the plan, and what the Posts say against it.
func (b *batch) judgeAccounts(accounts map[string]*mastodontest.Account) verdict {
	b.t.Helper()
	var v verdict
	there := map[string][]mastodontest.Event{}
	for channel, a := range accounts {
		for _, e := range a.Log() {
			if e.Action != "Created" {
				v.fault("%s of %s on %s", e.Action, e.ID, channel)
				continue
			}
			there[channel+" "+e.Text] = append(there[channel+" "+e.Text], e)
			v.stored++
		}
	}
	list := &tribunev1alpha1.PostList{}
	if err := b.admin.List(b.t.Context(), list, client.InNamespace(b.namespace)); err != nil {
		b.t.Fatal(err)
	}
	objects := map[string]*tribunev1alpha1.Post{}
	for i := range list.Items {
		objects[list.Items[i].Name] = &list.Items[i]
	}
	for _, p := range b.plan {
		var ids []string
		for i := range p.segments() {
			where := fmt.Sprintf("%s segment %d", p.name, i)
			key := p.channel + " " + p.now(i)
			events := there[key]
			delete(there, key)
			if len(events) == 0 {
				v.lost = append(v.lost, where)
				continue
			}
			if len(events) > 1 {
				v.twice = append(v.twice, fmt.Sprintf("%s: stored %d times", where, len(events)))
			}
			if to := events[0].ReplyTo; i == 0 && to != "" || i > 0 && (len(ids) != i || to != ids[i-1]) {
				v.fault("%s: replies to %q", where, to)
			}
			ids = append(ids, events[0].ID)
		}
		post := objects[p.name]
		if post == nil || post.Status.State != tribunev1alpha1.PostPublished || len(post.Status.Segments) != len(ids) {
			if post == nil {
				v.fault("%s: its object is gone", p.name)
			} else {
				v.fault("%s: is %s: %s", p.name, post.Status.State, statusLine(post))
			}
			continue
		}
		for i, seg := range post.Status.Segments {
			if seg.ID != ids[i] {
				v.fault("%s segment %d: says it is %s, and is %s", p.name, i, seg.ID, ids[i])
			}
		}
	}
	for text := range there {
		v.fault("the network has a post that nobody planned: %s", text)
	}
	return v
}
