package inbox

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/policy"
	"github.com/tribune-dev/tribune/internal/store"
)

// Classes of actions, as limits count them.
const (
	ClassHide    = "Hide"
	ClassRemove  = "Remove"
	ClassReply   = "Reply"
	ClassMute    = "Mute"
	ClassBlock   = "Block"
	ClassLock    = "Lock"
	ClassWelcome = "Welcome"
	// ClassDigest is of those who are greeted together; what is bounded are the greetings.
	ClassDigest = "Digest"
	// ClassIntroduction is of those who spoke of a topic; what is bounded are suggestions.
	ClassIntroduction = "Introduction"
)

var classOf = map[string]string{
	policy.ActHide: ClassHide, policy.ActRemove: ClassRemove, policy.ActReply: ClassReply, policy.ActThank: ClassReply, policy.ActReact: ClassReply, policy.ActWarn: ClassReply,
	policy.ActMute: ClassMute, policy.ActBlock: ClassBlock, policy.ActReport: ClassBlock, policy.ActWelcome: ClassWelcome,
	policy.ActIntroduce:  ClassIntroduction,
	policy.ActLockThread: ClassLock, policy.ActSlowMode: ClassLock,
}

// Most actions of a class in an hour where the policy does not say.
const (
	defaultHides, defaultRemovals, defaultReplies, defaultMutes, defaultBlocks, defaultWelcomes, defaultLocks = 30, 10, 20, 10, 0, 20, 5
)

func limitsOf(spec *tribunev1alpha1.CommunityPolicySpec) []store.Limit {
	l := tribunev1alpha1.ActionLimits{}
	if spec.Limits != nil {
		l = *spec.Limits
	}
	var welcomes *int32
	if spec.Welcome != nil {
		welcomes = spec.Welcome.MaxPerHour
	}
	limit := func(class string, most *int32, otherwise int) store.Limit {
		if most != nil {
			otherwise = int(*most)
		}
		return store.Limit{Class: class, Max: otherwise, Window: time.Hour}
	}
	return []store.Limit{
		limit(ClassHide, l.MaxHidesPerHour, defaultHides), limit(ClassRemove, l.MaxRemovalsPerHour, defaultRemovals),
		limit(ClassReply, l.MaxRepliesPerHour, defaultReplies), limit(ClassMute, l.MaxMutesPerHour, defaultMutes),
		limit(ClassBlock, l.MaxBlocksPerHour, defaultBlocks), limit(ClassWelcome, welcomes, defaultWelcomes),
		limit(ClassLock, l.MaxLocksPerHour, defaultLocks),
	}
}

// Payload is what an action says and to whom, fixed when it was decided.
type Payload struct {
	// Text that is said, as it was filled in.
	Text string `json:"text,omitempty"`
	// Receiver is the channel of the team that is told.
	Receiver string   `json:"receiver,omitempty"`
	Urgent   bool     `json:"urgent,omitempty"`
	Mention  []string `json:"mention,omitempty"`
	// For is how long a mute lasts, or what calms a thread; Interval between two things that one person says there, and Post the publication
	// that it stands under.
	For      time.Duration `json:"for,omitempty"`
	Interval time.Duration `json:"interval,omitempty"`
	Post     string        `json:"post,omitempty"`
	// Emoji of a reaction, Reason of a report.
	Emoji  string `json:"emoji,omitempty"`
	Reason string `json:"reason,omitempty"`
	// Private is said to the person alone.
	Private  bool   `json:"private,omitempty"`
	Language string `json:"language,omitempty"`
	// Consent: it asks whether something may be shared.
	Consent bool `json:"consent,omitempty"`
	// Share is how something is shared once its author agrees; nil: by calendars alone.
	Share *Sharing `json:"share,omitempty"`
	// Step of a welcome, by how long after they came it is said, and Due, when: what was decided for later is not late before.
	Step time.Duration `json:"step,omitempty"`
	Due  time.Time     `json:"due,omitzero"`
	// Digest: it is said together with what is due at the same time, in the order in which they Came. Alone: it is said to all, and answers
	// nothing.
	Digest bool      `json:"digest,omitempty"`
	Came   time.Time `json:"came,omitzero"`
	Alone  bool      `json:"alone,omitempty"`
	// Topic that somebody spoke of, Within what time another did, and the Most suggestions of a week.
	Topic  string        `json:"topic,omitempty"`
	Within time.Duration `json:"within,omitempty"`
	Most   int           `json:"most,omitempty"`
}

// String is the payload as the ledger keeps it.
func (p Payload) String() string {
	text, err := json.Marshal(p)
	if err != nil {
		return "{}"
	}
	return string(text)
}

// PayloadOf an action.
func PayloadOf(a *store.Action) (p Payload, err error) {
	if a.Payload == "" {
		return p, nil
	}
	if err := json.Unmarshal([]byte(a.Payload), &p); err != nil {
		return p, fmt.Errorf("read action %s: %w", a.ID, err)
	}
	return p, nil
}

// Strikes of a policy that does not act count apart from those that count.
func strikesOf(p *InForce) string {
	if p.Acts {
		return p.Name
	}
	return p.Name + "/audit"
}

// opinion is what one policy says.
type opinion struct {
	in *InForce
	d  policy.Decision
	// spared says why a person decides where something would be done to the author; empty: it is done.
	spared string
}

// recorder turns decisions about an item into what is recorded.
type recorder struct {
	item    *store.Item
	channel policy.Channel
	now     time.Time
	postURL string
	// appeal that the item is; nil: it is none.
	appeal *appeal
}

// verdict puts the opinions of all policies of the channel together: the strongest outcome of those that act is in force.
func (r *recorder) verdict(opinions []opinion) store.Verdict {
	v := store.Verdict{Key: r.item.Key, Changes: r.item.Changes, Author: r.item.Author.ID, At: r.now}
	leading := -1
	for i := range opinions {
		if leading < 0 || leads(&opinions[i], &opinions[leading]) {
			leading = i
		}
	}
	if leading >= 0 {
		o := &opinions[leading]
		v.Policy, v.Generation, v.Outcome, v.Rule, v.Explanation = o.in.Name, o.in.Generation, string(o.d.Outcome), o.d.By, Explain(&o.d)
	}
	for i := range opinions {
		v.Parts = append(v.Parts, r.part(&opinions[i]))
	}
	return v
}

func leads(a, b *opinion) bool {
	if a.in.Acts != b.in.Acts {
		return a.in.Acts
	}
	return rank[a.d.Outcome] > rank[b.d.Outcome]
}

// outcomeOf what a person decided.
var outcomeOf = map[string]tribunev1alpha1.PolicyOutcome{
	string(tribunev1alpha1.OutcomeAllow): tribunev1alpha1.OutcomeAllow, string(tribunev1alpha1.OutcomeHide): tribunev1alpha1.OutcomeHide,
	string(tribunev1alpha1.OutcomeRemove): tribunev1alpha1.OutcomeRemove,
}

var rank = map[tribunev1alpha1.PolicyOutcome]int{
	tribunev1alpha1.OutcomeReview: 1, tribunev1alpha1.OutcomeHide: 2, tribunev1alpha1.OutcomeRemove: 3,
}

func (r *recorder) part(o *opinion) store.Part {
	p := store.Part{Policy: o.in.Name, StrikesAs: strikesOf(o.in), Limits: limitsOf(o.in.Spec)}
	for _, m := range o.d.Matches {
		p.Matches = append(p.Matches, store.Match{Rule: m.Rule, Outcome: string(m.Outcome)})
	}
	routed := false
	for n := range o.d.Actions {
		a := &o.d.Actions[n]
		switch a.Kind {
		case policy.ActLabel:
			p.Labels = append(p.Labels, string(a.Spec.Label.Name))
		case policy.ActStrike:
			p.Strikes = append(p.Strikes, store.Strike{Rule: a.Rule, Weight: a.Weight})
		case policy.ActReview:
			p.Cases = append(p.Cases, r.open(o, tribunev1alpha1.CaseModeration, a.Rule, ""))
		case policy.ActCurate:
			p.Cases = append(p.Cases, r.open(o, tribunev1alpha1.CaseCuration, a.Rule, ""))
		case policy.ActShare:
			p.Cases = append(p.Cases, r.open(o, tribunev1alpha1.CaseCuration, a.Rule, tribunev1alpha1.DecisionShare))
		default:
			if o.spared != "" && against(a.Kind) {
				r.instead(o, a, o.spared, &p)
				continue
			}
			if reason, _ := policy.Instead(a.Kind, &r.channel); reason != "" {
				if policy.Calming(a.Kind) {
					r.insteadOfCalming(o, a, n, reason, &p)
				} else {
					r.instead(o, a, reason, &p)
				}
				continue
			}
			if a.After > 0 || !a.Due.IsZero() {
				p.Actions = append(p.Actions, r.step(o, a))
				continue
			}
			routed = routed || a.Kind == policy.ActRoute
			p.Actions = append(p.Actions, r.action(o, a, n))
		}
	}
	r.waiting(o, routed, &p)
	if !o.in.Acts {
		r.simulate(&p)
	}
	return p
}

// instead opens a case for what the channel cannot do, or may not.
func (r *recorder) instead(o *opinion, a *policy.Action, reason string, p *store.Part) {
	switch a.Kind {
	case policy.ActHide, policy.ActRemove, policy.ActMute, policy.ActBlock, policy.ActReport:
		c := r.open(o, tribunev1alpha1.CaseModeration, a.Rule, proposal[a.Kind])
		c.Explanation = strings.TrimSpace(c.Explanation + "; " + reason)
		p.Cases = append(p.Cases, c)
	}
	// What is friendly or a warning is left out, as Enforceable says.
}

var proposal = map[string]tribunev1alpha1.CaseDecision{
	policy.ActHide: tribunev1alpha1.DecisionHide, policy.ActRemove: tribunev1alpha1.DecisionRemove, policy.ActMute: tribunev1alpha1.DecisionMute,
	policy.ActBlock: tribunev1alpha1.DecisionBlock,
}

// waiting opens a case for what waits for an answer: a question if the policy answers any, else a request that was routed.
func (r *recorder) waiting(o *opinion, routed bool, p *store.Part) {
	stays := o.d.Outcome == tribunev1alpha1.OutcomeAllow || o.d.Outcome == tribunev1alpha1.OutcomeReview
	answer := o.in.Spec.Answer
	switch {
	case r.appeal != nil && r.appeal.owner == o.in.Name:
		p.Cases = append(p.Cases, r.openAppeal(o))
	case r.appeal != nil: // it waits for an answer there
	case o.d.Question && stays && answer != nil:
		c := r.open(o, tribunev1alpha1.CaseQuestion, "", "")
		if due, err := DueAfter(r.now, answer.Within.Duration, answer.Hours); err == nil {
			c.DueAt = due
		}
		p.Cases = append(p.Cases, c)
	case routed:
		p.Cases = append(p.Cases, r.open(o, tribunev1alpha1.CaseRequest, "", ""))
	}
}

// simulate has nothing of it happen. What waits for an answer waits all the same: people answer, not the policy. What somebody appeals against
// was done.
func (r *recorder) simulate(p *store.Part) {
	var cases []store.Case
	for _, c := range p.Cases {
		if c.Kind == string(tribunev1alpha1.CaseQuestion) || c.Kind == string(tribunev1alpha1.CaseAppeal) {
			cases = append(cases, c)
		}
	}
	p.Cases = cases
	for i := range p.Actions {
		p.Actions[i].State = store.ActionSimulated
	}
}

func (r *recorder) open(o *opinion, kind tribunev1alpha1.CaseKind, rule string, proposed tribunev1alpha1.CaseDecision) store.Case {
	return store.Case{
		Namespace: r.item.Key.Namespace, Name: CaseName(o.in.Name, r.key(), string(kind)), Kind: string(kind), Policy: o.in.Name, Rule: rule,
		Account: r.item.Key.Account, Channel: r.item.Channel, Item: r.item.Key.ID, Proposed: string(proposed), Explanation: Explain(&o.d),
		State: store.CaseWaiting, CreatedAt: r.now,
	}
}

var caseHash = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// CaseName is the same each time the same item is to be decided about.
func CaseName(policyName string, key store.ItemKey, kind string) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{key.Account, key.ID, kind}, "\x00")))
	return policyName + "-" + caseHash.EncodeToString(sum[:7])
}

// ActionID is the same each time the same is decided about the same item; what is simulated is not what is done.
func ActionID(key store.ItemKey, policyName, rule, kind string, n int, acts bool) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{key.Namespace, key.Account, key.ID, policyName, rule, kind, fmt.Sprint(n, acts)}, "\x00")))
	return hex.EncodeToString(sum[:12])
}

// key of the item, as far as ids go by it: what a person let stay and its author changed afterwards is judged as something new, so that what
// was taken back once can be done again.
func (r *recorder) key() store.ItemKey {
	k := r.item.Key
	if lapsed(r.item) {
		k.ID += fmt.Sprintf("#%d", r.item.Changes)
	}
	return k
}

func (r *recorder) action(o *opinion, a *policy.Action, n int) store.Action {
	rule := a.Rule
	if rule == "" {
		rule = a.From
	}
	key := r.item.Key
	if hides(a.Kind) || a.Kind == policy.ActMute || a.Kind == policy.ActBlock {
		key = r.key()
	}
	author := r.item.Author.ID
	if policy.Calming(a.Kind) {
		author = "" // it is about a thread, and is not forgotten with whoever spoke there
	}
	return store.Action{
		ID: ActionID(key, o.in.Name, rule, a.Kind, n, o.in.Acts), Namespace: r.item.Key.Namespace, Policy: o.in.Name, Generation: o.in.Generation, Rule: rule,
		Account: r.item.Key.Account, Channel: r.item.Channel, Item: r.item.Key.ID, Author: author, Kind: a.Kind, Class: classOf[a.Kind],
		Payload: r.payload(o, a).String(), State: store.ActionPending, NextAt: r.now, CreatedAt: r.now,
	}
}

// Texts where a policy gives none.
const (
	defaultRoute = "{author} on {channel}: {text} {url}"
	defaultWarn  = "What you wrote on {channel} breaks our house rules. Please keep to them: what follows else is done by our team. {url}"
)

func (r *recorder) payload(o *opinion, a *policy.Action) Payload {
	say := func(template, otherwise string) string {
		if template == "" {
			template = otherwise
		}
		return policy.Say(template, policy.Said{
			Author: r.item.Author.Handle, Channel: r.item.Channel, Text: r.item.Text, URL: r.item.Ref.URL, PostURL: r.postURL, Rule: a.Rule, Language: r.item.Language,
		})
	}
	p := Payload{For: a.For}
	switch s := a.Spec; {
	case a.Kind == policy.ActWelcome:
		p.Text, p.Private, p.Language = say(a.Text, ""), a.Private && r.channel.Can("DirectMessage"), r.item.Language
	case a.Kind == policy.ActWarn && s == nil:
		p.Text, p.Private = say(a.Text, defaultWarn), true
	case s == nil:
	case policy.Calming(a.Kind):
		if p.Post = r.item.Post; s.SlowMode != nil {
			p.Interval = s.SlowMode.Interval.Duration
		}
	case s.Route != nil:
		p.Text, p.Receiver = say(s.Route.Text, defaultRoute), string(s.Route.ChannelRef.Name)
	case s.Notify != nil:
		p.Text, p.Receiver, p.Urgent, p.Mention = say(s.Notify.Text, defaultRoute), string(s.Notify.ChannelRef.Name), s.Notify.Urgent, s.Notify.Mention
	case s.Warn != nil:
		p.Text, p.Private = say(s.Warn.Text, ""), true
	case s.Introduce != nil:
		p = introducing(o.in, s.Introduce)
	case s.Report != nil:
		p.Reason = s.Report.Reason
	case s.Block != nil:
		p.Reason = s.Block.Reason
	case s.React != nil:
		p.Emoji = s.React.Emoji
	case s.Thank != nil:
		p.Text, p.Language = say(policy.Thanks(s.Thank, r.item.Language), ""), r.item.Language
	case s.Reply != nil:
		p.Text, p.Language = say(policy.InLanguage(s.Reply.Text, r.item.Language), ""), r.item.Language
	}
	return p
}

// maxExplanation is the most of an explanation that is kept, in bytes.
const maxExplanation = 1500

// Explain says in a line or two why a decision is as it is: which rule, which view, which words.
func Explain(d *policy.Decision) string {
	var parts []string
	for _, m := range d.Matches {
		part := "rule " + m.Rule
		var why []string
		for _, e := range m.Evidence {
			why = append(why, evidence(&e))
		}
		if len(why) > 0 {
			part += ": " + strings.Join(why, ", ")
		}
		parts = append(parts, part)
	}
	for _, s := range d.Skipped {
		parts = append(parts, fmt.Sprintf("%s left out: %s", s.Action, s.Reason))
	}
	text := strings.Join(parts, "; ")
	if len(text) > maxExplanation {
		text = strings.ToValidUTF8(text[:maxExplanation], "") + "…"
	}
	return text
}

func evidence(e *policy.Evidence) string {
	switch {
	case e.View != "":
		s := fmt.Sprintf("%q", policy.Harmless(e.Text))
		if e.Pattern != "" && e.Pattern != e.Text {
			s += fmt.Sprintf(" is %q", policy.Harmless(e.Pattern))
		}
		if e.List != "" {
			s += " of list " + e.List
		}
		return s + " (" + e.View + ")"
	case e.Pattern != "":
		s := "link to " + policy.Harmless(e.Pattern)
		if e.List != "" {
			s += " of list " + e.List
		}
		return s
	default:
		return strings.TrimSpace(e.Criterion + " " + policy.Harmless(e.Detail))
	}
}
