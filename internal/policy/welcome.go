package policy

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
)

// Step is one word of a welcome.
type Step struct {
	// After they came; 0: at once.
	After time.Duration
	// UnlessPosted leaves out who has said something meanwhile.
	UnlessPosted bool
	// Text in the language that was asked for, not filled in.
	Text string
}

// welcome is compiled: its steps, the first at once at the beginning.
type welcome struct {
	on    []tribunev1alpha1.WelcomeKind
	steps []tribunev1alpha1.WelcomeStep
	// private where the network has messages.
	private bool
}

func (c *compiler) welcome() *welcome {
	spec := c.spec.Welcome
	if spec == nil {
		return nil
	}
	w := &welcome{on: spec.On, private: spec.By != tribunev1alpha1.WelcomeByReply}
	if len(w.on) == 0 {
		w.on = []tribunev1alpha1.WelcomeKind{tribunev1alpha1.WelcomeJoin}
	}
	if len(spec.Text) > 0 {
		w.steps = append(w.steps, tribunev1alpha1.WelcomeStep{Text: spec.Text})
		c.checkTexts("spec.welcome.text", spec.Text)
	}
	for i := range spec.Steps {
		s, path := &spec.Steps[i], fmt.Sprintf("spec.welcome.steps[%d]", i)
		// A step is known by its time: that is how one who came before it was changed gets it once.
		if slices.ContainsFunc(w.steps, func(b tribunev1alpha1.WelcomeStep) bool { return b.After.Duration == s.After.Duration }) {
			c.wrong(path+".after", "something is said %s after they came already: give each step a time of its own", s.After.Duration)
		}
		c.checkTexts(path+".text", s.Text)
		w.steps = append(w.steps, *s)
	}
	slices.SortStableFunc(w.steps, func(a, b tribunev1alpha1.WelcomeStep) int { return cmp.Compare(a.After.Duration, b.After.Duration) })
	return w
}

func (c *compiler) checkTexts(path string, texts map[string]tribunev1alpha1.TranslatedText) {
	for lang, text := range texts {
		for _, message := range CheckTemplate(string(text)) {
			c.wrong(path+"."+lang, "%s", message)
		}
	}
}

// greets is true for a kind of items that people are welcomed for.
func (w *welcome) greets(kind network.ItemKind) bool {
	return w != nil && slices.Contains(w.on, tribunev1alpha1.WelcomeKind(kind))
}

// Greets is true if the policy welcomes people for items of a kind.
func (p *Policy) Greets(kind network.ItemKind) bool { return p.welcome.greets(kind) }

// StaleAfter is the age from which nobody is answered or welcomed any more.
func (p *Policy) StaleAfter() time.Duration { return p.staleAfter }

// StepOf gives the step of the welcome for a kind of items that is said so long after; false: there is none.
func (p *Policy) StepOf(kind network.ItemKind, after time.Duration, language string) (Step, bool) {
	if !p.welcome.greets(kind) {
		return Step{}, false
	}
	for i := range p.welcome.steps {
		if s := &p.welcome.steps[i]; s.After.Duration == after {
			return Step{After: after, UnlessPosted: s.Unless == tribunev1alpha1.WelcomeUnlessPosted, Text: InLanguage(s.Text, language)}, true
		}
	}
	return Step{}, false
}

// welcome greets who comes to us. What is said later is decided about again when its time has come.
func (j *Judge) welcome(d *Decision) {
	w := j.policy.welcome
	if j.item.Ours || !w.greets(j.item.Kind) {
		return
	}
	why := ""
	switch {
	case d.Outcome != tribunev1alpha1.OutcomeAllow:
		why = "the outcome in force is " + string(d.Outcome)
	case j.hist.Strikes > 0:
		why = "they have strikes"
	case j.hist.OpenCase:
		why = "they have an open case"
	case j.item.Author.NoAutomation || j.hist.NoAutomation:
		why = "they asked for no automation"
	case j.hist.Greeted:
		why = "they were welcomed before"
	}
	if why != "" {
		d.Skipped = append(d.Skipped, Skipped{Action: ActWelcome, Reason: why})
		return
	}
	for i := range w.steps {
		s := &w.steps[i]
		switch {
		case !j.item.CreatedAt.IsZero() && j.now.Sub(j.item.CreatedAt) > s.After.Duration+j.policy.staleAfter:
			d.Skipped = append(d.Skipped, Skipped{Action: ActWelcome, Reason: "it would come more than " + j.policy.staleAfter.String() + " late"})
		case s.After.Duration == 0 && j.hist.Crisis:
			d.Skipped = append(d.Skipped, Skipped{Action: ActWelcome, Reason: "a Crisis is open"})
		default:
			d.Actions = append(d.Actions, Action{Kind: ActWelcome, From: "welcome", Text: InLanguage(s.Text, j.item.Language), Private: w.private, After: s.After.Duration})
		}
	}
}
