package policy

import (
	"slices"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
)

// follow says what is done: the outcome itself, the actions of the rules that matched, and what strikes lead to.
func (j *Judge) follow(d *Decision, matched []*rule, exempt string) {
	kind := outcomeAction(d.Outcome)
	switch {
	case j.hist.Human != "":
		// It is as the person decided, and nothing is done about it.
		if kind != "" {
			d.Skipped = append(d.Skipped, Skipped{d.By, kind, "a person decided " + string(j.hist.Human)})
		}
		d.Outcome, d.By = j.hist.Human, ""
	case kind != "":
		d.Actions = append(d.Actions, Action{Rule: d.By, Kind: kind})
	}
	weight, striker := 0, ""
	replied := false
	for _, r := range matched {
		for i := range r.actions {
			a := &r.actions[i]
			kind := KindOf(a)
			if why := j.whyNot(d, r, kind, exempt); why != "" {
				d.Skipped = append(d.Skipped, Skipped{r.name, kind, why})
				continue
			}
			if replies(kind) {
				if replied {
					d.Skipped = append(d.Skipped, Skipped{r.name, kind, "another rule replies already"})
					continue
				}
				replied = true
			}
			act := Action{Rule: r.name, Kind: kind, Spec: a}
			if a.Strike != nil {
				act.Weight = max(int(a.Strike.Weight), 1)
				weight, striker = weight+act.Weight, r.name
			}
			if act.For = calmFor(a); a.Mute != nil {
				act.For = a.Mute.For.Duration
			}
			d.Actions = append(d.Actions, act)
		}
	}
	if weight > 0 {
		j.climb(d, weight, striker)
	}
	j.welcome(d)
}

// outcomeAction names what an outcome does.
func outcomeAction(o tribunev1alpha1.PolicyOutcome) string {
	switch o {
	case tribunev1alpha1.OutcomeHide:
		return ActHide
	case tribunev1alpha1.OutcomeRemove:
		return ActRemove
	case tribunev1alpha1.OutcomeReview:
		return ActReview
	}
	return ""
}

// whyNot says why a rule's action is not done; empty: it is.
func (j *Judge) whyNot(d *Decision, r *rule, kind, exempt string) string {
	switch {
	case needsOutcome(kind):
		switch {
		case exempt != "":
			return "the author is " + exempt
		case j.hist.Human != "":
			return "a person decided " + string(j.hist.Human)
		case r.outcome != d.Outcome:
			return "the outcome in force is " + string(d.Outcome)
		}
	case Calming(kind):
		return j.whyNotCalm(d, r, kind)
	case friendly(kind):
		switch {
		case d.Outcome != tribunev1alpha1.OutcomeAllow:
			return "the outcome in force is " + string(d.Outcome)
		case j.hist.Crisis:
			return "a Crisis is open"
		case j.item.Hidden || j.item.Removed:
			return "the public does not see the item"
		case j.stale():
			return "the item is older than " + j.policy.staleAfter.String()
		}
	}
	if addresses(kind) {
		if j.item.Author.NoAutomation || j.hist.NoAutomation {
			return "the author asked for no automation"
		}
		if replies(kind) && since(j.hist.Replied, j.now.Add(-j.policy.replies.Window.Duration)) >= int(j.policy.replies.Max) {
			return "the author had an automatic reply already"
		}
	}
	return ""
}

// addresses is true for actions that speak to the author.
func addresses(kind string) bool {
	return replies(kind) || kind == ActReact || kind == ActWelcome || kind == ActWarn
}

// replies is true for actions that answer an item in public.
func replies(kind string) bool { return kind == ActReply || kind == ActThank }

func (j *Judge) stale() bool {
	return !j.item.CreatedAt.IsZero() && j.now.Sub(j.item.CreatedAt) > j.policy.staleAfter
}

// climb adds the highest rung of the ladder that the new strikes reach.
func (j *Judge) climb(d *Decision, weight int, striker string) {
	before, now := j.hist.Strikes, j.hist.Strikes+weight
	var reached *tribunev1alpha1.StrikeStep
	for i := range j.policy.ladder {
		if at := int(j.policy.ladder[i].At); at > before && at <= now {
			reached = &j.policy.ladder[i]
		}
	}
	if reached == nil {
		return
	}
	a := Action{Rule: striker, From: "strikes"}
	switch reached.Action {
	case tribunev1alpha1.StrikeWarn:
		a.Kind, a.Text = ActWarn, reached.Text
		if j.item.Author.NoAutomation || j.hist.NoAutomation {
			d.Skipped = append(d.Skipped, Skipped{striker, ActWarn, "the author asked for no automation"})
			return
		}
	case tribunev1alpha1.StrikeMute:
		a.Kind, a.For = ActMute, reached.For.Duration
	case tribunev1alpha1.StrikeBlock:
		a.Kind = ActBlock
	case tribunev1alpha1.StrikeReview:
		a.Kind = ActReview
	}
	if slices.ContainsFunc(d.Actions, func(b Action) bool { return b.Kind == a.Kind }) {
		return // a rule asks for it already
	}
	d.Actions = append(d.Actions, a)
}

// InLanguage chooses a text: that of the language, of the language without its region, default, en, or the first by name.
func InLanguage(texts map[string]tribunev1alpha1.TranslatedText, language string) string {
	for _, tag := range []string{language, baseOf(language), "default", "en"} {
		if text, ok := texts[tag]; ok && tag != "" {
			return string(text)
		}
	}
	var tags []string
	for tag := range texts {
		tags = append(tags, tag)
	}
	slices.Sort(tags)
	if len(tags) == 0 {
		return ""
	}
	return string(texts[tags[0]])
}

func baseOf(language string) string {
	for i, r := range language {
		if r == '-' || r == '_' {
			return language[:i]
		}
	}
	return language
}
