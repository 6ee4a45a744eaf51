package calendar

import (
	"context"
	"fmt"
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

// more reads the entries that stand elsewhere than in the calendar.
func (r *Reconciler) more(ctx context.Context, s *scope) ([]plan.SourcedEntry, error) {
	var more []plan.SourcedEntry
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
			entries, err := r.items(ctx, s, source.Feed)
			if err != nil {
				return nil, err
			}
			more = append(more, entries...)
		}
	}
	return more, nil
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

// items of a feed that are planned.
func (r *Reconciler) items(ctx context.Context, s *scope, f *tribunev1alpha1.FeedSource) ([]plan.SourcedEntry, error) {
	planned, err := r.Feeds.PlannedItems(ctx, s.calendar.Namespace, s.calendar.Name, s.now.Add(-keepItems))
	if err != nil {
		return nil, err
	}
	key := feedKey(s.calendar, f)
	var entries []plan.SourcedEntry
	for i := range planned {
		if planned[i].FeedKey == key {
			entries = append(entries, plan.SourcedEntry{Source: "feed " + f.Name, Entry: itemEntry(f, &planned[i])})
		}
	}
	return entries, nil
}

// itemEntry is the entry that an item of a feed makes. Its name is the item's for ever, so that it goes out once.
func itemEntry(f *tribunev1alpha1.FeedSource, item *store.PlannedItem) tribunev1alpha1.CalendarEntry {
	return tribunev1alpha1.CalendarEntry{
		Name:        tribunev1alpha1.ObjectName(f.Name + "-" + item.ID[:12]),
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
