package lint

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/plan"
	"github.com/tribune-dev/tribune/internal/policy"
)

// readPolicy is a CommunityPolicy of the files, with what it names.
type readPolicy struct {
	*readable
	spec *tribunev1alpha1.CommunityPolicySpec
	// rules, lists and tests are those that could be read, each with its place in the file: what is wrong in one hides nothing
	// of the others.
	rules []placed[tribunev1alpha1.PolicyRule]
	lists []placed[tribunev1alpha1.PolicyList]
	tests []placed[tribunev1alpha1.PolicyTest]
	// channels of the namespace, and those of them that the policy is for. alone is true if no channel is among the files.
	channels, picked []plan.Channel
	alone            bool
}

// placed is an item of a list with its path in the file.
type placed[T any] struct {
	at   string
	item *T
}

// itemsOf reads the items of a list of spec, without those that cannot be read.
func itemsOf[T any](o *object, field string) []placed[T] {
	spec, _ := o.content["spec"].(map[string]any)
	items, _ := spec[field].([]any)
	var found []placed[T]
	for i, item := range items {
		fields, ok := item.(map[string]any)
		into := new(T)
		if ok && runtime.DefaultUnstructuredConverter.FromUnstructured(fields, into) == nil {
			found = append(found, placed[T]{fmt.Sprintf("spec.%s[%d]", field, i), into})
		}
	}
	return found
}

// policy checks what a CommunityPolicy names, channels, lists and ConfigMaps, and its rules.
func (c *checker) policy(r *readable) {
	object := decode[tribunev1alpha1.CommunityPolicy](c, r)
	if object == nil {
		return
	}
	p := &readPolicy{
		readable: r, spec: &object.Spec, channels: c.channelsOf(r.namespace), alone: len(c.channels) == 0,
		rules: itemsOf[tribunev1alpha1.PolicyRule](r.object, "rules"),
		lists: itemsOf[tribunev1alpha1.PolicyList](r.object, "lists"),
		tests: itemsOf[tribunev1alpha1.PolicyTest](r.object, "tests"),
	}
	c.curates = append(c.curates, curating{r.namespace, r.name, asksConsent(p)})
	if p.alone {
		c.add(r.finding(Warning, "spec", "no SocialChannel is among the files: names of channels were not checked"))
	} else {
		c.policyChannels(p)
		c.policyTells(p)
	}
	c.policyLists(p)
	c.policyRules(p)
}

// policyChannels checks which channels the policy is for, and each of its rules.
func (c *checker) policyChannels(p *readPolicy) {
	for i, ref := range p.spec.ChannelRefs {
		c.pick(p, fmt.Sprintf("spec.channelRefs[%d].name", i), string(ref.Name))
	}
	if p.spec.ChannelSelector != nil {
		selector, err := metav1.LabelSelectorAsSelector(p.spec.ChannelSelector)
		if err != nil {
			c.add(p.finding(Error, "spec.channelSelector", err.Error()))
			return
		}
		matches := 0
		for _, ch := range p.channels {
			if selector.Matches(labels.Set(ch.Labels)) {
				matches++
				p.picked = append(p.picked, ch)
			}
		}
		if matches == 0 {
			c.add(p.finding(Warning, "spec.channelSelector", fmt.Sprintf("matches no SocialChannel of this namespace (%s)", selector)))
		}
	}
	if p.dropped["channelRefs"] || p.dropped["channelSelector"] {
		return // which channels are meant is not known
	}
	for _, rule := range p.rules {
		for i, ref := range rule.item.ChannelRefs {
			c.among(p, fmt.Sprintf("%s.channelRefs[%d].name", rule.at, i), string(ref.Name), "the rule would never see an item there")
		}
	}
	for _, test := range p.tests {
		if name := string(test.item.Item.Channel); name != "" {
			c.among(p, test.at+".item.channel", name, "no item comes from there")
		}
	}
}

// pick adds a channel that the policy names.
func (c *checker) pick(p *readPolicy, path, name string) {
	at := slices.IndexFunc(p.channels, func(ch plan.Channel) bool { return ch.Name == name })
	if at < 0 {
		c.add(p.finding(Error, path, noChannel(name)))
		return
	}
	p.picked = append(p.picked, p.channels[at])
}

// among checks that a channel is one that the policy is for; otherwise says what follows if it is not.
func (c *checker) among(p *readPolicy, path, name, otherwise string) {
	named := func(ch plan.Channel) bool { return ch.Name == name }
	switch {
	case !slices.ContainsFunc(p.channels, named):
		c.add(p.finding(Error, path, noChannel(name)))
	case !slices.ContainsFunc(p.picked, named):
		c.add(p.finding(Error, path, fmt.Sprintf("SocialChannel %s is not among the channels of this policy, so that %s: add it to channelRefs, or correct the name", name, otherwise)))
	}
}

// policyEvents are what happens to a policy.
var policyEvents = []tribunev1alpha1.NotifyEvent{
	tribunev1alpha1.NotifyCaseOpened, tribunev1alpha1.NotifyCaseOverdue, tribunev1alpha1.NotifyCircuitOpen, tribunev1alpha1.NotifyTestsFailed,
}

// policyTells checks the channels by which a policy tells people something.
func (c *checker) policyTells(p *readPolicy) {
	for _, rule := range p.rules {
		for i := range rule.item.Actions {
			at, action := fmt.Sprintf("%s.actions[%d]", rule.at, i), &rule.item.Actions[i]
			if action.Route != nil {
				c.told(p.readable, at+".route.channelRef.name", string(action.Route.ChannelRef.Name))
			}
			c.shares(p, at+".share", action.Share)
			if action.Notify != nil {
				c.told(p.readable, at+".notify.channelRef.name", string(action.Notify.ChannelRef.Name))
			}
		}
	}
	if a := p.spec.Answer; a != nil {
		if a.Remind != nil {
			c.told(p.readable, "spec.answer.remind.channelRef.name", string(a.Remind.ChannelRef.Name))
		}
		if a.Escalate != nil {
			c.told(p.readable, "spec.answer.escalate.channelRef.name", string(a.Escalate.ChannelRef.Name))
		}
	}
	for i := range p.spec.KeyPeople {
		if r := p.spec.KeyPeople[i].Remind; r != nil {
			c.told(p.readable, fmt.Sprintf("spec.keyPeople[%d].remind.channelRef.name", i), string(r.ChannelRef.Name))
		}
	}
	c.notified(p.readable, p.spec.Notify)
	c.heard(p)
	for i := range p.spec.Notify {
		for _, event := range p.spec.Notify[i].On {
			if !slices.Contains(policyEvents, event) {
				c.add(p.finding(Warning, fmt.Sprintf("spec.notify[%d].on", i), fmt.Sprintf("%s does not happen to a policy, so that nobody is told: it is for calendars and channels", event)))
			}
		}
	}
}

// policyLists checks that lists are used, and can be read.
func (c *checker) policyLists(p *readPolicy) {
	used := p.listsUsed()
	for _, list := range p.lists {
		if list.item.ConfigMapKeyRef != nil {
			c.listFile(p, list.at+".configMapKeyRef", list.item.ConfigMapKeyRef)
		}
		if !used[string(list.item.Name)] && !p.dropped["rules"] {
			c.add(p.finding(Warning, list.at, fmt.Sprintf("no rule names list %s: name it in termsIn or domainsIn, or remove it", list.item.Name)))
		}
	}
}

// criteriaOf gives all criteria of a match with their paths.
func criteriaOf(at string, match *tribunev1alpha1.Match) map[string]*tribunev1alpha1.Criteria {
	found := map[string]*tribunev1alpha1.Criteria{at: &match.Criteria}
	for name, list := range map[string][]tribunev1alpha1.Criteria{"all": match.All, "any": match.Any, "none": match.None} {
		for i := range list {
			found[fmt.Sprintf("%s.%s[%d]", at, name, i)] = &list[i]
		}
	}
	return found
}

// listFile checks a list that stands in a ConfigMap, where that is among the files.
func (c *checker) listFile(p *readPolicy, at string, ref *tribunev1alpha1.ConfigMapKeyReference) {
	m := c.findConfigMap(p.namespace, ref.Name)
	if m == nil {
		if hashed := c.hashed(p.namespace, ref.Name); hashed != "" {
			c.add(p.finding(Error, at+".name", hashedName(ref.Name, hashed)))
			return
		}
		c.add(p.finding(Warning, at+".name", fmt.Sprintf("ConfigMap %s is not among the files: the list was not checked", ref.Name)))
		return
	}
	data, _ := m.content["data"].(map[string]any)
	text, ok := data[ref.Key].(string)
	binary, _ := m.content["binaryData"].(map[string]any)
	_, isBinary := binary[ref.Key]
	switch {
	case isBinary:
		c.add(p.finding(Error, at+".key", fmt.Sprintf("%s stands in the ConfigMap's binaryData: a list is a text in UTF-8, one word or domain a line, in data", ref.Key)))
	case !ok:
		keys := "it has none"
		if len(data) > 0 {
			keys = "there are " + strings.Join(slices.Sorted(maps.Keys(data)), ", ")
		}
		c.add(p.finding(Error, at+".key", fmt.Sprintf("ConfigMap %s has no key %s in data; %s", ref.Name, ref.Key, keys)))
	case len(policy.Lines(text)) == 0:
		c.add(p.finding(Warning, at+".key", fmt.Sprintf("%s holds nothing but comments and empty lines: a rule that names the list never matches by it", ref.Key)))
	}
}
