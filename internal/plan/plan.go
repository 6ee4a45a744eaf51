// Package plan makes of a ContentCalendar the Posts it stands for: which entry on which channel at which instant, under
// which name. It is pure: the channels and the time are passed in; it must not know clients or adapters.
package plan

import (
	"fmt"
	"slices"
	"strings"
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/publish"
	"github.com/tribune-dev/tribune/internal/schedule"
)

const (
	// DefaultHorizon is how far ahead Posts are made.
	DefaultHorizon = 14 * 24 * time.Hour
	// MaxWaiting Posts of one calendar on one channel.
	MaxWaiting = 500
	// MaxEntries of one calendar, those from elsewhere included.
	MaxEntries = 5000
	// FixedBefore is how long before it is due a Post keeps its place in a slot, whatever becomes of the entries before it.
	FixedBefore = 5 * time.Minute
)

// Occurrences of entries that go out once, and of the first turn of those that are queued again.
const (
	// Once is the occurrence of an entry that goes out once.
	Once = "once"
)

// Channel is what a plan needs to know of a SocialChannel.
type Channel struct {
	Name     string
	Labels   map[string]string
	Network  tribunev1alpha1.NetworkName
	Language string
	// QuietHours of the channel (spec.publishing.quietHours); nil: none.
	QuietHours *tribunev1alpha1.QuietHours
	// Suspended by its spec. It changes no plan: what is planned is held when it falls due, which people who look at it are told.
	Suspended bool
}

// SourcedEntry is an entry that stands elsewhere than in the calendar.
type SourcedEntry struct {
	// Source for messages, such as "ConfigMap acme-articles/release-3.0.md".
	Source string
	Entry  tribunev1alpha1.CalendarEntry
}

// Existing is a Post of the calendar that exists.
type Existing struct {
	Name, Entry, Channel string
	// Occurrence as it was planned: "once", a turn such as "2", or a local date.
	Occurrence string
	// At is when it is, or was, due (spec.publishAt).
	At    time.Time
	State tribunev1alpha1.PostState
	// PublishedAt is when it was out; zero if it is not.
	PublishedAt time.Time
	// Edition that went out (status.edition); 0 is none.
	Edition int64
}

// Input is all that a plan depends on.
type Input struct {
	Calendar *tribunev1alpha1.ContentCalendar
	// Channels of the namespace.
	Channels []Channel
	Now      time.Time
	// FirstSeen is when the calendar came into being; one-shot entries of before make no Post.
	FirstSeen time.Time
	// Covered is up to when an earlier plan was carried out (status.coverageUntil); zero if there was none.
	Covered time.Time
	// More are entries that came from elsewhere (ConfigMaps, feeds), after those of the spec.
	More []SourcedEntry
	// Existing are the Posts of this calendar that exist.
	Existing []Existing
	// Curated is what may be quoted; nil where nobody knows, and placeholders stand for it.
	Curated *Curated
	// Check tells what keeps a content from being published on a channel; nil checks nothing. The paths are those below the
	// content, such as thread[1].text.
	Check func(Channel, *tribunev1alpha1.Content) []Problem
	// Look makes it a plan to be looked at; nil for one that is carried out.
	Look *Look
}

// Problem is something that a person must change.
type Problem struct {
	// Path of the field, such as spec.entries[3].cron; below the entry, such as at, where Source is set.
	Path string
	// Source of an entry that stands elsewhere, such as "ConfigMap acme-articles/release-3.0.md".
	Source string
	// Entry by name; empty if it is about the whole calendar.
	Entry   string
	Message string
	// Missing is true if another object is not there: it may still be on its way.
	Missing bool
}

func (p Problem) String() string {
	where := p.Path
	if p.Source != "" {
		where = strings.TrimSuffix(p.Source+": "+p.Path, ": ")
	}
	if p.Entry != "" {
		return fmt.Sprintf("%s (entry %s): %s", where, p.Entry, p.Message)
	}
	return where + ": " + p.Message
}

// Post is one publication that the calendar stands for.
type Post struct {
	Name, Entry, Channel string
	// EntryIndex in spec.entries, or, from their number on, in More.
	EntryIndex int
	// Source of an entry of More; empty for those of the spec.
	Source string
	// Occurrence is its local date, or date and time; "once" for entries that go out once; the number of the turn, from "1", for
	// those that are queued again.
	Occurrence string
	// Local is the wall clock time in the calendar's zone, as it was planned before any shift.
	Local schedule.Local
	// At is when it goes out, after any shift.
	At time.Time
	// Shifted says what moved it away from Local; nil if nothing did.
	Shifted *Shift
	// Queued is true if it came by a slot. The object is the only record that the entry had its turn: it is not to be removed for
	// its age while its entry is there.
	Queued bool
	Labels map[string]string
	Spec   tribunev1alpha1.PostSpec
}

// Shift is what moved a Post.
type Shift struct {
	// Reason is tribunev1alpha1.ReasonBlackout or ReasonQuietHours, of the first that it lies in.
	Reason string
	// Message for people, such as "Launch day: until 2026-12-02T00:00 (Europe/Madrid)".
	Message string
	// From is the instant that it was planned for at first.
	From time.Time
}

// Skipped is an occurrence of the horizon that a blackout or quiet hours leave out.
type Skipped struct {
	Entry, Channel, Occurrence string
	Local                      schedule.Local
	At                         time.Time
	// Reason is tribunev1alpha1.ReasonBlackout or ReasonQuietHours, Message what is said to people.
	Reason, Message string
}

// Result is the plan.
type Result struct {
	// Posts in the order of their times; those whose deadline has passed are not among them.
	Posts []Post
	// Out are those of Existing that are not in Posts, began to go out or came to another end, and whose entry is still there: with
	// the time that they have, and the content that they would have today. Their name is never published again; they are for edits.
	Out []Post
	// Problems keep entries, or the calendar, from being carried out. The other entries are in Posts all the same.
	Problems []Problem
	// Warnings are worth a look and keep nothing from going out.
	Warnings []Problem
	// PastEntries of one shot lay before the calendar was first seen.
	PastEntries int
	// TooLate counts occurrences that no earlier plan covered and whose deadline has passed: they make no Post any more.
	TooLate int
	// Skipped are the occurrences of the horizon that blackouts and quiet hours leave out, in the order of their times.
	Skipped []Skipped
	// Quoted is what entries take to quote in addition to what they took before, in order: it is to be recorded before their Posts are made.
	Quoted []Quoted
	// Uncurated entries have nothing to quote at their next occurrence, which makes no Post.
	Uncurated []Uncurated
	// Unquoted are the names of Posts whose quotes may not be shared any more.
	Unquoted []string
	// Entries counts all entries, those of More included.
	Entries int
	// Truncated names the channels on which MaxWaiting was reached, with the time up to which Posts are planned.
	Truncated map[string]time.Time
	// Cut is the instant from which on more was planned than Look.Most lets see; zero if all is there.
	Cut time.Time
	// Until is the end of the horizon.
	Until time.Time
	Zone  *time.Location
}

// Horizon of a calendar.
func Horizon(c *tribunev1alpha1.ContentCalendar) time.Duration {
	if c.Spec.Horizon != nil {
		return c.Spec.Horizon.Duration
	}
	return DefaultHorizon
}

// Deadline of a calendar's Posts: how late they may begin to go out.
func Deadline(c *tribunev1alpha1.ContentCalendar) time.Duration {
	if c.Spec.MissedPolicy == tribunev1alpha1.MissedPolicySkip {
		return publish.LateAfter
	}
	if c.Spec.StartingDeadline != nil {
		return c.Spec.StartingDeadline.Duration
	}
	return publish.DefaultStartingDeadline
}

// Calendar plans a calendar.
func Calendar(in Input) Result {
	p := planner{
		in: in, spec: &in.Calendar.Spec, deadline: Deadline(in.Calendar),
		quietFor: map[service]*quiet{}, quietSame: map[string]*quiet{}, quietOn: map[string]*quiet{}, byName: map[string]*item{}, timings: map[node]timing{},
		existing: indexExisting(in.Existing), quotes: indexQuotes(in.Curated), told: map[Problem]int{},
		seen: map[node]bool{},
	}
	p.result.Until = in.Now.Add(Horizon(in.Calendar))
	p.result.Entries = len(p.spec.Entries) + len(in.More)
	zone, err := schedule.LoadZone(zoneName(p.spec))
	if err != nil {
		p.problem("spec.timeZone", "%s", err)
		return p.result
	}
	p.result.Zone = zone
	if len(in.Calendar.Name) > 63 {
		p.problem("metadata.name", "has %d characters; at most 63 are allowed, as Posts carry it in a label", len(in.Calendar.Name))
		return p.result
	}
	p.plan()
	return p.result
}

// plan goes from entries to Posts: first those with times of their own, then the queues, then those that follow others.
func (p *planner) plan() {
	q, problems := quietOf(p.spec)
	p.quiet = q
	p.result.Problems = append(p.result.Problems, problems...)
	for _, problem := range publish.CheckTracking(p.spec.Tracking) {
		p.problem("spec."+problem.Path, "%s", problem.Message)
	}
	p.collect()
	p.checkEdges()
	p.looksBack = p.reach(p.from())
	for _, it := range p.items {
		switch e := it.entry; {
		case e.At != "":
			p.oneShot(it)
		case e.Cron != "" || e.RRule != "":
			p.recurring(it)
		}
	}
	p.queues()
	for _, it := range p.items {
		if it.entry.After != nil {
			p.follow(it)
		}
	}
	p.lookAtLinks()
	p.out()
	p.uncurated()
	slices.SortStableFunc(p.result.Posts, func(a, b Post) int {
		if c := a.At.Compare(b.At); c != 0 {
			return c
		}
		return strings.Compare(a.Name, b.Name)
	})
	slices.SortStableFunc(p.result.Skipped, func(a, b Skipped) int { return a.At.Compare(b.At) })
	p.limit()
}

// planner is the state of one plan.
type planner struct {
	in       Input
	spec     *tribunev1alpha1.ContentCalendarSpec
	deadline time.Duration
	result   Result

	// items are the entries that can be planned, in file order; byName has all that there are.
	items  []*item
	byName map[string]*item

	// quiet are the calendar's windows; quietOn those of a channel with them; quietFor those that hold for an entry there, of which
	// quietSame has each once.
	quiet              quiet
	quietOn, quietSame map[string]*quiet
	quietFor           map[service]*quiet
	// looksBack is the earliest time from which something may have been moved into what is planned.
	looksBack time.Time

	existing map[node]map[string]*Existing
	// quotes is what was curated; nil where nobody knows.
	quotes *quotes
	// told are the problems of entries, with their place in the result.
	told map[Problem]int
	// timings of what goes out once, for what follows it.
	timings map[node]timing

	// seen are the entries of which a look has its first Post; cut is from when on it sees no more.
	seen map[node]bool
	cut  time.Time
}

// node is an entry on a channel.
type node struct{ entry, channel string }

func indexExisting(posts []Existing) map[node]map[string]*Existing {
	index := map[node]map[string]*Existing{}
	for i := range posts {
		e := &posts[i]
		n := node{e.Entry, e.Channel}
		if index[n] == nil {
			index[n] = map[string]*Existing{}
		}
		index[n][e.Occurrence] = e
	}
	return index
}

func zoneName(spec *tribunev1alpha1.ContentCalendarSpec) string {
	if spec.TimeZone == "" {
		return "UTC"
	}
	return spec.TimeZone
}

func (p *planner) problem(path, format string, args ...any) {
	p.result.Problems = append(p.result.Problems, Problem{Path: path, Message: fmt.Sprintf(format, args...)})
}

func (p *planner) warn(path, format string, args ...any) {
	p.result.Warnings = append(p.result.Warnings, Problem{Path: path, Message: fmt.Sprintf(format, args...)})
}
