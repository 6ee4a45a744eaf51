// Package crisis decides about Crises as pure functions: which Posts they hold, how they open, stand down and close, and what
// their status says. It must not know clients or clocks: whoever carries its decisions out passes in what was seen and when.
//
// One thing is true of everything here: a hold only grows, until a person ends it.
package crisis

import (
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
)

const (
	// maxChannels a single hold names; more are in another one.
	maxChannels = 500
	// maxHolds of a Crisis; what does not fit becomes a hold of everything.
	maxHolds = 16
	// anything stands for every campaign or pillar.
	anything = "*"
)

// Channel is what is known of a SocialChannel.
type Channel struct {
	Name   string
	Labels map[string]string
}

// Resolve makes of a spec what it holds now. The problem, for people, says what about the scope is not as they will have meant
// it: a selector that cannot be read holds everything, and one that picks no channel holds nothing.
func Resolve(spec *tribunev1alpha1.CrisisSpec, channels []Channel) (holds []tribunev1alpha1.CrisisHold, problem string) {
	var except *tribunev1alpha1.PostExceptions
	if spec.HoldPosts != nil && spec.HoldPosts.Except != nil && len(spec.HoldPosts.Except.Campaigns)+len(spec.HoldPosts.Except.Pillars) > 0 {
		except = spec.HoldPosts.Except.DeepCopy()
	}
	if spec.Scope == nil {
		return []tribunev1alpha1.CrisisHold{{AllChannels: true, Except: except}}, ""
	}
	names, unknown := map[string]bool{}, ""
	for _, ref := range spec.Scope.ChannelRefs {
		names[string(ref.Name)] = true // one that is made later is held, too
		if !slices.ContainsFunc(channels, func(c Channel) bool { return c.Name == string(ref.Name) }) {
			unknown = fmt.Sprintf("there is no SocialChannel %s: one that is made by this name is held", ref.Name)
		}
	}
	if s := spec.Scope.ChannelSelector; s != nil {
		selector, err := metav1.LabelSelectorAsSelector(s)
		if err != nil {
			return []tribunev1alpha1.CrisisHold{{AllChannels: true}}, fmt.Sprintf("spec.scope.channelSelector: %v; every Post is held", err)
		}
		for _, c := range channels {
			if selector.Matches(labels.Set(c.Labels)) {
				names[c.Name] = true
			}
		}
	}
	if len(names) == 0 {
		return nil, "spec.scope picks no SocialChannel, so that no Post is held: correct its labels, or take spec.scope out to hold all"
	}
	for chunk := range slices.Chunk(sorted(names), maxChannels) {
		holds = append(holds, tribunev1alpha1.CrisisHold{Channels: chunk, Except: except.DeepCopy()})
	}
	return bounded(holds), unknown
}

func sorted(set map[string]bool) []string {
	list := make([]string, 0, len(set))
	for name := range set {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}

// bounded keeps within what a status can say, by holding more rather than less.
func bounded(holds []tribunev1alpha1.CrisisHold) []tribunev1alpha1.CrisisHold {
	if len(holds) > maxHolds {
		return []tribunev1alpha1.CrisisHold{{AllChannels: true}}
	}
	return holds
}

// Union holds whatever one of both holds. What is in old stays as it is where that is enough.
func Union(old, more []tribunev1alpha1.CrisisHold) []tribunev1alpha1.CrisisHold {
	all := slices.Clone(old)
	for i := range more {
		all = add(all, more[i])
	}
	return bounded(all)
}

func add(all []tribunev1alpha1.CrisisHold, more tribunev1alpha1.CrisisHold) []tribunev1alpha1.CrisisHold {
	for i := range all {
		if covers(&all[i], &more) {
			return all
		}
	}
	all = slices.DeleteFunc(all, func(h tribunev1alpha1.CrisisHold) bool { return covers(&more, &h) })
	for i := range all {
		h := &all[i]
		if h.AllChannels || more.AllChannels || !alike(h.Except, more.Except) {
			continue
		}
		names := map[string]bool{}
		for _, name := range slices.Concat(h.Channels, more.Channels) {
			names[name] = true
		}
		if len(names) <= maxChannels {
			all[i] = tribunev1alpha1.CrisisHold{Channels: sorted(names), Except: h.Except}
			return all
		}
	}
	return append(all, *more.DeepCopy())
}

// Covers is true if all that b holds is held by a single hold of a.
func Covers(a, b []tribunev1alpha1.CrisisHold) bool {
	for i := range b {
		if !slices.ContainsFunc(a, func(h tribunev1alpha1.CrisisHold) bool { return covers(&h, &b[i]) }) {
			return false
		}
	}
	return true
}

func covers(a, b *tribunev1alpha1.CrisisHold) bool {
	if !a.AllChannels && (b.AllChannels || !within(b.Channels, a.Channels)) {
		return false
	}
	if a.Except == nil {
		return true
	}
	return b.Except != nil && within(a.Except.Campaigns, b.Except.Campaigns) && within(a.Except.Pillars, b.Except.Pillars)
}

func alike(a, b *tribunev1alpha1.PostExceptions) bool {
	if a == nil || b == nil {
		return a == b
	}
	return within(a.Campaigns, b.Campaigns) && within(b.Campaigns, a.Campaigns) && within(a.Pillars, b.Pillars) && within(b.Pillars, a.Pillars)
}

func within(some, all []string) bool {
	if slices.Contains(all, anything) {
		return true
	}
	for _, s := range some {
		if !slices.Contains(all, s) {
			return false
		}
	}
	return true
}

// Selects is true if one of the holds is about the Post.
func Selects(holds []tribunev1alpha1.CrisisHold, p *tribunev1alpha1.Post) bool {
	for i := range holds {
		h := &holds[i]
		if (h.AllChannels || slices.Contains(h.Channels, string(p.Spec.ChannelRef.Name))) && !excepted(h.Except, p) {
			return true
		}
	}
	return false
}

func excepted(e *tribunev1alpha1.PostExceptions, p *tribunev1alpha1.Post) bool {
	if e == nil {
		return false
	}
	named := func(list []string, is string) bool {
		return is != "" && (slices.Contains(list, is) || slices.Contains(list, anything))
	}
	return named(e.Campaigns, p.Spec.Campaign) || named(e.Pillars, p.Spec.Pillar)
}
