package notify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/channels"
	"github.com/tribune-dev/tribune/internal/network"
	news "github.com/tribune-dev/tribune/internal/notify"
	"github.com/tribune-dev/tribune/internal/store"
)

// Reasons of events.
const (
	// ReasonNotTold: nobody could be told of what happened to the object.
	ReasonNotTold = "NotTold"
	// ReasonCannotBeTold: the object names a receiver that takes no messages.
	ReasonCannotBeTold = "CannotBeTold"
)

// unreachableError says why a receiver cannot be called.
type unreachableError struct {
	// final: it will never take messages. missing: it is not there.
	final, missing bool
	text           string
}

func (e *unreachableError) Error() string { return e.text }

// messenger of a receiver, if it can be called now.
func (s *sender) messenger(ctx context.Context, r store.Receiver) (network.Messenger, channels.Connection, error) {
	key := types.NamespacedName{Namespace: r.Namespace, Name: r.Name}
	ch := &tribunev1alpha1.SocialChannel{}
	found, err := s.get(ctx, key, ch)
	if err != nil {
		return nil, channels.Connection{}, err
	}
	if !found {
		return nil, channels.Connection{}, &unreachableError{missing: true, text: fmt.Sprintf("there is no SocialChannel %s: make it, or correct notify", r.Name)}
	}
	conn, ok := s.Directory.Get(key)
	if !ok || conn.Generation != ch.Generation {
		return nil, conn, &unreachableError{text: fmt.Sprintf("SocialChannel %s is not connected", r.Name)}
	}
	if until := s.Directory.RetryAt(key); until.After(s.Clock.Now()) {
		return nil, conn, &network.Error{Kind: network.RateLimited, Reason: tribunev1alpha1.ReasonRateLimited, Message: "the network asked to wait", RetryAfter: until.Sub(s.Clock.Now())}
	}
	m, ok := conn.Network.(network.Messenger)
	if !ok {
		return nil, conn, &unreachableError{final: true, text: fmt.Sprintf("SocialChannel %s is on %s, which takes no messages; these networks do: %s", r.Name, ch.Spec.Network, takers())}
	}
	return m, conn, nil
}

// takers are the networks that take messages.
func takers() string {
	var names []string
	for _, name := range network.Names() {
		if a, ok := network.Lookup(name); ok && slices.Contains(a.Abilities, network.AbilityMessage) {
			names = append(names, string(name))
		}
	}
	return strings.Join(names, ", ")
}

// unconnected waits for a receiver that cannot be called, and gives up what waited too long for it.
func (s *sender) unconnected(ctx context.Context, r store.Receiver, err error) {
	if ctx.Err() != nil {
		return
	}
	now := s.Clock.Now()
	var never *unreachableError
	if !errors.As(err, &never) {
		var e *network.Error
		if errors.As(err, &e) && e.RetryAfter > 0 {
			s.hold(r, now.Add(e.RetryAfter)) // it is not a failure of ours
			return
		}
		s.fail(r, err, now)
		return
	}
	s.mu.Lock()
	firstTime := s.pause[r].failures == 0
	s.mu.Unlock()
	s.fail(r, err, now)
	before := now.Add(-news.GiveUpAfter)
	switch {
	case never.final:
		before = now.Add(time.Second) // all there is
	case now.Sub(s.started) < settled:
		return
	}
	expired, err := s.Outbox.ExpireMessages(ctx, r, before, now, never.text)
	if err != nil {
		s.Log.Warn("The outbox could not be written", "error", err)
		return
	}
	if len(expired) > 0 {
		s.gaveUp(ctx, r, expired, never.text)
	} else if never.missing && firstTime {
		s.Log.Info("Nobody can be told", "namespace", r.Namespace, "channel", r.Name, "error", never.text)
	}
}

// gaveUp says on the objects that nobody was told. Of many, those who name the receiver say so.
func (s *sender) gaveUp(ctx context.Context, r store.Receiver, messages []store.Message, why string) {
	s.metrics.count(r, string(store.MessageGivenUp), len(messages))
	s.Log.Warn("Messages were given up", "namespace", r.Namespace, "channel", r.Name, "messages", len(messages), "error", why)
	if len(messages) == 1 {
		m := messages[0]
		s.event(ctx, r.Namespace, m.Subject, ReasonNotTold, fmt.Sprintf("channel %s could not be told of %s: %s", r.Name, m.Event, why))
	}
	named := map[store.ObjectName]int{}
	for _, m := range messages {
		named[m.NamedBy]++
	}
	for object, n := range named {
		s.event(ctx, r.Namespace, object, ReasonCannotBeTold, fmt.Sprintf("spec.notify: %d messages to channel %s were given up: %s", n, r.Name, why))
	}
}

// event on an object, if it is still there.
func (s *sender) event(ctx context.Context, namespace string, o store.ObjectName, reason, note string) {
	var object client.Object
	switch o.Kind {
	case news.KindPost:
		object = &tribunev1alpha1.Post{}
	case news.KindChannel:
		object = &tribunev1alpha1.SocialChannel{}
	case news.KindCalendar:
		object = &tribunev1alpha1.ContentCalendar{}
	default:
		return
	}
	if found, err := s.get(ctx, types.NamespacedName{Namespace: namespace, Name: o.Name}, object); !found || err != nil {
		return
	}
	s.Recorder.Eventf(object, nil, corev1.EventTypeWarning, reason, "Notify", "%s", note)
}
