package calendar

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/feed"
	"github.com/tribune-dev/tribune/internal/httpx"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/store"
)

const (
	// defaultFeedInterval between two looks at a feed.
	defaultFeedInterval = 15 * time.Minute
	// defaultFeedPerDay is how many items of a feed are published in 24 hours.
	defaultFeedPerDay = 5
	// retryFeed is how soon a feed that could not be read is read again, if its interval is longer.
	retryFeed = 5 * time.Minute
	// readFeed bounds one reading.
	readFeed = 20 * time.Second
)

// FeedReader reads the feeds of calendars and remembers their items in the ledger, of which the Reconciler plans them.
type FeedReader struct {
	Client   client.Client
	Recorder events.EventRecorder
	Clock    clock.Clock
	HTTP     *http.Client
	Feeds    store.Feeds
	// Changed is called when there is something new to plan, or to say.
	Changed func(types.NamespacedName)

	mu sync.Mutex
	// troubles are what kept feeds from being read at the last try.
	troubles map[store.FeedKey]trouble
}

type trouble struct {
	message string
	again   time.Time
}

// SetupWithManager starts the reader with the manager.
func (r *FeedReader) SetupWithManager(mgr ctrl.Manager) error {
	return ctrl.NewControllerManagedBy(mgr).
		Named("feed").
		For(&tribunev1alpha1.ContentCalendar{}, builder.WithPredicates(predicate.Or(
			predicate.GenerationChangedPredicate{}, predicate.AnnotationChangedPredicate{}))).
		WithOptions(controller.Options{MaxConcurrentReconciles: 8}).
		Complete(r)
}

// Reconcile reads the feeds of a calendar that are to be read.
func (r *FeedReader) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	cal := &tribunev1alpha1.ContentCalendar{}
	if err := r.Client.Get(ctx, req.NamespacedName, cal, client.UnsafeDisableDeepCopy); err != nil {
		if apierrors.IsNotFound(err) {
			r.forget(req.NamespacedName, nil)
			return ctrl.Result{}, nil
		}
		return ctrl.Result{}, fmt.Errorf("get ContentCalendar: %w", err)
	}
	sources := feeds(cal)
	r.forget(req.NamespacedName, sources)
	if len(sources) == 0 || cal.Spec.Suspend || !cal.DeletionTimestamp.IsZero() {
		return ctrl.Result{}, nil
	}
	var wait time.Duration
	for _, source := range sources {
		again, err := r.look(ctx, cal, source)
		if err != nil {
			return ctrl.Result{}, err
		}
		if wait == 0 || again < wait {
			wait = again
		}
	}
	return ctrl.Result{RequeueAfter: max(wait, time.Second)}, nil
}

// feeds of a calendar.
func feeds(cal *tribunev1alpha1.ContentCalendar) []*tribunev1alpha1.FeedSource {
	var found []*tribunev1alpha1.FeedSource
	for i := range cal.Spec.EntriesFrom {
		if f := cal.Spec.EntriesFrom[i].Feed; f != nil {
			found = append(found, f)
		}
	}
	return found
}

func feedKey(cal *tribunev1alpha1.ContentCalendar, f *tribunev1alpha1.FeedSource) store.FeedKey {
	return store.FeedKey{Namespace: cal.Namespace, Calendar: cal.Name, Feed: f.Name, URL: f.URL}
}

// look reads a feed if it is time to, and tells when it is again.
func (r *FeedReader) look(ctx context.Context, cal *tribunev1alpha1.ContentCalendar, f *tribunev1alpha1.FeedSource) (time.Duration, error) {
	key, now := feedKey(cal, f), r.Clock.Now()
	interval := defaultFeedInterval
	if f.Interval != nil {
		interval = f.Interval.Duration
	}
	memory, err := r.Feeds.Feed(ctx, key)
	if err != nil {
		return 0, err
	}
	due := memory.LastRead.Add(interval)
	if t, troubled := r.trouble(key); troubled {
		due = t.again
	}
	if now.Before(due) {
		return due.Sub(now), nil
	}
	fetched, err := r.fetch(ctx, f.URL, memory)
	if err == nil && fetched.body != nil {
		err = r.remember(ctx, cal, f, memory, fetched, now)
	} else if err == nil {
		memory.LastRead = now
		err = r.Feeds.RememberFeed(ctx, key, memory, nil)
	}
	if ctx.Err() != nil {
		return 0, ctx.Err()
	}
	r.note(cal, key, err, now.Add(min(interval, retryFeed)))
	if err != nil {
		return min(interval, retryFeed), nil //nolint:nilerr // it was said, and is tried again
	}
	return interval, nil
}

// remember records what was read, and says so if something of it goes out.
func (r *FeedReader) remember(ctx context.Context, cal *tribunev1alpha1.ContentCalendar, f *tribunev1alpha1.FeedSource,
	memory store.FeedMemory, fetched fetched, now time.Time,
) error {
	parsed, err := feed.Parse(fetched.body, f.URL)
	if err != nil {
		return err
	}
	perDay := defaultFeedPerDay
	if f.MaxPerDay > 0 {
		perDay = int(f.MaxPerDay)
	}
	added := feed.Remember(memory.Memory, parsed.Items, now, perDay)
	first := memory.FirstRead.IsZero()
	if first {
		memory.FirstRead = now
	}
	memory.LastRead, memory.ETag, memory.Modified = now, fetched.etag, fetched.modified
	if err := r.Feeds.RememberFeed(ctx, feedKey(cal, f), memory, added); err != nil {
		return err
	}
	switch {
	case first:
		r.Recorder.Eventf(cal, nil, corev1.EventTypeNormal, tribunev1alpha1.ReasonFeedRead, "ReadFeed",
			"feed %s was read for the first time: its %d items are not published, later ones are", f.Name, len(parsed.Items))
	case slices.ContainsFunc(added, func(k feed.Known) bool { return !k.PlanAt.IsZero() }):
		r.Changed(client.ObjectKeyFromObject(cal))
	}
	return nil
}

// fetched is what a server answered; no body if nothing changed since it was read.
type fetched struct {
	body           []byte
	etag, modified string
}

func (r *FeedReader) fetch(ctx context.Context, url string, memory store.FeedMemory) (fetched, error) {
	ctx, cancel := context.WithTimeout(httpx.WithMaxResponse(ctx, feed.MaxBytes+1), readFeed)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return fetched{}, errors.New("the address cannot be read")
	}
	req.Header.Set("Accept", "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5")
	if memory.ETag != "" {
		req.Header.Set("If-None-Match", memory.ETag)
	}
	if memory.Modified != "" {
		req.Header.Set("If-Modified-Since", memory.Modified)
	}
	resp, err := httpx.Do(r.HTTP, req)
	if err != nil {
		return fetched{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	switch {
	case resp.StatusCode == http.StatusNotModified && !memory.FirstRead.IsZero():
		return fetched{}, nil
	case resp.StatusCode != http.StatusOK:
		return fetched{}, fmt.Errorf("the server answered %s", resp.Status)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return fetched{}, err
	}
	return fetched{body: body, etag: bounded(resp.Header.Get("ETag")), modified: bounded(resp.Header.Get("Last-Modified"))}, nil
}

// bounded leaves out a header that is longer than any honest one.
func bounded(header string) string {
	if len(header) > 512 {
		return ""
	}
	return header
}

func (r *FeedReader) trouble(key store.FeedKey) (trouble, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	t, ok := r.troubles[key]
	return t, ok
}

// note keeps what went wrong, and says it once.
func (r *FeedReader) note(cal *tribunev1alpha1.ContentCalendar, key store.FeedKey, err error, again time.Time) {
	message := ""
	if err != nil {
		message = fmt.Sprintf("feed %s could not be read: %s", key.Feed, stable(err))
	}
	r.mu.Lock()
	before := r.troubles[key].message
	if r.troubles == nil {
		r.troubles = map[store.FeedKey]trouble{}
	}
	delete(r.troubles, key)
	if err != nil {
		r.troubles[key] = trouble{message: message, again: again}
	}
	r.mu.Unlock()
	if message == before {
		return
	}
	if err != nil {
		log.FromContext(context.Background()).V(1).Info("A feed could not be read", "feed", key.Feed, "error", err.Error())
		r.Recorder.Eventf(cal, nil, corev1.EventTypeWarning, tribunev1alpha1.ReasonFeedUnavailable, "ReadFeed", "%s", message)
	}
	r.Changed(client.ObjectKeyFromObject(cal))
}

// stable is what an error says without its cause, which names ports and addresses that differ each time.
func stable(err error) string {
	var e *network.Error
	if errors.As(err, &e) && e.Message != "" {
		return e.Message
	}
	return err.Error()
}

// forget drops what was noted of feeds that a calendar does not have any more.
func (r *FeedReader) forget(calendar types.NamespacedName, keep []*tribunev1alpha1.FeedSource) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for key := range r.troubles {
		if key.Namespace == calendar.Namespace && key.Calendar == calendar.Name &&
			!slices.ContainsFunc(keep, func(f *tribunev1alpha1.FeedSource) bool { return f.Name == key.Feed && f.URL == key.URL }) {
			delete(r.troubles, key)
		}
	}
}

// Troubles with the feeds of a calendar, in a stable order; empty for none.
func (r *FeedReader) Troubles(calendar types.NamespacedName) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []string
	for key, t := range r.troubles {
		if key.Namespace == calendar.Namespace && key.Calendar == calendar.Name {
			all = append(all, t.message)
		}
	}
	slices.Sort(all)
	return strings.Join(all, "; ")
}
