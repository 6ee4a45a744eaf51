package controllers

import (
	"context"
	"fmt"
	"strconv"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	toolscache "k8s.io/client-go/tools/cache"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
)

// fat is a Post as the API server sends it.
func fat(i int) tribunev1alpha1.Post {
	p := tribunev1alpha1.Post{}
	p.Name, p.Namespace = fmt.Sprintf("post-%d", i), fmt.Sprint("te", "am")
	p.UID, p.ResourceVersion = types.UID(fmt.Sprintf("uid-%d", i)), fmt.Sprint(i)
	p.Spec.Content.Link = &tribunev1alpha1.Link{URL: fmt.Sprintf("https://acme.example/%d", i), Title: "News"}
	p.ManagedFields = []metav1.ManagedFieldsEntry{{Manager: "kubectl"}}
	p.Labels = map[string]string{tribunev1alpha1.LabelChannel: fmt.Sprint("squ", "are"), "mine": "x"}
	p.Annotations = map[string]string{corev1.LastAppliedConfigAnnotation: "{}", tribunev1alpha1.AnnotationOccurrence: fmt.Sprint("on", "ce")}
	p.Spec.Content.Text = fmt.Sprint("the same ", "text")
	p.Status.Conditions = append(make([]metav1.Condition, 0, 4), metav1.Condition{Type: tribunev1alpha1.ConditionReady}) // as decoding does
	return p
}

func TestSlim(t *testing.T) {
	a, b := fat(1), fat(2)
	slim(&a)
	slim(&b)
	want := fat(1)
	want.ManagedFields = nil
	delete(want.Annotations, corev1.LastAppliedConfigAnnotation)
	if diff := cmp.Diff(want, a); diff != "" {
		t.Error(diff)
	}
	if unsafe.StringData(a.Spec.Content.Text) != unsafe.StringData(b.Spec.Content.Text) {
		t.Error("equal texts of two Posts of a calendar are kept twice")
	}
	if room := cap(a.Status.Conditions); room != 1 {
		t.Errorf("one condition takes the room of %d", room)
	}
	cal := &tribunev1alpha1.ContentCalendar{}
	cal.Spec.Entries = []tribunev1alpha1.CalendarEntry{{Name: "launch", At: "2026-12-01T11:00", Content: &tribunev1alpha1.Content{Text: fmt.Sprint("the ", "same text"),
		Link: &tribunev1alpha1.Link{URL: "https://acme.example", Description: "d"}}}, {Name: "bare"}}
	kept := cal.DeepCopy()
	slim(cal)
	if diff := cmp.Diff(kept, cal); diff != "" {
		t.Error(diff)
	}
	if unsafe.StringData(a.Spec.Content.Text) != unsafe.StringData(cal.Spec.Entries[0].Content.Text) {
		t.Error("the text of a calendar's entry and of its Post are kept twice")
	}
	slim(&metav1.Status{}) // a watch's error has no metadata
}

// The cache is filled in pages, and everything in it is slim: what was listed and what came later.
func TestInformer(t *testing.T) {
	const posts = 2*pageSize + 7
	fake := watch.NewFake()
	lists := 0
	var informer toolscache.SharedIndexInformer
	lw := &toolscache.ListWatch{
		ListWithContextFunc: func(_ context.Context, o metav1.ListOptions) (runtime.Object, error) {
			lists++
			if o.ResourceVersion != "" || o.Limit != pageSize {
				t.Errorf("listed at version %q with limit %d", o.ResourceVersion, o.Limit)
			}
			from, _ := strconv.Atoi(o.Continue)
			if informer.HasSynced() {
				t.Errorf("synced before the page at %d was listed", from)
			}
			list := &tribunev1alpha1.PostList{ListMeta: metav1.ListMeta{ResourceVersion: "7"}}
			for i := from; i < min(from+pageSize, posts); i++ {
				list.Items = append(list.Items, fat(i))
			}
			if from+pageSize < posts {
				list.Continue = strconv.Itoa(from + pageSize)
			}
			return list, nil
		},
		WatchFuncWithContext: func(_ context.Context, o metav1.ListOptions) (watch.Interface, error) {
			if o.SendInitialEvents != nil {
				t.Error("watched without a list")
			}
			return fake, nil
		},
	}
	informer = newInformer(lw, &tribunev1alpha1.Post{}, 0, nil)
	added := make(chan struct{}, posts+1)
	if _, err := informer.AddEventHandler(toolscache.ResourceEventHandlerFuncs{AddFunc: func(any) { added <- struct{}{} }}); err != nil {
		t.Fatal(err)
	}
	go informer.RunWithContext(t.Context())
	for range posts {
		<-added
	}
	later := fat(posts)
	fake.Add(&later)
	<-added
	if lists != 3 {
		t.Errorf("listed %d pages, want 3", lists)
	}
	for _, o := range informer.GetStore().List() {
		if p, ok := o.(*tribunev1alpha1.Post); !ok || p.ManagedFields != nil {
			t.Fatalf("%T in the cache is not slim", o)
		}
	}
	if n := len(informer.GetStore().List()); n != posts+1 {
		t.Errorf("%d Posts in the cache, want %d", n, posts+1)
	}
}

// A watch that nobody reads any more ends, whatever it holds.
func TestSlimmingStops(*testing.T) {
	fake := watch.NewFakeWithChanSize(2, false)
	p := fat(1)
	fake.Add(&p)
	s := newSlimming(fake)
	s.Stop()
	s.Stop()
	for range s.ResultChan() { // closed once it has stopped
		continue
	}
}
