package crisis_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/crisis"
)

func post(channel, campaign, pillar string) *tribunev1alpha1.Post {
	p := &tribunev1alpha1.Post{ObjectMeta: metav1.ObjectMeta{Namespace: "acme", Name: "p"}}
	p.Spec.ChannelRef.Name = tribunev1alpha1.ObjectName(channel)
	p.Spec.Campaign, p.Spec.Pillar = campaign, pillar
	return p
}

func selector(labels map[string]string) *tribunev1alpha1.CrisisScope {
	return &tribunev1alpha1.CrisisScope{ChannelSelector: &metav1.LabelSelector{MatchLabels: labels}}
}

func refs(names ...string) []tribunev1alpha1.LocalReference {
	var list []tribunev1alpha1.LocalReference
	for _, n := range names {
		list = append(list, tribunev1alpha1.LocalReference{Name: tribunev1alpha1.ObjectName(n)})
	}
	return list
}

func TestResolve(t *testing.T) {
	channels := []crisis.Channel{{Name: "a", Labels: map[string]string{"team": "x"}}, {Name: "b", Labels: map[string]string{"team": "y"}}, {Name: "c"}}
	except := &tribunev1alpha1.PostExceptions{Campaigns: []string{"safety"}}
	many := make([]crisis.Channel, 1200)
	for i := range many {
		many[i] = crisis.Channel{Name: fmt.Sprintf("c%04d", i), Labels: map[string]string{"team": "x"}}
	}
	for name, test := range map[string]struct {
		spec     tribunev1alpha1.CrisisSpec
		channels []crisis.Channel
		want     []tribunev1alpha1.CrisisHold
		problem  string
	}{
		"everything":          {want: []tribunev1alpha1.CrisisHold{{AllChannels: true}}},
		"by label":            {spec: tribunev1alpha1.CrisisSpec{Scope: selector(map[string]string{"team": "x"})}, want: []tribunev1alpha1.CrisisHold{{Channels: []string{"a"}}}},
		"any label":           {spec: tribunev1alpha1.CrisisSpec{Scope: selector(nil)}, want: []tribunev1alpha1.CrisisHold{{Channels: []string{"a", "b", "c"}}}},
		"by name":             {spec: tribunev1alpha1.CrisisSpec{Scope: &tribunev1alpha1.CrisisScope{ChannelRefs: refs("c", "a")}}, want: []tribunev1alpha1.CrisisHold{{Channels: []string{"a", "c"}}}},
		"a name to come":      {spec: tribunev1alpha1.CrisisSpec{Scope: &tribunev1alpha1.CrisisScope{ChannelRefs: refs("new")}}, want: []tribunev1alpha1.CrisisHold{{Channels: []string{"new"}}}, problem: "there is no SocialChannel new"},
		"none":                {spec: tribunev1alpha1.CrisisSpec{Scope: selector(map[string]string{"team": "z"})}, problem: "picks no SocialChannel"},
		"exceptions":          {spec: tribunev1alpha1.CrisisSpec{HoldPosts: &tribunev1alpha1.HoldPosts{Except: except}}, want: []tribunev1alpha1.CrisisHold{{AllChannels: true, Except: except}}},
		"an empty exception":  {spec: tribunev1alpha1.CrisisSpec{HoldPosts: &tribunev1alpha1.HoldPosts{Except: &tribunev1alpha1.PostExceptions{}}}, want: []tribunev1alpha1.CrisisHold{{AllChannels: true}}},
		"an unreadable label": {spec: tribunev1alpha1.CrisisSpec{Scope: selector(map[string]string{"no label": "x"})}, want: []tribunev1alpha1.CrisisHold{{AllChannels: true}}, problem: "every Post is held"},
	} {
		t.Run(name, func(t *testing.T) {
			got, problem := crisis.Resolve(&test.spec, channels)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if (test.problem == "") != (problem == "") || !strings.Contains(problem, test.problem) {
				t.Errorf("problem %q, want %q", problem, test.problem)
			}
		})
	}
	holds, _ := crisis.Resolve(&tribunev1alpha1.CrisisSpec{Scope: selector(map[string]string{"team": "x"})}, many)
	if len(holds) != 3 {
		t.Errorf("1,200 channels make %d holds", len(holds))
	}
	for _, c := range many {
		if !crisis.Selects(holds, post(c.Name, "", "")) {
			t.Fatalf("%s is not held", c.Name)
		}
	}
}

// dice makes holds and Posts from few words, so that they often meet.
type dice struct{ *rand.Rand }

func (d dice) some(words ...string) []string {
	var list []string
	for _, w := range words {
		if d.IntN(3) == 0 {
			list = append(list, w)
		}
	}
	return list
}

func (d dice) hold() tribunev1alpha1.CrisisHold {
	h := tribunev1alpha1.CrisisHold{AllChannels: d.IntN(5) == 0}
	if !h.AllChannels {
		h.Channels = d.some("a", "b", "c", "d")
	}
	if d.IntN(2) == 0 {
		h.Except = &tribunev1alpha1.PostExceptions{Campaigns: d.some("one", "two", "*"), Pillars: d.some("red", "*")}
	}
	return h
}

func (d dice) holds(n int) []tribunev1alpha1.CrisisHold {
	var list []tribunev1alpha1.CrisisHold
	for range d.IntN(n + 1) {
		list = append(list, d.hold())
	}
	return list
}

func (d dice) post() *tribunev1alpha1.Post {
	pick := func(words ...string) string { return words[d.IntN(len(words))] }
	return post(pick("a", "b", "c", "d", "e"), pick("", "one", "two", "three"), pick("", "red", "blue"))
}

// Whatever is put together: nothing that was held is let go, and nothing is held that nobody asked for, as long as all can be said.
func TestUnionOnlyGrows(t *testing.T) {
	d := dice{rand.New(rand.NewPCG(1, 2))}
	for range 20000 {
		old, more := d.holds(4), d.holds(4)
		union := crisis.Union(old, more)
		for range 8 {
			p := d.post()
			want := crisis.Selects(old, p) || crisis.Selects(more, p)
			if got := crisis.Selects(union, p); got != want {
				t.Fatalf("%+v and %+v make %+v: of channel %s, campaign %q, pillar %q held %v, want %v", old, more, union, p.Spec.ChannelRef.Name, p.Spec.Campaign, p.Spec.Pillar, got, want)
			}
			if crisis.Covers(old, more) && crisis.Selects(more, p) && !crisis.Selects(old, p) {
				t.Fatalf("%+v does not cover %+v", old, more)
			}
		}
		if !crisis.Covers(union, old) || !crisis.Covers(union, more) {
			t.Fatalf("%+v covers not %+v and %+v", union, old, more)
		}
	}
	var all []tribunev1alpha1.CrisisHold
	for i := range 40 {
		all = crisis.Union(all, []tribunev1alpha1.CrisisHold{{Channels: []string{fmt.Sprint(i)}, Except: &tribunev1alpha1.PostExceptions{Campaigns: []string{fmt.Sprint(i)}}}})
	}
	if len(all) > 16 || !crisis.Selects(all, post("39", "", "")) || !crisis.Selects(all, post("0", "", "")) {
		t.Errorf("forty different holds make %+v", all)
	}
}
