package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
	news "github.com/tribune-dev/tribune/internal/notify"
	"github.com/tribune-dev/tribune/internal/plan"
	"github.com/tribune-dev/tribune/internal/publish"
	"github.com/tribune-dev/tribune/internal/store"
)

// postReconciler records who is to be told of a Post.
type postReconciler struct{ *teller }

// Reconcile looks at one Post.
func (r *postReconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	p := &tribunev1alpha1.Post{}
	if found, err := r.get(ctx, req.NamespacedName, p); !found || err != nil {
		return ctrl.Result{}, err
	}
	episodes, err := r.fresh(ctx, news.OfPost(p))
	if len(episodes) == 0 || err != nil {
		return ctrl.Result{}, err
	}
	var rules []news.Rules
	ch := &tribunev1alpha1.SocialChannel{}
	found, err := r.get(ctx, types.NamespacedName{Namespace: p.Namespace, Name: string(p.Spec.ChannelRef.Name)}, ch)
	if err != nil {
		return ctrl.Result{}, err
	}
	if found {
		rules = append(rules, news.RulesOfChannel(ch))
	}
	cal := &tribunev1alpha1.ContentCalendar{}
	if name := plan.MadeBy(p); name != "" {
		if found, err = r.get(ctx, types.NamespacedName{Namespace: p.Namespace, Name: name}, cal); err != nil {
			return ctrl.Result{}, err
		}
		if found {
			rules = append(rules, news.RulesOfCalendar(cal))
		}
	}
	notices := news.Notices(episodes, rules...)
	if len(notices) == 0 {
		return ctrl.Result{}, nil
	}
	texts := r.texts(p, ch)
	return r.record(ctx, notices, func(n news.Notice) network.Message { return news.PostMessage(n, p, texts) })
}

// texts of a Post's segments as its channel's rules render them; nil where it cannot be rendered.
func (t *teller) texts(p *tribunev1alpha1.Post, ch *tribunev1alpha1.SocialChannel) []string {
	adapter, known := network.Lookup(ch.Spec.Network)
	if !known {
		return nil
	}
	rules := adapter.Rules
	if conn, ok := t.Directory.Get(client.ObjectKeyFromObject(ch)); ok {
		rules = conn.Rules
	}
	rendering, problems := publish.Render(&p.Spec.Content, ch.Spec.Language, rules)
	if len(problems) > 0 {
		return nil
	}
	var texts []string
	for i := range rendering.Segments {
		texts = append(texts, rendering.Segments[i].Text)
	}
	return texts
}

// channelReconciler records who is to be told of a channel.
type channelReconciler struct{ *teller }

// Reconcile looks at one channel.
func (r *channelReconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	ch := &tribunev1alpha1.SocialChannel{}
	if found, err := r.get(ctx, req.NamespacedName, ch); !found || err != nil {
		return ctrl.Result{}, err
	}
	episodes, err := r.fresh(ctx, news.OfChannel(ch))
	if err != nil {
		return ctrl.Result{}, err
	}
	notices := news.Notices(episodes, news.RulesOfChannel(ch))
	return r.record(ctx, notices, func(n news.Notice) network.Message { return news.ChannelMessage(n, ch) })
}

// get reads an object that is only looked at.
func (t *teller) get(ctx context.Context, key types.NamespacedName, o client.Object) (found bool, err error) {
	if err := t.Client.Get(ctx, key, o, client.UnsafeDisableDeepCopy); err != nil {
		if apierrors.IsNotFound(err) {
			return false, nil
		}
		return false, fmt.Errorf("get %T: %w", o, err)
	}
	return true, nil
}

// fresh are the episodes that are news.
func (t *teller) fresh(ctx context.Context, episodes []news.Episode) ([]news.Episode, error) {
	if len(episodes) == 0 {
		return nil, nil
	}
	since, err := t.newsSince(ctx)
	if err != nil {
		return nil, err
	}
	var out []news.Episode
	for _, e := range episodes {
		if !e.Since.Before(since) {
			out = append(out, e)
		}
	}
	return out, nil
}

// record writes into the outbox what is to be told now, and says when to look again for what lasts.
func (t *teller) record(ctx context.Context, notices []news.Notice, say func(news.Notice) network.Message) (ctrl.Result, error) {
	now := t.Clock.Now()
	var rows []store.Message
	var again time.Duration
	for _, n := range notices {
		if wait := n.NotBefore.Sub(now); wait > 0 {
			if again == 0 || wait < again {
				again = wait
			}
			continue
		}
		m := say(n)
		payload, err := json.Marshal(m)
		if err != nil {
			return ctrl.Result{}, fmt.Errorf("write message: %w", err)
		}
		row := store.Message{
			Namespace: n.Object.Namespace, Receiver: n.Receiver, ID: m.ID,
			Subject: store.ObjectName{Kind: n.Object.Kind, Name: n.Object.Name},
			NamedBy: store.ObjectName{Kind: n.NamedBy.Kind, Name: n.NamedBy.Name},
			Event:   m.Event, Title: m.Title, Payload: payload, CreatedAt: now, NextAt: now,
		}
		if n.Span > 0 {
			end := news.SpanEnd(now, n.Span)
			row.Digest, row.CreatedAt, row.NextAt = store.Gathered, end, end
		}
		rows = append(rows, row)
	}
	if len(rows) > 0 {
		added, err := t.Outbox.AddMessages(ctx, rows)
		if err != nil {
			return ctrl.Result{}, err
		}
		if added > 0 {
			t.poke()
		}
	}
	return ctrl.Result{RequeueAfter: again}, nil
}
