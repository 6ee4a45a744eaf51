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
	// digest is for all of a day together; nil: each by themselves.
	digest *digest
}

// digest greets those who came together, once a day.
type digest struct {
	minute int // of the day
	zone   *time.Location
	most   int
}

// Together is what is said to all who came in a day.
type Together struct {
	// Text with a place for their names, of which there are at most Most.
	Text string
	Most int
}

// Where a policy does not say.
const (
	digestAt    = "09:00"
	digestNames = 20
)

// digestSettles is how long before a digest who comes is not in it any more: what is decided until then is surely recorded when it is made.
const digestSettles = 10 * time.Minute

func (c *compiler) digest() *digest {
	spec := c.spec.Welcome.Digest
	if spec == nil {
		spec = &tribunev1alpha1.WelcomeDigest{}
	}
	d := &digest{most: cmp.Or(int(spec.MaxNames), digestNames)}
	at, err := time.Parse("15:04", cmp.Or(spec.At, digestAt))
	if err != nil {
		c.wrong("spec.welcome.digest.at", "%q is not a time of day such as 09:00", spec.At)
	}
	d.minute = at.Hour()*60 + at.Minute()
	if d.zone, err = time.LoadLocation(spec.TimeZone); err != nil {
		c.wrong("spec.welcome.digest.timeZone", "%q is not an IANA time zone: write one such as Europe/Madrid", spec.TimeZone)
	}
	return d
}

// next is the first digest after an instant.
func (d *digest) next(after time.Time) time.Time {
	day := after.In(d.zone)
	for n := 0; ; n++ {
		if at := time.Date(day.Year(), day.Month(), day.Day()+n, 0, d.minute, 0, 0, d.zone); at.After(after) {
			return at.UTC()
		}
	}
}

// DigestFor gives what is said together to those who came by a kind of items; false: they are not greeted together.
func (p *Policy) DigestFor(kind network.ItemKind) (Together, bool) {
	if w := p.welcome; !w.greets(kind) || w.digest == nil {
		return Together{}, false
	}
	return Together{Text: InLanguage(p.spec.Welcome.Text, ""), Most: p.welcome.digest.most}, true
}

func (c *compiler) welcome() *welcome {
	spec := c.spec.Welcome
	if spec == nil {
		return nil
	}
	w := &welcome{on: spec.On, private: spec.By != tribunev1alpha1.WelcomeByReply}
	if spec.By == tribunev1alpha1.WelcomeByDigest {
		w.digest = c.digest()
	}
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
	if !p.welcome.greets(kind) || p.welcome.digest != nil {
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
	if w.digest != nil {
		if j.stale() {
			d.Skipped = append(d.Skipped, Skipped{Action: ActWelcome, Reason: "they came more than " + j.policy.staleAfter.String() + " ago"})
			return
		}
		d.Actions = append(d.Actions, Action{Kind: ActWelcome, From: "welcome", Due: w.digest.next(j.now.Add(digestSettles))})
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
