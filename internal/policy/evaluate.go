package policy

import (
	"slices"
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/match"
	"github.com/tribune-dev/tribune/internal/views"
)

// Judge evaluates items, one after the other: it holds the room that is needed for one. It is not safe for concurrent use.
type Judge struct {
	policy  *Policy
	scanner *match.Scanner
	// found is the first hit of each group, by its number plus one; hits are those of the item.
	found []int
	hits  []match.Hit
	// touched groups are cleared before the next item.
	touched []int
	// authors of a thread, counted anew for each item.
	authors map[string]bool

	// What follows is about the item at hand, and made when a rule first asks for it.
	item  *Item
	hist  *History
	now   time.Time
	links []string
	known struct{ scanned, links, length, caps, cel bool }
	chars int64
	caps  float64
	vars  map[string]any
	gaps  map[string]bool
	ask   []Question
	wrong []Problem
	// doubts are what could not be asked for the rule at hand; held is true if it wants a person then whatever its outcome is.
	doubts []Evidence
	held   bool
}

// Judge makes one; each goroutine needs its own.
func (p *Policy) Judge() *Judge {
	return &Judge{policy: p, scanner: p.matcher.NewScanner(), found: make([]int, len(p.groupsOf()))}
}

func (p *Policy) groupsOf() []struct{} {
	most := 0
	for _, at := range p.byPattern {
		most = max(most, at.group+1)
	}
	return make([]struct{}, most)
}

// Evaluate decides about an item at a time.
func (j *Judge) Evaluate(item *Item, hist *History, now time.Time) Decision {
	j.begin(item, hist, now)
	d := Decision{Outcome: tribunev1alpha1.OutcomeAllow}
	exempt := j.exempt()
	var decided *rule
	rules := j.policy.rules
	var matched []*rule
	var doubted *Matched
	for i := range rules {
		r := &rules[i]
		// An Allow ends the search, once the others of its priority were asked.
		if decided != nil && decided.outcome == tribunev1alpha1.OutcomeAllow && r.priority < decided.priority {
			break
		}
		if !j.sees(r) {
			continue
		}
		evidence, holds := j.clause(&r.match)
		if holds == unsure && doubted == nil && j.reviews(r, exempt) {
			doubted = &Matched{Rule: r.name, Outcome: tribunev1alpha1.OutcomeReview, Evidence: slices.Clone(j.doubts)}
		}
		if holds != yes {
			continue
		}
		matched = append(matched, r)
		d.Matches = append(d.Matches, Matched{Rule: r.name, Outcome: r.outcome, Evidence: evidence})
		if r.outcome == "" || (exempt != "" && acts(r.outcome)) {
			continue
		}
		if decided == nil || (r.priority == decided.priority && stronger(r.outcome, decided.outcome)) {
			decided = r
		}
	}
	if decided != nil {
		d.Outcome, d.By = decided.outcome, decided.name
	}
	if doubted != nil && d.Outcome == tribunev1alpha1.OutcomeAllow {
		d.Outcome, d.By, d.Matches = doubted.Outcome, doubted.Rule, append(d.Matches, *doubted)
	}
	d.Ask, d.Problems = j.ask, j.wrong
	d.Question = j.isQuestion()
	j.follow(&d, matched, exempt)
	return d
}

// reviews says whether a person decides where a rule could not be asked: nobody gets by a rule by what makes it fail. What is hidden or removed
// by another rule stays so.
func (j *Judge) reviews(r *rule, exempt string) bool {
	if exempt != "" && acts(r.outcome) {
		return false
	}
	return j.held || (r.outcome != "" && r.outcome != tribunev1alpha1.OutcomeAllow)
}

func (j *Judge) begin(item *Item, hist *History, now time.Time) {
	for _, g := range j.touched {
		j.found[g] = 0
	}
	j.touched, j.hits = j.touched[:0], j.hits[:0]
	j.item, j.hist, j.now = item, hist, now
	j.links = j.links[:0]
	j.known.scanned, j.known.links, j.known.length, j.known.caps, j.known.cel = false, false, false, false, false
	j.ask, j.wrong = nil, nil
}

// acts is true for outcomes that change what the public sees.
func acts(o tribunev1alpha1.PolicyOutcome) bool {
	return o == tribunev1alpha1.OutcomeHide || o == tribunev1alpha1.OutcomeRemove
}

var strength = map[tribunev1alpha1.PolicyOutcome]int{
	tribunev1alpha1.OutcomeAllow: 0, tribunev1alpha1.OutcomeReview: 1, tribunev1alpha1.OutcomeHide: 2, tribunev1alpha1.OutcomeRemove: 3,
}

func stronger(a, b tribunev1alpha1.PolicyOutcome) bool { return strength[a] > strength[b] }

// sees says whether a rule is for items of this kind and channel.
func (j *Judge) sees(r *rule) bool {
	if !slices.Contains(r.on, tribunev1alpha1.ItemKind(j.item.Kind)) {
		return false
	}
	return len(r.channels) == 0 || slices.ContainsFunc(r.channels, func(c tribunev1alpha1.LocalReference) bool { return string(c.Name) == j.item.Channel })
}

// exempt says why nothing is done against the author; empty: they are not exempt.
func (j *Judge) exempt() string {
	p := j.policy
	if j.keyPerson() {
		return "a key person"
	}
	for _, role := range p.exempt.roles {
		if j.has(role) {
			return "exempt as " + string(role)
		}
	}
	if len(p.exempt.handles) > 0 && p.exempt.handles[foldHandle(j.provenHandle())] {
		return "exempt by handle"
	}
	return ""
}

func (j *Judge) keyPerson() bool {
	if j.hist.KeyPerson {
		return true
	}
	if len(j.policy.key) == 0 {
		return false
	}
	h := j.provenHandle()
	return j.policy.key[keyOf(j.item.Network, h)] || j.policy.key[keyOf("", h)]
}

// provenHandle is what the author is called where nobody can take another's name, and else their id: nobody is spared for a name that
// anybody may write.
func (j *Judge) provenHandle() string {
	if a := &j.item.Author; a.SelfNamed {
		return a.ID
	}
	return j.item.Author.Handle
}

func (j *Judge) has(role tribunev1alpha1.AuthorRole) bool {
	a := &j.item.Author
	switch role {
	case tribunev1alpha1.RoleTeam:
		return a.IsTeam || j.item.Ours
	case tribunev1alpha1.RoleModerator:
		return a.IsModerator
	case tribunev1alpha1.RoleKeyPerson:
		return j.keyPerson()
	case tribunev1alpha1.RoleMember:
		return a.IsMember != nil && *a.IsMember
	case tribunev1alpha1.RoleFollower:
		return a.IsFollower != nil && *a.IsFollower
	}
	return false
}

// isQuestion is true for what is addressed to us, in public or in private, and asks.
func (j *Judge) isQuestion() bool {
	kind := tribunev1alpha1.ItemKind(j.item.Kind)
	return (kind == tribunev1alpha1.ItemMessage || slices.Contains(addressed, kind)) && !j.item.Ours && views.Asks(j.item.Text, j.item.Language)
}
