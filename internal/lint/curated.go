package lint

import (
	"fmt"
	"slices"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/plan"
)

// curating is a CommunityPolicy of the files.
type curating struct {
	namespace, name string
	// asks is true if a rule brings up what people made, and asks them whether it may be shared.
	asks bool
}

// quoting is a ContentCalendar of the files, to be looked at when all policies are known.
type quoting struct {
	*readable
	calendar *tribunev1alpha1.ContentCalendar
}

// asksConsent is true if a rule asks authors whether something of theirs may be shared.
func asksConsent(p *readPolicy) bool {
	return slices.ContainsFunc(p.rules, func(r placed[tribunev1alpha1.PolicyRule]) bool {
		return slices.ContainsFunc(r.item.Actions, func(a tribunev1alpha1.PolicyAction) bool {
			return a.Share != nil || a.Curate != nil && a.Curate.AskConsent != ""
		})
	})
}

// fromCurated checks that what entries quote can ever come to be.
func (c *checker) fromCurated(q quoting) {
	if len(c.curates) == 0 {
		return // no policy is among the files: it may be elsewhere
	}
	for i := range q.calendar.Spec.Entries {
		e := &q.calendar.Spec.Entries[i]
		look := func(field string, content *tribunev1alpha1.Content) {
			if content != nil && content.FromCurated != nil {
				c.brought(q.readable, q.inFile(fmt.Sprintf("%s%d].%s", entryPrefix, i, field))+".fromCurated", content.FromCurated)
			}
		}
		look("content", e.Content)
		for n := range e.Rotation {
			look(fmt.Sprintf("rotation[%d]", n), &e.Rotation[n])
		}
		for n := range e.Overrides {
			look(fmt.Sprintf("overrides[%d].content", n), &e.Overrides[n].Content)
		}
	}
}

// brought checks that a policy of the files brings up what is quoted.
func (c *checker) brought(r *readable, path string, from *tribunev1alpha1.FromCurated) {
	named, asks := false, false
	for _, p := range c.curates {
		if p.namespace != r.namespace && p.namespace != "" && r.namespace != "" || from.PolicyRef != nil && string(from.PolicyRef.Name) != p.name {
			continue
		}
		named, asks = true, asks || p.asks
	}
	switch {
	case !named && from.PolicyRef != nil:
		c.add(r.finding(Error, path+".policyRef.name", fmt.Sprintf("there is no CommunityPolicy %s in this namespace: make it, or correct the name", from.PolicyRef.Name)))
	case named && !asks && from.PolicyRef != nil:
		c.add(r.finding(Warning, path, fmt.Sprintf("no rule of CommunityPolicy %s has share, or curate with askConsent: nobody is asked, and nothing is ever quoted", from.PolicyRef.Name)))
	case named && !asks:
		c.add(r.finding(Warning, path, "no rule of a CommunityPolicy here has share, or curate with askConsent: nobody is asked, and nothing is ever quoted"))
	}
}

// shares checks the channels on which a rule shares what people made.
func (c *checker) shares(p *readPolicy, path string, s *tribunev1alpha1.ShareAction) {
	if s == nil {
		return
	}
	for i, ref := range s.ChannelRefs {
		if !slices.ContainsFunc(p.channels, func(ch plan.Channel) bool { return ch.Name == string(ref.Name) }) {
			c.add(p.finding(Error, fmt.Sprintf("%s.channelRefs[%d].name", path, i), noChannel(string(ref.Name))))
		}
	}
}
