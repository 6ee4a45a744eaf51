package calendar

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/article"
	"github.com/tribune-dev/tribune/internal/feed"
	"github.com/tribune-dev/tribune/internal/plan"
	"github.com/tribune-dev/tribune/internal/store"
)

// keepItems is how long an item of a feed is planned after it fell due: longer than any deadline, so that its Post is never
// taken for one whose entry is gone.
const keepItems = 31 * 24 * time.Hour

// maxAhead is how many items of a feed are planned ahead at most: a day of the busiest feed (maxPerDay 100).
const maxAhead = 100

// more reads the entries that stand elsewhere than in the calendar. The items of feeds come last: they take the room that is left.
func (r *Reconciler) more(ctx context.Context, s *scope) ([]plan.SourcedEntry, error) {
	var more []plan.SourcedEntry
	sources := map[store.FeedKey]*tribunev1alpha1.FeedSource{}
	for i := range s.calendar.Spec.EntriesFrom {
		source := &s.calendar.Spec.EntriesFrom[i]
		switch {
		case source.ConfigMapRef != nil:
			entries, err := r.articles(ctx, s, fmt.Sprintf("spec.entriesFrom[%d].configMapRef", i), source.ConfigMapRef.Name)
			if err != nil {
				return nil, err
			}
			more = append(more, entries...)
		case source.Feed != nil && r.Feeds != nil:
			key := feedKey(s.calendar, source.Feed)
			if sources[key] != nil {
				s.problem(plan.Problem{Path: fmt.Sprintf("spec.entriesFrom[%d].feed.name", i),
					Message: fmt.Sprintf("there is another feed %s in this calendar: rename one, as its items are named by it", key.Feed)})
				continue
			}
			sources[key] = source.Feed
		}
	}
	if len(sources) == 0 {
		return more, nil
	}
	items, err := r.items(ctx, s, sources, plan.MaxEntries-len(s.calendar.Spec.Entries)-len(more))
	return append(more, items...), err
}

// articles are the Markdown files of a ConfigMap.
func (r *Reconciler) articles(ctx context.Context, s *scope, path, name string) ([]plan.SourcedEntry, error) {
	key := types.NamespacedName{Namespace: s.calendar.Namespace, Name: name}
	read, err := r.files.read(ctx, r.Metadata, r.Client, key)
	switch {
	case apierrors.IsNotFound(err):
		s.problem(plan.Problem{Path: path + ".name", Missing: true,
			Message: fmt.Sprintf("there is no ConfigMap %s in namespace %s: make it, or correct the name", name, key.Namespace)})
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("get ConfigMap %s: %w", name, err)
	}
	for _, p := range read.problems {
		s.problem(p)
	}
	if len(read.entries) == 0 && len(read.problems) == 0 {
		s.problem(plan.Problem{Path: path, Message: fmt.Sprintf("ConfigMap %s has no key that ends in .md: each such key is an entry", name)})
	}
	return read.entries, nil
}

// items of feeds that are planned. Those that only wait for their turn stay in the ledger.
func (r *Reconciler) items(ctx context.Context, s *scope, sources map[store.FeedKey]*tribunev1alpha1.FeedSource, room int) ([]plan.SourcedEntry, error) {
	planned, err := r.Feeds.PlannedItems(ctx, s.calendar.Namespace, s.calendar.Name, s.now.Add(-keepItems), s.now.Add(plan.Horizon(s.calendar)))
	if err != nil {
		return nil, err
	}
	planned = slices.DeleteFunc(planned, func(item store.PlannedItem) bool { return sources[item.FeedKey] == nil })
	for i := range planned {
		s.meant(itemEntryName(&planned[i])) // also those that there is no room for
	}
	taken, crowded := upcoming(planned, s.now, s.now.Add(-plan.Deadline(s.calendar)), room)
	if crowded {
		s.note(fmt.Sprintf("with all items of its feeds the calendar has more than %d entries: the items follow as others are over; split the calendar, or plan fewer", plan.MaxEntries))
	}
	entries := make([]plan.SourcedEntry, len(taken))
	for i := range taken {
		f := sources[taken[i].FeedKey]
		entries[i] = plan.SourcedEntry{Source: "feed " + f.Name, Entry: itemEntry(f, &taken[i])}
	}
	return entries, nil
}

func (s *scope) note(note string) {
	if !s.notesStand {
		s.feedNotes = append(s.feedNotes, note)
	}
}

// upcoming picks the items that are planned, of those of some feeds in the order of their times: at most maxAhead of each feed that
// are to come, so that a feed leaves room on its channels to all else, and at most room of all. What may still go out (not before
// open) comes first, the soonest first; then what is over, the latest first. crowded is true if there is no room for what may.
func upcoming(items []store.PlannedItem, now, open time.Time, room int) (taken []store.PlannedItem, crowded bool) {
	ahead := map[store.FeedKey]int{}
	over := 0
	for i := range items {
		if items[i].PlanAt.Before(open) {
			over++
			continue
		}
		if items[i].PlanAt.After(now) {
			if ahead[items[i].FeedKey]++; ahead[items[i].FeedKey] > maxAhead {
				continue
			}
		}
		if len(taken) >= room {
			crowded = true
			break
		}
		taken = append(taken, items[i])
	}
	spare := min(over, max(room-len(taken), 0))
	return append(slices.Clone(items[over-spare:over]), taken...), crowded
}

// itemEntryName is the item's for ever, so that it goes out once.
func itemEntryName(item *store.PlannedItem) tribunev1alpha1.ObjectName {
	return tribunev1alpha1.ObjectName(item.Feed + "-" + item.ID[:12])
}

// itemEntry is the entry that an item of a feed makes.
func itemEntry(f *tribunev1alpha1.FeedSource, item *store.PlannedItem) tribunev1alpha1.CalendarEntry {
	return tribunev1alpha1.CalendarEntry{
		Name:        itemEntryName(item),
		At:          item.PlanAt.UTC().Truncate(time.Second).Format(time.RFC3339),
		Content:     filled(&f.Content, &item.Item),
		ChannelRefs: f.ChannelRefs, Pillar: f.Pillar, Campaign: f.Campaign, Approval: f.Approval,
	}
}

// filled is a content with an item put into it.
func filled(template *tribunev1alpha1.Content, item *feed.Item) *tribunev1alpha1.Content {
	c := template.DeepCopy()
	translations := func(all map[string]tribunev1alpha1.TranslatedText) {
		for language, text := range all {
			all[language] = tribunev1alpha1.TranslatedText(item.Fill(string(text)))
		}
	}
	c.Title, c.Text = item.Fill(c.Title), item.Fill(c.Text)
	translations(c.Translations)
	if c.Link != nil {
		if c.Link.URL == "{item.link}" {
			c.Link.URL = item.Link // not filled in: an address is no text
		}
		c.Link.Title, c.Link.Description = item.Fill(c.Link.Title), item.Fill(c.Link.Description)
	}
	for i := range c.Thread {
		c.Thread[i].Text = item.Fill(c.Thread[i].Text)
		translations(c.Thread[i].Translations)
	}
	return c
}

// files remembers what was read of ConfigMaps, so that a calendar is not parsed anew for each of its Posts.
type files struct {
	mu    sync.Mutex
	known map[types.NamespacedName]*readFiles
}

type readFiles struct {
	version  string
	entries  []plan.SourcedEntry
	problems []plan.Problem
}

// read gives the entries of a ConfigMap as it is now. What was read of its present version is not asked for again.
func (f *files) read(ctx context.Context, metadata, whole client.Reader, key types.NamespacedName) (*readFiles, error) {
	version := &metav1.PartialObjectMetadata{}
	version.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("ConfigMap"))
	if err := metadata.Get(ctx, key, version); err != nil {
		f.forget(key)
		return nil, err
	}
	f.mu.Lock()
	known := f.known[key]
	f.mu.Unlock()
	if known != nil && known.version == version.ResourceVersion {
		return known, nil
	}
	cm := &corev1.ConfigMap{}
	if err := whole.Get(ctx, key, cm); err != nil {
		f.forget(key)
		return nil, err
	}
	read := &readFiles{version: cm.ResourceVersion}
	read.entries, read.problems = article.FromConfigMap(key.Name, cm.Data, cm.BinaryData)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.known == nil {
		f.known = map[types.NamespacedName]*readFiles{}
	}
	f.known[key] = read
	return read, nil
}

func (f *files) forget(key types.NamespacedName) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.known, key)
}
