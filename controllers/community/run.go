package community

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/controllers/post"
	"github.com/tribune-dev/tribune/internal/channels"
	"github.com/tribune-dev/tribune/internal/inbox"
	"github.com/tribune-dev/tribune/internal/network"
)

const (
	// DefaultInterval between two looks at a channel.
	DefaultInterval = time.Minute
	// lookAround is how often it is seen which channels are to be listened to.
	lookAround = time.Second
	// restream is how long to wait after a stream broke, at first and at most.
	restream, maxRestream = time.Second, time.Minute
	// retention of what people said.
	retention = 90 * 24 * time.Hour
	// forgetEvery is how often what is older is removed.
	forgetEvery = 6 * time.Hour
)

// lines gives the inbox the channels that are signed in.
type lines struct {
	client    client.Client
	directory *channels.Directory
	clock     clock.PassiveClock
}

// Line implements inbox.Lines.
func (l *lines) Line(c inbox.Channel) (inbox.Line, bool) {
	key := types.NamespacedName{Namespace: c.Namespace, Name: c.Name}
	conn, ok := l.directory.Get(key)
	if !ok || l.directory.RetryAt(key).After(l.clock.Now()) {
		return inbox.Line{}, false
	}
	ch := &tribunev1alpha1.SocialChannel{}
	if err := l.client.Get(context.Background(), key, ch, client.UnsafeDisableDeepCopy); err != nil || conn.Generation != ch.Generation {
		return inbox.Line{}, false
	}
	return inbox.Line{Network: conn.Network, Account: conn.Account, Name: string(ch.Spec.Network), Called: string(conn.Name), Rules: conn.Rules}, true
}

// Trouble implements inbox.Lines.
func (l *lines) Trouble(c inbox.Channel, err error) {
	key := types.NamespacedName{Namespace: c.Namespace, Name: c.Name}
	var e *network.Error
	if !errors.As(err, &e) {
		return
	}
	switch e.Kind {
	case network.Unauthorized:
		l.directory.Disconnect(key)
		l.directory.Trouble(key, time.Time{})
	case network.RateLimited:
		l.directory.Trouble(key, l.clock.Now().Add(max(e.RetryAfter, time.Second)))
	}
}

// crises asks the gate of Posts.
type crises struct{ gate post.Gate }

// Holds implements inbox.Crises.
func (c crises) Holds(ctx context.Context, ch inbox.Channel) (bool, error) {
	p := &tribunev1alpha1.Post{Spec: tribunev1alpha1.PostSpec{ChannelRef: tribunev1alpha1.LocalReference{Name: tribunev1alpha1.ObjectName(ch.Name)}}}
	p.Namespace = ch.Namespace
	v, err := c.gate.Check(ctx, p)
	return v.Held, err
}

// runner listens, decides and acts while this process leads.
type runner struct {
	client    client.Client
	directory *channels.Directory
	inbox     *inbox.Inbox
	ledger    Ledger
	clock     clock.Clock
	log       *slog.Logger
	cases     *desk
	people    *keeper
	// hooks is the address at which networks call us; 0 or empty: none.
	hooks string
	// waiting is told what is counted; first has it counted at once.
	waiting *waiting
	first   chan struct{}
}

// Start implements manager.Runnable; it needs to lead.
func (r *runner) Start(ctx context.Context) error {
	var all sync.WaitGroup
	all.Go(func() { r.inbox.Judge(ctx) })
	all.Go(func() { r.inbox.Act(ctx) })
	all.Go(func() { r.cases.run(ctx) })
	all.Go(func() { r.people.run(ctx) })
	all.Go(func() { r.forget(ctx) })
	all.Go(func() { r.count(ctx) })
	if r.hooks != "" && r.hooks != "0" {
		server, err := newHooks(ctx, r.inbox, r.hooks, r.log)
		if err != nil {
			return err
		}
		all.Go(func() { server.serve(ctx) })
	}
	r.listen(ctx)
	all.Wait()
	return nil
}

// listener is one channel that is listened to.
type listener struct {
	cancel   context.CancelFunc
	done     chan struct{}
	network  network.Network
	interval time.Duration
	queries  []string
}

// listen keeps a listener for each channel that is to be listened to and is signed in.
func (r *runner) listen(ctx context.Context) {
	running := map[inbox.Channel]*listener{}
	for {
		wanted := r.wanted(ctx)
		for c, l := range running {
			if w, ok := wanted[c]; !ok || w.network != l.network || w.interval != l.interval || !slices.Equal(w.queries, l.queries) {
				l.cancel()
				<-l.done
				delete(running, c)
			}
		}
		for c, w := range wanted {
			if running[c] != nil {
				continue
			}
			listening, cancel := context.WithCancel(ctx)
			w.cancel, w.done = cancel, make(chan struct{})
			running[c] = w
			go func() {
				defer close(w.done)
				r.follow(listening, c, w)
			}()
		}
		select {
		case <-ctx.Done():
			for _, l := range running {
				l.cancel()
				<-l.done
			}
			return
		case <-r.clock.After(lookAround):
		}
	}
}

func (r *runner) wanted(ctx context.Context) map[inbox.Channel]*listener {
	list := &tribunev1alpha1.SocialChannelList{}
	if err := r.client.List(ctx, list, client.UnsafeDisableDeepCopy); err != nil {
		return nil
	}
	wanted := map[inbox.Channel]*listener{}
	for i := range list.Items {
		ch := &list.Items[i]
		if ch.Spec.Listening == nil || ch.Spec.Suspend || !ch.DeletionTimestamp.IsZero() {
			continue
		}
		key := client.ObjectKeyFromObject(ch)
		conn, ok := r.directory.Get(key)
		if !ok || conn.Generation != ch.Generation {
			if _, known := r.directory.Hearing(key); known {
				r.directory.Hears(key, channels.Hearing{Reason: tribunev1alpha1.ReasonListeningFailed, Message: "the channel is not connected; what is said meanwhile is read when it is"})
			}
			continue
		}
		w := &listener{network: conn.Network, interval: DefaultInterval, queries: ch.Spec.Listening.Queries}
		if ch.Spec.Listening.Interval != nil {
			w.interval = ch.Spec.Listening.Interval.Duration
		}
		wanted[inbox.Channel{Namespace: ch.Namespace, Name: ch.Name}] = w
	}
	return wanted
}

// follow looks at one channel again and again, and at once when its stream says that something is new.
func (r *runner) follow(ctx context.Context, c inbox.Channel, l *listener) {
	wake := make(chan struct{}, 1)
	var streaming sync.WaitGroup
	defer streaming.Wait()
	if s, ok := l.network.(network.Streamer); ok {
		streaming.Go(func() { r.stream(ctx, c, s, wake) })
	}
	key := types.NamespacedName{Namespace: c.Namespace, Name: c.Name}
	failures := 0
	for {
		look, err := r.inbox.Poll(ctx, c, l.queries)
		if ctx.Err() != nil {
			return
		}
		wait := l.interval
		switch {
		case errors.Is(err, inbox.ErrBrought):
			r.directory.Hears(key, r.brought(c))
			<-ctx.Done()
			return
		case errors.Is(err, inbox.ErrDeaf):
			r.directory.Hears(key, channels.Hearing{Reason: tribunev1alpha1.ReasonCannotListen, Message: "this network cannot be listened to: remove spec.listening"})
			<-ctx.Done()
			return
		case err != nil:
			failures++
			wait = min(max(l.interval, time.Second)<<min(failures, 6), max(10*time.Minute, l.interval))
			r.directory.Hears(key, channels.Hearing{Reason: tribunev1alpha1.ReasonListeningFailed, Message: fmt.Sprintf("what is said could not be read, and is read when it can: %v", err)})
		default:
			failures = 0
			r.directory.Hears(key, heard(&look))
			r.begun(key)
		}
		timer := r.clock.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-wake:
			timer.Stop()
		case <-timer.C():
		}
	}
}

// brought says where a network is to call us.
func (r *runner) brought(c inbox.Channel) channels.Hearing {
	if r.hooks == "" || r.hooks == "0" {
		return channels.Hearing{Reason: tribunev1alpha1.ReasonCannotListen, Message: "what is said is brought by calling us, and nobody can: start the manager with --hooks-address"}
	}
	return channels.Hearing{Listens: true, Reason: tribunev1alpha1.ReasonListening, Message: "signed requests are taken at " + hookPath(c)}
}

func heard(look *inbox.Look) channels.Hearing {
	switch {
	case look.Baseline:
		return channels.Hearing{Listens: true, Reason: tribunev1alpha1.ReasonRecordingPast, Message: "what was said before is being recorded; nobody is answered for it"}
	case look.CursorLost:
		return channels.Hearing{Listens: true, Reason: tribunev1alpha1.ReasonListening, Message: "the network had forgotten where listening stopped: what was said meanwhile was recorded only"}
	}
	return channels.Hearing{Listens: true, Reason: tribunev1alpha1.ReasonListening}
}

func (r *runner) stream(ctx context.Context, c inbox.Channel, s network.Streamer, wake chan<- struct{}) {
	wait := restream
	for ctx.Err() == nil {
		began := r.clock.Now()
		err := s.Stream(ctx, func() {
			select {
			case wake <- struct{}{}:
			default:
			}
		})
		if ctx.Err() != nil {
			return
		}
		if r.clock.Since(began) > maxRestream {
			wait = restream
		}
		r.log.Debug("A stream ended; it is opened again, and the channel is polled meanwhile", "channel", c.Name, "namespace", c.Namespace, "error", err)
		timer := r.clock.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C():
		}
		wait = min(2*wait, maxRestream)
	}
}

// forget removes what is older than it may be kept.
func (r *runner) forget(ctx context.Context) {
	for {
		if _, err := r.ledger.ForgetBefore(ctx, r.clock.Now().Add(-retention)); err != nil && ctx.Err() == nil {
			r.log.Error("What is old could not be removed from the ledger", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-r.clock.After(forgetEvery):
		}
	}
}
