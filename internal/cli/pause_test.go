package cli

import (
	"bufio"
	"context"
	"strings"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/controllers"
)

var pausedAt = time.Date(2026, 12, 1, 8, 0, 0, 0, time.UTC)

func TestPauseFlags(t *testing.T) {
	for name, test := range map[string]struct {
		p     pauser
		until time.Duration
		fails string
	}{
		"a reason is enough": {p: pauser{reason: "fire"}},
		"no reason":          {fails: "--reason TEXT"},
		"a long reason":      {p: pauser{reason: strings.Repeat("x", 501)}, fails: "at most 500"},
		"no labels":          {p: pauser{reason: "x", channels: "a b"}, fails: "brand=rocket"},
		"a while":            {p: pauser{reason: "x", until: "90m"}, until: 90 * time.Minute},
		"a time":             {p: pauser{reason: "x", until: "2026-12-01T11:00:00+01:00"}, until: 2 * time.Hour},
		"a time that passed": {p: pauser{reason: "x", until: "2026-12-01T08:00:00+01:00"}, fails: "not in the future"},
		"no while":           {p: pauser{reason: "x", until: "-1h"}, fails: "not in the future"},
		"no time":            {p: pauser{reason: "x", until: "tomorrow"}, fails: "with its offset"},
	} {
		t.Run(name, func(t *testing.T) {
			test.p.now = func() time.Time { return pausedAt }
			spec, err := test.p.spec()
			if (err == nil) != (test.fails == "") || err != nil && !strings.Contains(err.Error(), test.fails) {
				t.Fatalf("got %v, want %q", err, test.fails)
			}
			if test.until > 0 && (spec.Until == nil || !spec.Until.Time.Equal(pausedAt.Add(test.until))) {
				t.Errorf("until %v, want %s later", spec.Until, test.until)
			}
		})
	}
}

// answering is a cluster in which the manager says of every Crisis what status says.
func answering(status func(*tribunev1alpha1.Crisis), objects ...client.Object) client.Client {
	return fake.NewClientBuilder().WithScheme(controllers.NewScheme()).WithObjects(objects...).WithStatusSubresource(&tribunev1alpha1.Crisis{}).
		WithIndex(&tribunev1alpha1.Post{}, "status.state", func(o client.Object) []string {
			return []string{string(o.(*tribunev1alpha1.Post).Status.State)} //nolint:forcetypeassert // it is indexed for Posts
		}).
		WithInterceptorFuncs(interceptor.Funcs{
			Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, o client.Object, options ...client.GetOption) error {
				err := c.Get(ctx, key, o, options...)
				if crisis, ok := o.(*tribunev1alpha1.Crisis); ok && err == nil {
					status(crisis)
				}
				return err
			},
			Create: func(ctx context.Context, c client.WithWatch, o client.Object, options ...client.CreateOption) error {
				if review, ok := o.(*authenticationv1.SelfSubjectReview); ok {
					review.Status.UserInfo.Username = "ana"
					return nil
				}
				return c.Create(ctx, o, options...)
			},
		}).Build()
}

func holds(c *tribunev1alpha1.Crisis) {
	c.Status = tribunev1alpha1.CrisisStatus{ObservedGeneration: c.Generation, State: tribunev1alpha1.CrisisOpen, InFlight: []string{"fast"},
		Conditions: []metav1.Condition{{Type: "PostsHeld", Status: "True", Reason: "Holding", Message: "1 Posts were being sent or edited when it was stored, and went out: fast"}}}
}

func TestPause(t *testing.T) {
	channel := &tribunev1alpha1.SocialChannel{ObjectMeta: metav1.ObjectMeta{Namespace: "acme", Name: "square", Labels: map[string]string{"team": "x"}}}
	for name, test := range map[string]struct {
		p      pauser
		status func(*tribunev1alpha1.Crisis)
		says   []string
		fails  string
	}{
		"waits": {p: pauser{}, status: holds, says: []string{
			"crisis/pause-20261201-080000 holds every Post of every channel in namespace acme\n", "nothing goes out any more", "slipped through: post/fast\n",
			"tribune resume pause-20261201-080000 -n acme\n"}},
		"does not wait":   {p: pauser{noWait: true}, status: func(*tribunev1alpha1.Crisis) {}, says: []string{"holds every Post"}},
		"some channels":   {p: pauser{channels: "team=x"}, status: holds, says: []string{"holds every Post of square in"}},
		"no such channel": {p: pauser{channels: "team=y"}, status: holds, fails: "picks none of square (team=x): nothing was done"},
		"no manager":      {p: pauser{timeout: time.Millisecond}, status: func(*tribunev1alpha1.Crisis) {}, says: []string{"waiting for the manager"}, fails: "holds all the same"},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			p := test.p
			p.reason, p.out, p.now, p.k8s = "fire", &out, func() time.Time { return pausedAt }, answering(test.status, channel)
			if p.timeout == 0 {
				p.timeout = time.Minute
			}
			spec, err := p.spec()
			if err != nil {
				t.Fatal(err)
			}
			err = p.run(t.Context(), "acme", spec)
			if (err == nil) != (test.fails == "") || err != nil && !strings.Contains(err.Error(), test.fails) {
				t.Errorf("got %v, want %q", err, test.fails)
			}
			for _, text := range test.says {
				if !strings.Contains(out.String(), text) {
					t.Errorf("it says\n%s\nwithout %q", &out, text)
				}
			}
			made := &tribunev1alpha1.CrisisList{}
			if err := p.k8s.List(t.Context(), made); err != nil {
				t.Fatal(err)
			}
			if want := name != "no such channel"; (len(made.Items) == 1) != want {
				t.Errorf("%d Crises were made", len(made.Items))
			}
			for _, c := range made.Items {
				if len(c.Finalizers) != 1 || c.Spec.Reason != "fire" {
					t.Errorf("made %+v", c)
				}
			}
		})
	}
}

func TestResume(t *testing.T) {
	open := func(name string) *tribunev1alpha1.Crisis {
		return &tribunev1alpha1.Crisis{ObjectMeta: metav1.ObjectMeta{Namespace: "acme", Name: name}, Spec: tribunev1alpha1.CrisisSpec{Reason: "fire"},
			Status: tribunev1alpha1.CrisisStatus{State: tribunev1alpha1.CrisisOpen, Holds: []tribunev1alpha1.CrisisHold{{AllChannels: true}}}}
	}
	closed := open("closed")
	closed.Status.State = tribunev1alpha1.CrisisClosed
	held := func(name string, ago time.Duration) *tribunev1alpha1.Post {
		p := &tribunev1alpha1.Post{ObjectMeta: metav1.ObjectMeta{Namespace: "acme", Name: name}}
		p.Spec.PublishAt = &metav1.Time{Time: pausedAt.Add(-ago)}
		p.Status.State = tribunev1alpha1.PostHeld
		p.Status.Conditions = []metav1.Condition{{Type: "Held", Status: "True", Reason: "Crisis"}}
		return p
	}
	posts := []client.Object{held("p1", time.Minute), held("p2", 2*time.Minute), held("old", 5*time.Hour)}
	for name, test := range map[string]struct {
		r       resumer
		named   string
		crises  []client.Object
		answer  string
		says    []string
		fails   string
		ended   []string
		watches string
	}{
		"the only one": {crises: []client.Object{open("x"), closed}, answer: "y\n", ended: []string{"x"}, says: []string{
			"crisis/x: fire", "at once: p2\n", "at 2026-12-01T08:15:00Z (in 15m0s): 1 more", "1 Posts whose time passed wait for tribune post release", "crisis/x stands down"}},
		"no":               {crises: []client.Object{open("x")}, answer: "n\n", fails: "nothing was done"},
		"at once":          {r: resumer{atOnce: true, yes: true}, crises: []client.Object{open("x")}, ended: []string{"x"}, says: []string{"at once: 2 Posts"}, watches: "0s"},
		"the late as well": {r: resumer{missed: "Replan", yes: true, posts: 2}, crises: []client.Object{open("x")}, ended: []string{"x"}, says: []string{"at once: old, p2\n"}},
		"the late are out": {r: resumer{missed: "Skip", yes: true}, crises: []client.Object{open("x")}, ended: []string{"x"}, says: []string{"are left out (Missed)"}},
		"which":            {crises: []client.Object{open("x"), open("y")}, answer: "2\ny\n", ended: []string{"y"}, says: []string{"Which one?", "3 Posts stay held by another Crisis"}},
		"which, and none":  {crises: []client.Object{open("x"), open("y")}, answer: "7\n", fails: "is none of them"},
		"all":              {r: resumer{all: true, yes: true}, crises: []client.Object{open("x"), open("y")}, ended: []string{"x", "y"}},
		"by name":          {r: resumer{yes: true}, named: "y", crises: []client.Object{open("x"), open("y")}, ended: []string{"y"}},
		"several, no tty":  {r: resumer{yes: true}, crises: []client.Object{open("x"), open("y")}, fails: "give a name, or --all"},
		"none":             {crises: []client.Object{closed}, fails: "nothing is paused"},
		"over":             {named: "closed", crises: []client.Object{closed}, fails: "is over"},
		"unknown":          {named: "z", crises: []client.Object{open("x")}, fails: "there is no Crisis z"},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			r := test.r
			r.k8s, r.out, r.in, r.now = answering(func(*tribunev1alpha1.Crisis) {}, append(test.crises, posts...)...), &out,
				bufio.NewReader(strings.NewReader(test.answer)), func() time.Time { return pausedAt }
			err := r.run(t.Context(), "acme", test.named)
			if (err == nil) != (test.fails == "") || err != nil && !strings.Contains(err.Error(), test.fails) {
				t.Errorf("got %v, want %q", err, test.fails)
			}
			for _, text := range test.says {
				if !strings.Contains(out.String(), text) {
					t.Errorf("it says\n%s\nwithout %q", &out, text)
				}
			}
			list := &tribunev1alpha1.CrisisList{}
			if err := r.k8s.List(t.Context(), list); err != nil {
				t.Fatal(err)
			}
			var ended []string
			for _, c := range list.Items {
				if c.Spec.StandDown != nil {
					ended = append(ended, c.Name)
					if c.Spec.StandDown.By != "ana" || test.watches != "" && (c.Spec.Resume == nil || c.Spec.Resume.Watch.Duration.String() != test.watches) {
						t.Errorf("ended with %+v, %+v", c.Spec.StandDown, c.Spec.Resume)
					}
				}
			}
			if strings.Join(ended, " ") != strings.Join(test.ended, " ") {
				t.Errorf("ended %q, want %q", ended, test.ended)
			}
		})
	}
}
