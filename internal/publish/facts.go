// Package publish is the once-protocol as pure functions: from a Post, its status and what is known of the world it
// decides the next step, and what a step's outcome makes of the status. It must not know clients, clocks or adapters;
// whoever carries a step out passes the time in and feeds back what was seen.
package publish

import (
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/schedule"
)

// Defaults that hold where a spec is silent.
const (
	// DefaultStartingDeadline is how late a Post may go out.
	DefaultStartingDeadline = time.Hour
	// LateAfter is when a Post counts as late at all.
	LateAfter = time.Minute
	// DefaultSettle is how long a network may take to store what it was sent, after the intent.
	DefaultSettle = time.Minute
	// MaxCall is the longest a single call may take.
	MaxCall = 20 * time.Second
	// liveCall is how long a call usually takes at most: an attempt that began since may be under way in another process.
	liveCall = 2 * time.Second
	// ChannelGrace is how long after its creation a Post waits for its channel to be made, before a person is asked.
	ChannelGrace = 15 * time.Second
	// GiveUpLookingUp is how long after the settle time an open attempt is only looked up, before a person is asked as well.
	GiveUpLookingUp = 10 * time.Minute
	// MaxProbes is how many keys are tried when earlier ones belong to records that are not ours.
	MaxProbes = 8
	// MaxClockSkew between this machine and the API server.
	MaxClockSkew = 30 * time.Second
)

// Channel is what is known of a Post's channel.
type Channel struct {
	// Exists is false if there is no such SocialChannel.
	Exists bool
	// Suspended by its spec.
	Suspended bool
	// Ready is true if the channel accepted its credentials; NotReadyMessage says why not.
	Ready           bool
	NotReadyMessage string
	// Connected is true if this process can call the network now.
	Connected bool
	// Account and Once hold where the channel was ever signed in.
	Account string
	Once    network.Once
	// RetryAt is when the network may be called again after it asked us to wait.
	RetryAt time.Time
	// ByHand is true if a person publishes there.
	ByHand bool
	// Edits and Deletes are true if the account, while connected, can change and take off what went out.
	Edits, Deletes bool
	// SecretGone is true if the channel has lost its credentials for good.
	SecretGone bool
}

// Calendar is what is known of the calendar that made a Post.
type Calendar struct {
	// Made is true if a calendar made the Post.
	Made bool
	// Exists is false if that calendar is gone.
	Exists    bool
	Suspended bool
}

// Record is what the ledger knows of one segment.
type Record struct {
	Segment   int
	Key       string
	Attempt   string
	Open      bool
	Published bool
	// Deleted is true if it was published and taken off.
	Deleted     bool
	Cursor      string
	ID          string
	Revision    string
	URL         string
	ContentHash string
	// Hashes of all segments of the rendering that the record is of, as far as they are known.
	Hashes      []string
	StartedAt   time.Time
	PublishedAt time.Time
}

// Lookup is what the network answered when it was asked for one segment.
type Lookup struct {
	Segment int
	// Receipt is nil if the publication is surely not there.
	Receipt *network.Receipt
	// Err is set if the network could not be asked.
	Err error
}

// Facts are all that a decision may depend on.
type Facts struct {
	Now time.Time
	// Settle is the time that a network may take to store what it was sent.
	Settle time.Duration
	// ClockSkew of this machine against the API server.
	ClockSkew time.Duration
	// Owner names this process in attempts.
	Owner string

	Post     *tribunev1alpha1.Post
	Channel  Channel
	Calendar Calendar
	// After are the Posts that must be out before.
	After []Predecessor
	// Pace of the channel's Posts; needed for Posts that are due.
	Pace Pace
	// Shut are the times in which a Post made by hand is held.
	Shut []Shut
	// CatchUp is what was decided after an outage; nil where there was none.
	CatchUp *schedule.CatchUpDecision
	Crisis  Crisis
	// Pictures as far as they were looked at ahead.
	Pictures Pictures
	// Unconsented says why people who are quoted do not agree; empty if they do. Needed for Posts that are due.
	Unconsented string

	// Hashes of the rendered segments, and Problems that keep the Post from being rendered; both nil where the channel's
	// rules are not known. Text is their TextHash.
	Hashes   []string
	Text     string
	Problems []string
	// Unresolved is true if a page that it links to is not known yet: what was rendered must not go out.
	Unresolved bool

	// Ledger holds the rows of this Post, edition and account; LedgerRead is false while it was not asked.
	Ledger     []Record
	LedgerRead bool

	// Unverified is true if nothing makes sure that a decision is of whom it names: the admission policies are missing.
	Unverified bool

	// Deleting is true for a Post that is being deleted, and is to be taken off the network first.
	Deleting bool
	// Looks at a Post that is out; nil where it is not looked at.
	Looks *Looks

	// Lookup is the answer to the last Lookup step, nil while none was asked.
	Lookup *Lookup
}

// Due is when the Post is to go out: publishAt, or its creation.
func Due(p *tribunev1alpha1.Post) time.Time {
	if p.Spec.PublishAt != nil {
		return p.Spec.PublishAt.Time
	}
	return p.CreationTimestamp.Time
}

// Deadline is the last moment at which the Post may begin to go out, if it had nothing to wait for but its time.
func Deadline(p *tribunev1alpha1.Post) time.Time { return Due(p).Add(mayBeLate(p)) }

// mayBeLate is how long after the time from which it counts as late a Post may still begin to go out.
func mayBeLate(p *tribunev1alpha1.Post) time.Duration {
	if p.Spec.MissedPolicy == tribunev1alpha1.MissedPolicySkip {
		return LateAfter
	}
	if d := p.Spec.StartingDeadline; d != nil {
		return d.Duration
	}
	return DefaultStartingDeadline
}

// Edition that is to go out, or that an open attempt is about.
func Edition(p *tribunev1alpha1.Post) int64 {
	want := max(p.Spec.Edition, 1)
	if s := p.Status.Edition; s != 0 && s != want && openSegment(p.Status.Segments) >= 0 {
		return s
	}
	return want
}

// segments of the edition that is to go out; those of an earlier one are history.
func segments(p *tribunev1alpha1.Post) []tribunev1alpha1.PostSegment {
	if p.Status.Edition != 0 && p.Status.Edition != Edition(p) {
		return nil
	}
	return p.Status.Segments
}

func openSegment(segs []tribunev1alpha1.PostSegment) int {
	for i := range segs {
		switch segs[i].State {
		case tribunev1alpha1.SegmentSending, tribunev1alpha1.SegmentPrepared, tribunev1alpha1.SegmentUnknown:
			return i
		}
	}
	return -1
}

// OpenSegment is the index of the segment whose attempt has no known outcome, or -1.
func OpenSegment(p *tribunev1alpha1.Post) int { return openSegment(segments(p)) }

func published(segs []tribunev1alpha1.PostSegment) int {
	n := 0
	for i := range segs {
		if segs[i].State == tribunev1alpha1.SegmentPublished {
			n++
		}
	}
	return n
}

// CreatedLate is true for a Post that came into being after it was due: it may be a publication that went out before.
func CreatedLate(p *tribunev1alpha1.Post) bool {
	return p.Spec.PublishAt == nil || p.CreationTimestamp.After(p.Spec.PublishAt.Time)
}
