package crash

import (
	"context"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/local/wire"
)

// verdict is what differs between the plan, the network and what the Posts say of themselves.
type verdict struct {
	// twice are publications that were stored more than once, lost those that were not stored.
	twice, lost []string
	// wrong is all else: strangers, texts, threads, statuses.
	wrong []string
	// stored is how many publications the network has, calls how many wanted to publish.
	stored, calls int
}

func (v *verdict) clean() bool { return len(v.twice)+len(v.lost)+len(v.wrong) == 0 }

func (v *verdict) join(o verdict) {
	v.twice, v.lost, v.wrong = append(v.twice, o.twice...), append(v.lost, o.lost...), append(v.wrong, o.wrong...)
	v.stored, v.calls = v.stored+o.stored, v.calls+o.calls
}

func (v *verdict) String() string {
	const shown = 12
	s := fmt.Sprintf("%d stored by %d calls, %d twice, %d lost, %d wrong", v.stored, v.calls, len(v.twice), len(v.lost), len(v.wrong))
	for _, list := range [][]string{v.twice, v.lost, v.wrong} {
		for _, line := range list[:min(len(list), shown)] {
			s += "\n  " + line
		}
	}
	return s
}

func (v *verdict) fault(format string, args ...any) {
	v.wrong = append(v.wrong, fmt.Sprintf(format, args...))
}

// judge holds the network's posts and log against the plan, and then the Posts against the network.
func (b *batch) judge(ctx context.Context) (verdict, error) {
	var v verdict
	calls, err := b.square.publishes(ctx, b.namespace)
	if err != nil {
		return v, err
	}
	for _, of := range calls {
		v.calls += len(of)
	}
	byMarker := map[string][]wire.Post{}
	for i := range b.channels {
		posts, err := b.square.posts(ctx, b.namespace+"/"+channelName(i))
		if err != nil {
			return v, err
		}
		drafts, err := b.square.drafts(ctx, b.namespace+"/"+channelName(i))
		if err != nil {
			return v, err
		}
		for _, d := range drafts {
			v.fault("draft %s of %s was left on %s", d.ID, d.Marker, channelName(i))
		}
		for _, p := range posts {
			byMarker[p.Marker] = append(byMarker[p.Marker], p)
			v.stored++
		}
	}
	list := &tribunev1alpha1.PostList{}
	if err := b.admin.List(ctx, list, client.InNamespace(b.namespace)); err != nil {
		return v, err
	}
	objects := map[string]*tribunev1alpha1.Post{}
	for i := range list.Items {
		objects[list.Items[i].Name] = &list.Items[i]
	}
	for _, p := range b.plan {
		if stored := b.onNetwork(&v, p, byMarker, calls); stored != nil {
			b.inStatus(&v, p, objects[p.name], stored)
		} else if post := objects[p.name]; post != nil {
			v.fault("%s: is %s: %s", p.name, post.Status.State, statusLine(post))
		}
		delete(objects, p.name)
	}
	for marker, posts := range byMarker {
		v.fault("the network has %d posts that nobody planned: %q of %s", len(posts), posts[0].Text, marker)
	}
	for name := range objects {
		v.fault("there is a Post %s that nobody made", name)
	}
	return v, nil
}

// onNetwork judges one Post by the network alone, and takes what belongs to it out of byMarker. The result is nil unless all
// of its segments are there once.
func (b *batch) onNetwork(v *verdict, p *planned, byMarker map[string][]wire.Post, calls map[string][]wire.Call) []wire.Post {
	var stored []wire.Post
	for i := range p.segments() {
		marker := p.identity(b.namespace, i).Marker()
		there := byMarker[marker]
		delete(byMarker, marker)
		logged := 0
		for _, c := range calls[marker] {
			if c.Outcome == wire.OutcomeStored {
				logged++
			}
		}
		where := fmt.Sprintf("%s segment %d", p.name, i)
		switch {
		case len(there) == 0:
			v.lost = append(v.lost, fmt.Sprintf("%s: %s", where, describe(calls[marker])))
			continue
		case len(there) > 1 || logged > 1:
			v.twice = append(v.twice, fmt.Sprintf("%s: stored %d times, logged %d times: %s", where, len(there), logged, describe(calls[marker])))
			continue
		case logged != 1:
			v.fault("%s: stored once, logged %d times", where, logged)
		}
		post := there[0]
		if !p.allows(i, post.Text) {
			v.fault("%s: says %q instead of %q", where, post.Text, p.now(i))
		}
		if post.Account != b.namespace+"/"+p.channel {
			v.fault("%s: stands on %s", where, post.Account)
		}
		if i == 0 && post.ReplyTo != "" || i > 0 && len(stored) == i && post.ReplyTo != stored[i-1].ID {
			v.fault("%s: replies to %q", where, post.ReplyTo)
		}
		if i > 0 && len(stored) == i && post.Thread != stored[0].ID {
			v.fault("%s: is of the thread %q", where, post.Thread)
		}
		stored = append(stored, post)
	}
	if len(stored) < p.segments() {
		return nil
	}
	return stored
}

func describe(calls []wire.Call) string {
	s := fmt.Sprintf("%d calls", len(calls))
	for _, c := range calls {
		s += fmt.Sprintf("; %s %s %s", c.ReceivedAt.Format("15:04:05.000"), c.Outcome, c.Fault)
	}
	return s
}

// inStatus holds what a Post says of itself against the network.
func (b *batch) inStatus(v *verdict, p *planned, post *tribunev1alpha1.Post, stored []wire.Post) {
	switch {
	case post == nil:
		v.fault("%s: its object is gone", p.name)
		return
	case post.Status.State != tribunev1alpha1.PostPublished:
		v.fault("%s: is %s: %s", p.name, post.Status.State, statusLine(post))
		return
	case post.Status.URL != stored[0].URL:
		v.fault("%s: says it is at %s, and is at %s", p.name, post.Status.URL, stored[0].URL)
	case len(post.Status.Segments) != len(stored):
		v.fault("%s: says it has %d segments, and has %d", p.name, len(post.Status.Segments), len(stored))
		return
	}
	for i, s := range post.Status.Segments {
		if s.State != tribunev1alpha1.SegmentPublished || s.ID != stored[i].ID || s.URL != stored[i].URL {
			v.fault("%s segment %d: is %s as %q at %s, and the network has it as %q at %s", p.name, i, s.State, s.ID, s.URL, stored[i].ID, stored[i].URL)
		}
	}
}

func statusLine(post *tribunev1alpha1.Post) string {
	s := ""
	for _, c := range post.Status.Conditions {
		s += fmt.Sprintf("%s=%s %s %q ", c.Type, c.Status, c.Reason, c.Message)
	}
	for i, seg := range post.Status.Segments {
		s += fmt.Sprintf("[%d %s %s since %v] ", i, seg.State, seg.Attempt, seg.StartedAt)
	}
	if n := post.Status.NextAttemptAt; n != nil {
		s += "next " + n.String()
	}
	return s
}
