package store

import (
	"context"
	"time"

	"github.com/tribune-dev/tribune/internal/network"
)

// ItemState is how far an item is on its way.
type ItemState string

const (
	// ItemNew waits to be decided about.
	ItemNew ItemState = "New"
	// ItemDecided was decided about, as it is now.
	ItemDecided ItemState = "Decided"
	// ItemRecorded is kept and never judged: it was there before we listened, or is our own.
	ItemRecorded ItemState = "Recorded"
)

// Ear is one account that a channel listens with. Account is the network and the account's id on it.
type Ear struct{ Namespace, Channel, Account string }

// Heard is how far an ear has listened.
type Heard struct {
	Ear
	// Cursor to go on from; empty: the beginning.
	Cursor string
	// Baseline is true until all that was there at the first look is recorded.
	Baseline bool
	// PolledAt is the last look, ItemAt the last one that brought something new.
	PolledAt, ItemAt time.Time
}

// ItemKey names an item for ever.
type ItemKey struct{ Namespace, Account, ID string }

// Item is one row: what someone said or did, and what was decided.
type Item struct {
	Key     ItemKey
	Channel string
	network.Item
	// TextKey is the same for texts that are the same but for case, marks and space; empty for short ones.
	TextKey string
	SeenAt  time.Time
	State   ItemState
	// Changes counts what its author changed since it was first seen.
	Changes int64
	// Policy, Generation, Outcome, Rule and Explanation are what was decided, at DecidedAt.
	Policy, Outcome, Rule, Explanation string
	Generation                         int64
	DecidedAt                          time.Time
	// Human is what a person decided about it, HumanBy who. EditedSince: its author changed its words afterwards.
	Human, HumanBy string
	EditedSince    bool
}

// Taken is what became of items that were told.
type Taken struct {
	// New ones and Changed ones are to be decided about; the others were known, or are recorded only.
	New, Changed, Recorded, Known int
}

// Reach is how far back the facts about items are asked for; 0: they are not needed.
type Reach struct {
	Said, Same, Thread, Replied, Strikes time.Duration
	// SaidMost and SameMost are how many of Said and Same are of use, this item among them; the latest are taken. 0: as many as are read.
	SaidMost, SameMost int
}

// Facts are what the ledger knows about an item beside itself.
type Facts struct {
	// FirstSeen is when the author was first heard of.
	FirstSeen    time.Time
	NoAutomation bool
	Strikes      int
	// Said are times of the author's other items, Same those of others with the same text, Thread replies under the same post,
	// Replied automatic replies to the author.
	Said, Same, Replied []time.Time
	Thread              []ThreadReply
}

// ThreadReply is one reply under a post.
type ThreadReply struct {
	At     time.Time
	Author string
}

// ActionState is how far an action is on its way.
type ActionState string

// States of actions.
const (
	ActionPending ActionState = "Pending"
	// ActionDoing may be under way.
	ActionDoing ActionState = "Doing"
	ActionDone  ActionState = "Done"
	// ActionFailed was refused for good; Reason says why, and a case was opened where a person has to know.
	ActionFailed ActionState = "Failed"
	// ActionHeld waits for a person, as a circuit is open.
	ActionHeld ActionState = "Held"
	// ActionSimulated would have been done, had the policy been enforced.
	ActionSimulated ActionState = "Simulated"
	// ActionDiscarded was held, and a person said no.
	ActionDiscarded ActionState = "Discarded"
	// ActionUndone was done, and taken back.
	ActionUndone ActionState = "Undone"
	// ActionUnknown may have been done; the network cannot be asked.
	ActionUnknown ActionState = "Unknown"
)

// Action is one row: one thing to do, or done.
type Action struct {
	// ID is the same each time the same is decided.
	ID, Namespace, Policy string
	Generation            int64
	Rule                  string
	Account, Channel      string
	// Item and Author it is about.
	Item, Author string
	Kind         string
	// Class is what limits count it as; empty: none.
	Class string
	// Payload is what is said and to whom, fixed when it was decided; opaque to the ledger.
	Payload string
	// By is who decided it, if a person did.
	By     string
	State  ActionState
	Reason string
	// Claim is who is doing it, Tries how often it was begun, also by who died of something else, Failures how often the network failed,
	// NextAt not before when.
	Claim           string
	Tries, Failures int64
	NextAt          time.Time
	// Ref is what came of it on the network: our reply.
	Ref               network.Ref
	CreatedAt, DoneAt time.Time
}

// Strike is what an author collected.
type Strike struct {
	Rule   string
	Weight int
}

// Match is a rule that an item matched.
type Match struct{ Rule, Outcome string }

// Limit of a class of actions.
type Limit struct {
	Class string
	Max   int
	// Window in which they are counted.
	Window time.Duration
}

// Verdict is what was decided about an item, to be recorded as one.
type Verdict struct {
	Key ItemKey
	// Changes of the item that was judged: if its author changed it meanwhile, nothing is recorded.
	Changes int64
	Author  string
	At      time.Time
	// Policy, Generation, Outcome, Rule and Explanation are those of the policy whose outcome is in force; empty if the channel has none.
	Policy, Outcome, Rule, Explanation string
	Generation                         int64
	// Parts are what follows, by policy.
	Parts []Part
}

// Part is what one policy makes of an item.
type Part struct {
	Policy  string
	Matches []Match
	// Actions in the order in which they are to be done. Those over a limit are Held.
	Actions []Action
	Limits  []Limit
	Strikes []Strike
	// StrikesAs is whose strikes they are; empty: the policy's. Simulated ones are kept apart.
	StrikesAs string
	Labels    []string
	Cases     []Case
}

// PolicyVersion is a generation of a policy that compiled and passed its tests, with its lists: what is in force while a newer one
// is wrong.
type PolicyVersion struct {
	Namespace, Name string
	UID             string
	Generation      int64
	// Spec and Lists as JSON.
	Spec, Lists string
}

// CaseState is how far a case is on its way.
type CaseState string

// States of cases.
const (
	// CaseWaiting has no object in the cluster yet.
	CaseWaiting CaseState = "Waiting"
	CaseOpen    CaseState = "Open"
	CaseDecided CaseState = "Decided"
	// CaseDone is over: carried out, or closed.
	CaseDone   CaseState = "Done"
	CaseFailed CaseState = "Failed"
	// CaseErased was about someone who was erased, or named them: its object has to go. CaseRedrawn is open and named them: its
	// object has to go, and another is made.
	CaseErased  CaseState = "Erased"
	CaseRedrawn CaseState = "Redrawn"
)

// ClosedByErasure is how a case ended whose author was erased.
const ClosedByErasure = "Erasure"

// Case is one row: what waits for a person, or did.
type Case struct {
	Namespace, Name, Kind, Policy, Rule string
	Account, Channel, Item              string
	// Other is the item of the other person where it is about two; empty: it is about one.
	Other                         string
	Proposed, Explanation         string
	State                         CaseState
	DueAt                         time.Time
	Assignee, Decision, DecidedBy string
	// ClosedBy is Person, Network, Expiry or Erasure.
	ClosedBy                                              string
	URL                                                   string
	CreatedAt, DecidedAt, DoneAt, RemindedAt, EscalatedAt time.Time
}

// Community is the part of the ledger about what people say. All that one call writes is written as one.
type Community interface {
	Figures
	// Heard tells how far an ear listened; one that never did has Baseline set.
	Heard(ctx context.Context, e Ear) (Heard, error)
	// Take keeps items together with how far they were heard. What is known is changed where its author changed it. Items whose
	// State is ItemRecorded were there before we listened: they are never judged.
	Take(ctx context.Context, h Heard, items []Item) (Taken, error)
	// Stands tells how items that are known stood when they were last told, by their ids. Our own, and what its author took back, are
	// left out.
	Stands(ctx context.Context, namespace, account string, ids []string) (map[string]Stand, error)
	// Waiting are the channels of which items wait for a decision; Undecided are those of one that wait longest, after the last that is
	// known already; nil: from the beginning.
	Waiting(ctx context.Context) ([]Receiver, error)
	Undecided(ctx context.Context, namespace, channel string, after *Item, limit int) ([]Item, error)
	// FactsAbout items, in their order; policy is whose strikes count.
	FactsAbout(ctx context.Context, policy string, items []Item, r Reach, now time.Time) ([]Facts, error)
	// Newcomers tells what speaks against welcoming the authors of items, in their order; only of those that joined or follow.
	Newcomers(ctx context.Context, policy string, items []Item) ([]Newcomer, error)
	// Posted is true if the author of an item has said something since, on the same account.
	Posted(ctx context.Context, it *Item) (bool, error)
	// Decide records verdicts. One whose item changed meanwhile, or was decided about, is left out; decided counts the others.
	Decide(ctx context.Context, verdicts []Verdict) (decided int, err error)
	// Item is one item; false: it is not known.
	Item(ctx context.Context, key ItemKey) (Item, bool, error)
	// Items that a filter lets through, the oldest first.
	Items(ctx context.Context, f ItemFilter) ([]Item, error)
	// Person is what is known of someone on an account; false: nothing.
	Person(ctx context.Context, namespace, account, id string) (network.Person, bool, error)
	// People of a handle or id, on all accounts of a namespace.
	People(ctx context.Context, namespace, who string) ([]Known, error)
	// StrikesOf an author, the newest first, and those that were simulated too.
	StrikesOf(ctx context.Context, namespace, account, author string, limit int) ([]KeptStrike, error)

	// Claim takes actions that are due, for one who does them until then.
	Claim(ctx context.Context, claim string, now, until time.Time, limit int) ([]Action, error)
	// FinishAction says what became of an action, for who claimed it. It is done again at a.NextAt if it is Pending.
	FinishAction(ctx context.Context, a Action) error
	// Undone records that an action was taken back, and takes back the strikes that its rule gave for the same item.
	Undone(ctx context.Context, id, by string, now time.Time) error
	// Actions of a namespace that a filter lets through, the newest first.
	Actions(ctx context.Context, f ActionFilter) ([]Action, error)
	// Said is the action by which a record of ours was said on the network; false: it was said elsewhere.
	Said(ctx context.Context, namespace, account, record string) (Action, bool, error)
	// Label gives an item a label.
	Label(ctx context.Context, key ItemKey, name string, at time.Time) error
	// Labels of an item, by name.
	Labels(ctx context.Context, key ItemKey) ([]string, error)
	// Add records actions that a person asks for.
	Add(ctx context.Context, actions []Action) error
	// AddWithin records actions; what is over a limit is Held, as with Decide. What is recorded already stays as it is.
	AddWithin(ctx context.Context, actions []Action, limits []Limit, now time.Time) error
	// Settle changes held actions of a policy: to Pending, or to Discarded. class empty: of all.
	Settle(ctx context.Context, namespace, policy, class string, to ActionState, by string, now time.Time) (int, error)

	// Cases of a namespace in a state, the oldest first.
	Cases(ctx context.Context, f CaseFilter) ([]Case, error)
	// CasesAbout are the open cases about an item, which is named by its id or by its record on the network.
	CasesAbout(ctx context.Context, namespace, account, item string) ([]Case, error)
	// AddCases records what waits for a person; what is known already stays as it is.
	AddCases(ctx context.Context, cases []Case) error
	// SaveCase writes what became of a case. One whose author was erased stays so.
	SaveCase(ctx context.Context, c Case) error
	// Human records what a person decided about an item.
	Human(ctx context.Context, key ItemKey, outcome, by string) error
	// Contacts tells when we last spoke with those whom a policy names, in their order.
	Contacts(ctx context.Context, namespace, policy string, people []Contact, now time.Time) ([]Contact, error)
	// Reminded records that someone was told that it is long ago.
	Reminded(ctx context.Context, namespace, policy string, c *Contact, now time.Time) error
	// SavePolicy keeps a policy's version, in place of the one before.
	SavePolicy(ctx context.Context, v PolicyVersion) error
	// Policy is the version that was kept; false: none was.
	Policy(ctx context.Context, namespace, name string) (PolicyVersion, bool, error)
	// StatsOf a policy since then.
	StatsOf(ctx context.Context, namespace, policy string, since, now time.Time) (PolicyStats, error)
	// CasesOf an author's items, by their id, the newest first.
	CasesOf(ctx context.Context, namespace, account, author string, limit int) ([]Case, error)
	// HeldOf an author is what EraseAuthor would take out.
	HeldOf(ctx context.Context, a Author) (Erased, error)
	// EraseAuthor takes all that someone said out of the ledger; what was done stays, without their words. In what others said, and we
	// did, their name is replaced. Cases whose objects show something of theirs are Erased or Redrawn, until EndErasure.
	EraseAuthor(ctx context.Context, a Author) (Erased, error)
	// EndErasure records that the object of an Erased or Redrawn case is gone.
	EndErasure(ctx context.Context, namespace, name string) error
	// ForgetBefore removes what is older, but for what still waits.
	ForgetBefore(ctx context.Context, before time.Time) (int, error)
}

// ActionFilter chooses actions; empty fields choose all.
type ActionFilter struct {
	ID, Namespace, Policy, Rule, Item, Account, Class string
	// Author is an id, as actions keep it.
	Author     string
	Generation int64
	States     []ActionState
	Since      time.Time
	Limit      int
}

// CaseFilter chooses cases; empty fields choose all.
type CaseFilter struct {
	Namespace, Policy, Name, Account, Item, Kind string
	States                                       []CaseState
	// Since is when they were made.
	Since time.Time
	Limit int
}

// PolicyStats are figures of a policy.
type PolicyStats struct {
	// Items decided about, Matched by a rule, Acted on, and Held.
	Items, Matched, Acted, Held int64
	// HeldClasses are the classes of held actions.
	HeldClasses []string
	Rules       []RuleStats
	// Cases and Questions that wait, and how many of them are Overdue.
	Cases, Questions, Overdue int64
}

// RuleStats are figures of one rule.
type RuleStats struct {
	Rule string
	// Matched items; Agreed and Overturned by people who decided about them.
	Matched, Agreed, Overturned int64
}

// Erased counts what was erased.
type Erased struct{ Items, People, Cases int }

var _ Community = (*Database)(nil)
