// Package policy decides about what people say: it compiles a CommunityPolicy once a generation and then evaluates items, with an
// explanation of each decision. It is pure: the time, what the ledger knows and what classifiers said are passed in. It must not
// know Kubernetes clients, networks or the ledger, nor carry anything out.
package policy

import (
	"strings"
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/match"
	"github.com/tribune-dev/tribune/internal/network"
)

// Item is what is judged.
type Item struct {
	network.Item
	// Channel it came by, and that channel's network.
	Channel string
	Network string
}

// History is what is known about an item beside itself. What is not known is zero.
type History struct {
	// FirstSeen is when the author was first heard of; zero: now.
	FirstSeen time.Time
	// Strikes that count in the policy's window, without this item's.
	Strikes int
	// Said are the times of what the author said lately, without this item, the newest first.
	Said []time.Time
	// Same are the times at which the same text was said lately by anyone, without this item.
	Same []time.Time
	// Thread are the replies of the item's thread lately, without this item.
	Thread []Reply
	// Replied are the times of automatic replies to the author.
	Replied []time.Time
	// NoAutomation: the author asked for none.
	NoAutomation bool
	// Human is what a person decided about this item, which nothing contradicts; empty if nobody did.
	Human tribunev1alpha1.PolicyOutcome
	// Scores of classifiers, by question.
	Scores map[Question]Score
	// Crisis is open on the channel.
	Crisis bool
	// Calmed are the calming actions that the policy did lately in the item's thread, or asked for: they are not done twice.
	Calmed []string
	// KeyPerson: the author is one of the key people, whatever they are called; so a test says it.
	KeyPerson bool
	// Greeted: the policy welcomed the author before. OpenCase: something of theirs waits for a person.
	Greeted, OpenCase bool
}

// Reply is one reply of a thread.
type Reply struct {
	At     time.Time
	Author string
}

// Question to a classifier; the text is the item's.
type Question struct {
	URL     string
	Timeout time.Duration
}

// Score is a classifier's answer by label, or that there was none.
type Score struct {
	Labels map[string]float64
	Failed bool
}

// Evidence says why one criterion held.
type Evidence struct {
	// Criterion such as text, links, author.
	Criterion string `json:"criterion"`
	// View of the text, and what was found in it: a term, an expression, a domain.
	View    string `json:"view,omitempty"`
	Pattern string `json:"pattern,omitempty"`
	// List that the pattern stands in.
	List string `json:"list,omitempty"`
	// Start and End in the text as it was written, in bytes, and what stands there.
	Start int    `json:"start"`
	End   int    `json:"end"`
	Text  string `json:"text,omitempty"`
	// Detail in words where there is no span.
	Detail string `json:"detail,omitempty"`
}

// Matched is a rule that matched.
type Matched struct {
	Rule     string                        `json:"rule"`
	Outcome  tribunev1alpha1.PolicyOutcome `json:"outcome,omitempty"`
	Evidence []Evidence                    `json:"evidence,omitempty"`
}

// Action is what follows.
type Action struct {
	// Rule that asks for it; empty for the ladder and the welcome, whose name From is.
	Rule string
	From string
	// Kind is the name of the action: hide, remove, review, label, route, notify, strike, warn, mute, block, report, lockThread, slowMode,
	// react, reply, curate, share, welcome.
	Kind string
	// Spec is the rule's action; nil for those that have none.
	Spec *tribunev1alpha1.PolicyAction
	// Weight of a strike, For of a mute or of what calms a thread, Text of a warning, a reply or a welcome, filled in by who carries it out.
	Weight int
	For    time.Duration
	Text   string
	// Private is true for a welcome by message.
	Private bool
	// After is how long after they came a step of a welcome is said. Due is when who came is greeted together with others; zero: they are
	// not.
	After time.Duration
	Due   time.Time
}

// Names of actions.
const (
	ActHide       = "hide"
	ActRemove     = "remove"
	ActReview     = "review"
	ActLabel      = "label"
	ActRoute      = "route"
	ActNotify     = "notify"
	ActStrike     = "strike"
	ActWarn       = "warn"
	ActMute       = "mute"
	ActBlock      = "block"
	ActReport     = "report"
	ActLockThread = "lockThread"
	ActSlowMode   = "slowMode"
	ActReact      = "react"
	ActReply      = "reply"
	ActCurate     = "curate"
	ActShare      = "share"
	ActThank      = "thank"
	ActIntroduce  = "introduce"
	ActWelcome    = "welcome"
)

// Skipped is an action that a rule asks for and that is not done, and why.
type Skipped struct {
	Rule   string `json:"rule"`
	Action string `json:"action"`
	Reason string `json:"reason"`
}

// Decision about an item.
type Decision struct {
	// Outcome in force; Allow if no rule says otherwise.
	Outcome tribunev1alpha1.PolicyOutcome
	// By is the rule that decided; empty: none.
	By string
	// Matches are the rules that matched, in the order in which they were asked; behind them the one that could not be asked, if a person
	// decides for that.
	Matches []Matched
	Actions []Action
	Skipped []Skipped
	// Question is true if the item asks us something, so that it waits for an answer.
	Question bool
	// Ask are questions to classifiers whose answers are needed first; the decision holds as if they said nothing.
	Ask []Question
	// Problems of single rules that could not be asked, such as an expression that cost too much. Such a rule with an outcome makes a Review
	// of what would be allowed otherwise.
	Problems []Problem
}

// Problem says what is wrong, and where.
type Problem struct {
	// Path of the field, such as spec.rules[3].match.text.anyRegex[0].
	Path    string
	Message string
}

// Policy is compiled. It may be used by many goroutines, each with a Judge of its own.
type Policy struct {
	rules      []rule // by priority, then as they stand in the file
	matcher    *match.Matcher
	byPattern  []patternAt
	spec       *tribunev1alpha1.CommunityPolicySpec
	staleAfter time.Duration
	exempt     exemptions
	key        map[string]bool
	replies    tribunev1alpha1.RepliesPerAuthor
	ladder     []tribunev1alpha1.StrikeStep
	window     time.Duration
	welcome    *welcome
}

// Defaults of what is not set.
const (
	DefaultStaleAfter   = 12 * time.Hour
	DefaultReplyWindow  = 24 * time.Hour
	DefaultStrikeWindow = 720 * time.Hour
)

// addressed are the kinds that a rule without on sees.
var addressed = []tribunev1alpha1.ItemKind{tribunev1alpha1.ItemComment, tribunev1alpha1.ItemReply, tribunev1alpha1.ItemMention}

// Rules is the number of rules.
func (p *Policy) Rules() int { return len(p.rules) }

// Needs is how far back a History must reach.
type Needs struct {
	Said, Same, Thread, Replied, Strikes time.Duration
	// SaidMost and SameMost are how many of those the rules count to, this item among them.
	SaidMost, SameMost int
}

// threadOfExpressions is how far back a thread reaches for expressions.
const threadOfExpressions = time.Hour

// Needs of all rules together.
func (p *Policy) Needs() Needs {
	var n Needs
	if len(p.ladder) > 0 || p.spec.Welcome != nil {
		n.Strikes = p.window
	}
	for i := range p.rules {
		for _, a := range p.rules[i].actions {
			if a.Reply != nil || a.Thank != nil {
				n.Replied = p.replies.Window.Duration
			}
		}
		for _, c := range p.rules[i].match.every() {
			if c.spec.Rate != nil {
				n.Said, n.SaidMost = max(n.Said, c.spec.Rate.Window.Duration), max(n.SaidMost, int(c.spec.Rate.Count))
			}
			if c.spec.Duplicate != nil {
				n.Same, n.SameMost = max(n.Same, c.spec.Duplicate.Window.Duration), max(n.SameMost, int(c.spec.Duplicate.Count))
			}
			if c.spec.Author != nil && c.spec.Author.Strikes != nil {
				n.Strikes = p.window
			}
			if c.spec.Expression != "" {
				n.Strikes, n.Thread = p.window, max(n.Thread, threadOfExpressions)
			}
			if c.spec.Thread != nil {
				n.Thread = max(n.Thread, c.spec.Thread.Window.Duration)
			}
		}
	}
	return n
}

// Lines of a list: without empty ones, and without those that begin with #.
func Lines(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			out = append(out, line)
		}
	}
	return out
}
