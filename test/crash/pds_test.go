package crash

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/test/pds"
)

// On a real Bluesky server, judged by the commits that it tells all the world (subscribeRepos).
func TestEverythingGoesOutOnceOnARealPDS(t *testing.T) {
	pds.Require(t)
	c := use(t)
	server, err := pds.Start(t.Context(), pds.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	const kills = 8
	changes := []change{none, recreate, none, forget}
	m := mode{name: "pds", once: durable, posts: 40, channels: 4, longest: 400 * time.Millisecond}
	b := &batch{cluster: c, t: t, mode: &m, namespace: m.name, flags: []string{"--allow-destination", "127.0.0.0/8"}}
	b.makeNamespace()
	dids := map[string]string{}
	for i := range m.channels {
		account, err := server.CreateAccount(t.Context(), fmt.Sprintf("tribune-%d.test", i), "correct-horse")
		if err != nil {
			t.Fatal(err)
		}
		password, err := account.AppPassword(t.Context(), "tribune")
		if err != nil {
			t.Fatal(err)
		}
		name := channelName(i)
		dids[name] = account.DID
		b.create(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: b.namespace, Name: name, Labels: map[string]string{tribunev1alpha1.LabelChannel: name}},
			Data: map[string][]byte{"identifier": []byte(account.Handle), "appPassword": []byte(password)}})
		b.create(&tribunev1alpha1.SocialChannel{ObjectMeta: metav1.ObjectMeta{Namespace: b.namespace, Name: name},
			Spec: tribunev1alpha1.SocialChannelSpec{Network: tribunev1alpha1.NetworkBluesky, Bluesky: &tribunev1alpha1.BlueskySpec{Service: server.URL},
				CredentialsSecretRef: &tribunev1alpha1.LocalReference{Name: tribunev1alpha1.ObjectName(name)}}})
	}
	// The server answers in milliseconds, so the Posts fall due over some time.
	b.begin(20 * time.Second)
	for k := range kills {
		if !b.kill(true) {
			t.Errorf("all was published after %d kills", k)
			break
		}
		b.change(changes[k%len(changes)])
		b.restart()
	}
	b.end()
	v := b.judgeRepos(server, dids)
	t.Logf("real PDS: %d Posts, %d kills; %s", m.posts, len(b.kills), &v)
	if !v.clean() {
		t.Errorf("the network differs from the plan: %s", &v)
	}
	b.remove()
}

// record is what the judge reads of a post on Bluesky.
type record struct {
	Text  string
	Reply *struct{ Root, Parent struct{ URI string } }
}

// judgeRepos holds all that ever happened in the accounts' repositories against the plan.
func (b *batch) judgeRepos(server *pds.Server, dids map[string]string) verdict {
	b.t.Helper()
	var v verdict
	type found struct {
		uri string
		record
	}
	there := map[string][]found{}
	for channel, did := range dids {
		ops, err := server.Commits(b.t.Context(), did)
		if err != nil {
			b.t.Fatal(err)
		}
		for _, op := range ops {
			if op.Collection != "app.bsky.feed.post" || op.Action != "create" {
				v.fault("%s of %s/%s on %s", op.Action, op.Collection, op.RKey, channel)
				continue
			}
			f := found{uri: "at://" + did + "/" + op.Collection + "/" + op.RKey}
			if err := json.Unmarshal(op.Record, &f.record); err != nil {
				b.t.Fatal(err)
			}
			there[channel+" "+f.Text] = append(there[channel+" "+f.Text], f)
			v.stored, v.calls = v.stored+1, v.calls+1
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
		var uris []string
		for i := range p.segments() {
			key := p.channel + " " + p.now(i)
			records := there[key]
			delete(there, key)
			switch len(records) {
			case 0:
				v.lost = append(v.lost, fmt.Sprintf("%s segment %d", p.name, i))
				continue
			case 1:
			default:
				v.twice = append(v.twice, fmt.Sprintf("%s segment %d: stored %d times", p.name, i, len(records)))
			}
			if reply := records[0].Reply; i > 0 && (reply == nil || len(uris) != i || reply.Parent.URI != uris[i-1] || reply.Root.URI != uris[0]) || i == 0 && reply != nil {
				v.fault("%s segment %d: replies to %+v", p.name, i, reply)
			}
			uris = append(uris, records[0].uri)
		}
		post := objects[p.name]
		if post == nil || post.Status.State != tribunev1alpha1.PostPublished || len(post.Status.Segments) != len(uris) {
			v.fault("%s: is not Published whole: %+v", p.name, post)
			continue
		}
		for i, s := range post.Status.Segments {
			if s.ID != uris[i] {
				v.fault("%s segment %d: says it is %s, and is %s", p.name, i, s.ID, uris[i])
			}
		}
	}
	for text := range there {
		v.fault("the network has a post that nobody planned: %s", text)
	}
	return v
}
