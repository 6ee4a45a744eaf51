package crash

import (
	"context"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
)

// observer follows the Posts of a namespace, over outages and restores of the API server too.
type observer struct {
	mu      sync.Mutex
	posts   map[string]*tribunev1alpha1.Post
	changed chan struct{} // closed at the next change
}

func observe(ctx context.Context, c client.WithWatch, namespace string) *observer {
	o := &observer{posts: map[string]*tribunev1alpha1.Post{}, changed: make(chan struct{})}
	go func() {
		for ctx.Err() == nil {
			o.follow(ctx, c, namespace)
			pause(ctx, 20*time.Millisecond)
		}
	}()
	return o
}

// follow lists and watches until the watch ends.
func (o *observer) follow(ctx context.Context, c client.WithWatch, namespace string) {
	list := &tribunev1alpha1.PostList{}
	if err := c.List(ctx, list, client.InNamespace(namespace)); err != nil {
		return
	}
	o.update(func() {
		clear(o.posts)
		for i := range list.Items {
			o.posts[list.Items[i].Name] = &list.Items[i]
		}
	})
	w, err := c.Watch(ctx, &tribunev1alpha1.PostList{}, client.InNamespace(namespace), &client.ListOptions{Raw: listFrom(list.ResourceVersion)})
	if err != nil {
		return
	}
	defer w.Stop()
	for e := range w.ResultChan() {
		p, ok := e.Object.(*tribunev1alpha1.Post)
		if !ok {
			return
		}
		o.update(func() {
			if e.Type == watch.Deleted {
				delete(o.posts, p.Name)
				return
			}
			o.posts[p.Name] = p
		})
	}
}

// forget what was seen, as the cluster is another now: until it is listed again nothing is known.
func (o *observer) forget() { o.update(func() { clear(o.posts) }) }

func (o *observer) update(f func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	f()
	close(o.changed)
	o.changed = make(chan struct{})
}

// wait until the Posts are as they should be; false if ctx ended first.
func (o *observer) wait(ctx context.Context, holds func(map[string]*tribunev1alpha1.Post) bool) bool {
	for {
		o.mu.Lock()
		ok, changed := holds(o.posts), o.changed
		o.mu.Unlock()
		if ok {
			return true
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return false
		}
	}
}

// pause is for moments that are random on purpose, and between attempts at something.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
