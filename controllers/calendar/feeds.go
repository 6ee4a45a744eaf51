package calendar

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
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
	"github.com/tribune-dev/tribune/internal/plan"
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
	// seen is what was found about feeds since the start.
	seen map[store.FeedKey]seen
}

// seen is what a person is to know of a feed that could be read.
type seen struct {
	cut, unusable, waiting bool
	perDay                 int
}

// notes for people, which stay the same while the feed does.
func (s seen) notes(name string) (notes []string) {
	if s.cut {
		notes = append(notes, fmt.Sprintf("feed %s has more than %d items: only the first of them are looked at, so new ones must stand at its top", name, feed.MaxItems))
	}
	if s.unusable {
		notes = append(notes, fmt.Sprintf("feed %s has items that are not published: they have no link with http:// or https:// to point at", name))
	}
	if s.waiting {
		notes = append(notes, fmt.Sprintf("feed %s has more new items than can be planned yet: %d go out in 24 hours (maxPerDay), and the others wait for their turn, the oldest first; "+
			"under another name it begins anew, with nothing published", name, s.perDay))
	}
	return notes
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
	_, known := r.found(key)
	fetched, err := r.fetch(ctx, f.URL, memory, known)
	if err == nil {
		err = r.remember(ctx, cal, f, memory, fetched, now)
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

// remember records what was read, and says so if something of it goes out. What waits for its turn is looked at even if nothing was.
func (r *FeedReader) remember(ctx context.Context, cal *tribunev1alpha1.ContentCalendar, f *tribunev1alpha1.FeedSource,
	memory store.FeedMemory, fetched fetched, now time.Time,
) error {
	key, first := feedKey(cal, f), memory.FirstRead.IsZero()
	facts, _ := r.found(key)
	facts.perDay = defaultFeedPerDay
	if f.MaxPerDay > 0 {
		facts.perDay = int(f.MaxPerDay)
	}
	var parsed feed.Feed
	if fetched.body != nil {
		var err error
		if parsed, err = feed.Parse(fetched.body, f.URL); err != nil {
			return err
		}
		facts.cut, facts.unusable = parsed.Cut, parsed.Unusable > 0
		memory.ETag, memory.Modified = fetched.etag, fetched.modified
	}
	settled := now.Add(plan.Horizon(cal))
	changed := feed.Remember(memory.Memory, parsed.Items, now, settled, facts.perDay)
	if first {
		memory.FirstRead = now
	}
	memory.LastRead = now
	if err := r.Feeds.RememberFeed(ctx, key, memory, changed); err != nil {
		return err
	}
	planned := false
	for _, k := range changed {
		memory.Items[k.ID] = k
		planned = planned || !k.PlanAt.IsZero()
	}
	facts.waiting = memory.Waiting(now, settled, maxAhead)
	if r.find(key, facts) || planned {
		r.Changed(client.ObjectKeyFromObject(cal))
	}
	if first {
		r.Recorder.Eventf(cal, nil, corev1.EventTypeNormal, tribunev1alpha1.ReasonFeedRead, "ReadFeed",
			"feed %s was read for the first time: its %d items are not published, later ones are", f.Name, len(parsed.Items))
	}
	return nil
}

// found is what was found about a feed since the start; known is false if it was not read yet.
func (r *FeedReader) found(key store.FeedKey) (facts seen, known bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	facts, known = r.seen[key]
	return facts, known
}

// find keeps what was found, and is true if it is news.
func (r *FeedReader) find(key store.FeedKey, facts seen) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	before, known := r.seen[key]
	if r.seen == nil {
		r.seen = map[store.FeedKey]seen{}
	}
	r.seen[key] = facts
	return !known || before != facts
}

// notesOf the feeds of a calendar. After a start what its status says stands until all are read, so that it is said once.
func (r *FeedReader) notesOf(cal *tribunev1alpha1.ContentCalendar) (notes []string, stands bool) {
	for _, f := range feeds(cal) {
		facts, known := r.found(feedKey(cal, f))
		if c := meta.FindStatusCondition(cal.Status.Conditions, tribunev1alpha1.ConditionPostsPlanned); !known && c != nil && c.Reason == tribunev1alpha1.ReasonFeedIncomplete {
			return []string{c.Message}, true
		}
		notes = append(notes, facts.notes(f.Name)...)
	}
	return notes, false
}

// fetched is what a server answered; no body if nothing changed since it was read.
type fetched struct {
	body           []byte
	etag, modified string
}

// fetch asks for what is new only where it is known what else there is.
func (r *FeedReader) fetch(ctx context.Context, url string, memory store.FeedMemory, known bool) (fetched, error) {
	ctx, cancel := context.WithTimeout(httpx.WithMaxResponse(ctx, feed.MaxBytes+1), readFeed)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return fetched{}, errors.New("the address cannot be read")
	}
	req.Header.Set("Accept", "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5")
	if known && memory.ETag != "" {
		req.Header.Set("If-None-Match", memory.ETag)
	}
	if known && memory.Modified != "" {
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
	gone := func(key store.FeedKey) bool {
		return key.Namespace == calendar.Namespace && key.Calendar == calendar.Name &&
			!slices.ContainsFunc(keep, func(f *tribunev1alpha1.FeedSource) bool { return f.Name == key.Feed && f.URL == key.URL })
	}
	maps.DeleteFunc(r.troubles, func(key store.FeedKey, _ trouble) bool { return gone(key) })
	maps.DeleteFunc(r.seen, func(key store.FeedKey, _ seen) bool { return gone(key) })
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
