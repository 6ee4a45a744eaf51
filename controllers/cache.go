package controllers

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"
	"unique"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	toolscache "k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/pager"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/healthz"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
)

// pageSize is how many objects are listed at once. For each page the API server walks over all that comes after it, to say how many
// remain, which with pages of 500 is a third of its work for a hundred thousand Posts.
const pageSize = 2000

// newInformer makes informers that list in pages and slim the objects of each as it comes in. The whole list at once, or a
// watch that begins with it, would need several times the memory that is kept, and take the API server and us longer.
func newInformer(lw toolscache.ListerWatcher, example runtime.Object, resync time.Duration, indexers toolscache.Indexers) toolscache.SharedIndexInformer {
	if w, ok := lw.(*toolscache.ListWatch); ok {
		lw = &listWatch{ListWatch: &toolscache.ListWatch{ListWithContextFunc: inPages(w.ListWithContextFunc), WatchFuncWithContext: slimmed(w.WatchFuncWithContext)}}
	}
	return toolscache.NewSharedIndexInformer(lw, example, resync, indexers)
}

// listWatch is listed before it is watched.
type listWatch struct{ *toolscache.ListWatch }

// IsWatchListSemanticsUnSupported is how client-go asks.
func (*listWatch) IsWatchListSemanticsUnSupported() bool { return true }

// inPages lists in pages, all of them as of one moment.
func inPages(list toolscache.ListWithContextFunc) toolscache.ListWithContextFunc {
	pages := pager.New(func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
		page, err := list(ctx, o)
		if err != nil {
			return page, err
		}
		if err := meta.EachListItem(page, func(object runtime.Object) error { slim(object); return nil }); err != nil {
			return page, err
		}
		if posts, ok := page.(*tribunev1alpha1.PostList); ok {
			return inBlocks(posts), nil
		}
		return page, nil
	})
	return func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
		if o.ResourceVersion == "0" {
			o.ResourceVersion = "" // with any version there are no pages
		}
		o.Limit = pageSize
		all, _, err := pages.ListWithAlloc(ctx, o)
		return all, err
	}
}

// Things of a list share a piece of memory, so many that they fill one of the sizes that there are, where each by itself leaves a part of
// its own empty. They are freed together, which at most keeps what the first list brought.
var postsBlock, contentsBlock = blockOf[tribunev1alpha1.Post](), blockOf[tribunev1alpha1.Content]()

// blockOf tells how many of a type fill a piece of memory best.
func blockOf[T any]() int {
	// header is what the runtime adds to pieces of this size that hold pointers; those above largest are rounded up to pages.
	const header, largest = 8, 16 << 10
	size, best, least := int(reflect.TypeFor[T]().Size()), 1, math.MaxFloat64
	for n := 1; n*size+header <= largest; n++ {
		piece := cap(append([]byte(nil), make([]byte, n*size+header)...))
		if each := float64(piece) / float64(n); each < least {
			best, least = n, each
		}
	}
	return best
}

// inBlocks moves the Posts of a page out of it, so that the page as a whole need not be kept.
func inBlocks(page *tribunev1alpha1.PostList) runtime.Object {
	list := &internalversion.List{ListMeta: page.ListMeta, Items: make([]runtime.Object, 0, len(page.Items))}
	for posts := range slices.Chunk(page.Items, postsBlock) {
		kept := slices.Clone(posts)
		for i := range kept {
			list.Items = append(list.Items, &kept[i])
		}
	}
	return list
}

func slimmed(from toolscache.WatchFuncWithContext) toolscache.WatchFuncWithContext {
	return func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
		w, err := from(ctx, o)
		if err != nil {
			return w, err
		}
		return newSlimming(w), nil
	}
}

// slimming is a watch that slims its objects.
type slimming struct {
	from   watch.Interface
	result chan watch.Event
	done   chan struct{}
	once   sync.Once
}

func newSlimming(from watch.Interface) *slimming {
	s := &slimming{from: from, result: make(chan watch.Event), done: make(chan struct{})}
	go s.run()
	return s
}

func (s *slimming) run() {
	defer close(s.result)
	for e := range s.from.ResultChan() {
		slim(e.Object)
		select {
		case s.result <- e:
		case <-s.done:
			return
		}
	}
}

// ResultChan implements watch.Interface.
func (s *slimming) ResultChan() <-chan watch.Event { return s.result }

// Stop implements watch.Interface.
func (s *slimming) Stop() {
	s.once.Do(func() { close(s.done) })
	s.from.Stop()
}

// slim takes out of an object what no controller reads, and shares what all objects have alike: with a hundred thousand
// waiting Posts that is most of the memory. What has no metadata, such as a watch's error, is left as it is.
func slim(in runtime.Object) {
	o, err := meta.Accessor(in)
	if err != nil {
		return
	}
	o.SetManagedFields(nil)
	if annotations := o.GetAnnotations(); annotations != nil {
		delete(annotations, corev1.LastAppliedConfigAnnotation)
		o.SetAnnotations(alike(intern(annotations)))
	}
	o.SetLabels(intern(o.GetLabels()))
	o.SetNamespace(shared(o.GetNamespace()))
	switch o := in.(type) {
	case *tribunev1alpha1.Post:
		slimPost(o)
	case *tribunev1alpha1.ContentCalendar:
		slimCalendar(o)
	}
}

func slimPost(p *tribunev1alpha1.Post) {
	p.Kind, p.APIVersion = shared(p.Kind), shared(p.APIVersion)
	p.Spec.ChannelRef.Name = tribunev1alpha1.ObjectName(shared(string(p.Spec.ChannelRef.Name)))
	if p.Annotations[tribunev1alpha1.AnnotationOccurrence] != "" {
		p.Spec.Content.Text = shared(p.Spec.Content.Text)
	}
	p.Spec.Pillar, p.Spec.Campaign = shared(p.Spec.Pillar), shared(p.Spec.Campaign)
	p.Status.State = tribunev1alpha1.PostState(shared(string(p.Status.State)))
	p.Status.AccountID = shared(p.Status.AccountID)
	// Decoding leaves room for four.
	p.Status.Conditions = slices.Clone(p.Status.Conditions)
	texts := append(make([]*string, 0, 8), &p.Name, (*string)(&p.UID), &p.ResourceVersion)
	pack(append(texts, linkTexts(p.Spec.Content.Link)...))
	for i := range p.Status.Conditions {
		c := &p.Status.Conditions[i]
		c.Type, c.Reason, c.Message = shared(c.Type), shared(c.Reason), shared(c.Message)
	}
}

// slimCalendar shares the texts of a calendar with the Posts that it makes.
func slimCalendar(c *tribunev1alpha1.ContentCalendar) {
	c.Spec.Entries = slices.Clone(c.Spec.Entries) // decoding leaves room for more
	var contents []tribunev1alpha1.Content
	for i := range c.Spec.Entries {
		e := &c.Spec.Entries[i]
		e.Pillar, e.Campaign = shared(e.Pillar), shared(e.Campaign)
		texts := append(make([]*string, 0, 8), (*string)(&e.Name), &e.At)
		if e.Content != nil {
			if len(contents) == cap(contents) {
				contents = make([]tribunev1alpha1.Content, 0, min(contentsBlock, len(c.Spec.Entries)-i))
			}
			contents = append(contents, *e.Content)
			e.Content = &contents[len(contents)-1]
			e.Content.Text = shared(e.Content.Text)
			texts = append(texts, linkTexts(e.Content.Link)...)
		}
		pack(texts)
		for k := range e.Rotation {
			e.Rotation[k].Text = shared(e.Rotation[k].Text)
		}
		for k := range e.Overrides {
			e.Overrides[k].Content.Text = shared(e.Overrides[k].Content.Text)
		}
	}
}

func linkTexts(l *tribunev1alpha1.Link) []*string {
	if l == nil {
		return nil
	}
	return []*string{&l.URL, &l.Title, &l.Description}
}

// pack keeps short texts of one object in one piece of memory: each by itself is rounded up to the next size, and there are many.
func pack(texts []*string) {
	size := 0
	for _, t := range texts {
		size += len(*t)
	}
	var all strings.Builder
	all.Grow(size)
	for _, t := range texts {
		all.WriteString(*t)
	}
	packed, at := all.String(), 0
	for _, t := range texts {
		n := len(*t)
		*t = packed[at : at+n]
		at += n
	}
}

func intern(m map[string]string) map[string]string {
	if len(m) == 0 {
		return nil
	}
	out := make(map[string]string, len(m))
	for k, v := range m {
		if strings.HasPrefix(k, "tribune.dev/") {
			v = shared(v)
		}
		out[shared(k)] = v
	}
	return out
}

// alike gives one copy of equal maps with one entry, such as the annotations of most Posts of a calendar: a map of one takes as
// much room as one of eight. What is cached must not be changed anyway.
func alike(m map[string]string) map[string]string {
	if len(m) != 1 {
		return m
	}
	ones.Lock()
	defer ones.Unlock()
	for k, v := range m {
		entry := [2]string{k, v}
		if known, ok := ones.known[entry]; ok {
			return known
		}
		if len(ones.known) >= maxOnes {
			clear(ones.known)
		}
		ones.known[entry] = m
	}
	return m
}

// maxOnes bounds the maps that are remembered to be shared.
const maxOnes = 4096

var ones = struct {
	sync.Mutex
	known map[[2]string]map[string]string
}{known: map[[2]string]map[string]string{}}

// shared gives one copy of equal strings.
func shared(s string) string {
	if s == "" {
		return ""
	}
	return unique.Make(s).Value()
}

// cacheAll makes known what is going to be cached, so that it is listed side by side, and ready means that all of it is there.
func cacheAll(c cache.Cache) error {
	for _, o := range []client.Object{&tribunev1alpha1.SocialChannel{}, &tribunev1alpha1.ContentCalendar{}, &tribunev1alpha1.Post{}, &tribunev1alpha1.Crisis{},
		&tribunev1alpha1.CommunityPolicy{}, &tribunev1alpha1.CommunityCase{}} {
		if _, err := c.GetInformer(context.Background(), o, cache.BlockUntilSynced(false)); err != nil {
			return fmt.Errorf("watch %T: %w", o, err)
		}
	}
	return nil
}

// cacheSynced is ready once the cache holds everything.
func cacheSynced(c cache.Cache) healthz.Checker {
	return func(req *http.Request) error {
		ctx, cancel := context.WithTimeout(req.Context(), 100*time.Millisecond)
		defer cancel()
		if !c.WaitForCacheSync(ctx) {
			return errors.New("the cache is still being filled")
		}
		return nil
	}
}
