// Package store is the ledger: the durable record, outside the cluster, of what went out. It is the second witness
// beside the status of a Post, and a second fence: an attempt begins only if no other may be open. It must not know
// Kubernetes, adapters, or when something is to be sent.
package store

import (
	"context"
	"errors"
	"time"

	"github.com/tribune-dev/tribune/internal/network"
)

// State of a publication.
type State string

const (
	// Sending has an attempt whose call may be under way. With a RecordID, that record is stored hidden and is being made public.
	Sending State = "Sending"
	// Published is on the network.
	Published State = "Published"
	// NotSent had an attempt that surely stored nothing; the next may begin.
	NotSent State = "NotSent"
	// Unknown had an attempt that nobody knows the outcome of.
	Unknown State = "Unknown"
	// Failed was refused by the network, which stored nothing; a changed content may begin.
	Failed State = "Failed"
	// Deleted was published and was then taken off the network.
	Deleted State = "Deleted"
)

// Publication is one row: one segment of a Post on one account.
type Publication struct {
	network.Identity
	Key, Marker string
	// Attempt is the random name of the last intent, Owner the process that made it.
	Attempt, Owner string
	// Supersedes is for Begin alone and not stored: the open attempt that the caller knows to have ended.
	Supersedes  string
	State       State
	ContentHash string
	// TextHash stands for the words of the whole rendering; empty where it is not known.
	TextHash string
	// Hashes of all segments of the thread as the attempt's intent fixed them; nil where that is not known. They say what
	// else was to follow, to who finds a thread that is out in part.
	Hashes []string
	// Cursor is the newest own id that was seen on the network before the attempt.
	Cursor string
	// RecordID, Revision and URL of the record on the network.
	RecordID, Revision, URL string
	// Channel and Network are names, for people and reports.
	Channel, Network string
	// StartedAt of the attempt and PublishedAt as the network said, zero for none. They are kept in microseconds, UTC.
	StartedAt, PublishedAt time.Time
	// UpdatedAt is set by the ledger.
	UpdatedAt time.Time
}

// Outcome is what came of an attempt. Empty fields leave what is recorded.
type Outcome struct {
	State                   State
	RecordID, Revision, URL string
	PublishedAt             time.Time
}

var (
	// ErrSuperseded is wrapped by Finish if the publication is in the hands of another attempt, or finally recorded as
	// something else; nothing was changed.
	ErrSuperseded = errors.New("the ledger holds another attempt")
	// ErrOtherRecord is wrapped by Adopt if another record on the network is known as this publication.
	ErrOtherRecord = errors.New("the ledger knows another record of this publication")
	// ErrClosed is wrapped by writes to a closed ledger.
	ErrClosed = errors.New("the ledger is closed")
)

// Ledger of publications. All methods are safe for concurrent use, by several processes too; what a write acknowledged
// outlives the process and the machine. A write whose context ended before its turn records nothing; after another error
// it is not known whether it was recorded. Every write may be repeated.
type Ledger interface {
	// HasAny is true if anything is known of a Post, of whatever edition. It is the cheapest question.
	HasAny(ctx context.Context, namespace, post string) (bool, error)
	// Publications of one edition of a Post in the order of their segments; an empty account means: of any account.
	Publications(ctx context.Context, namespace, post string, edition int64, account string) ([]Publication, error)
	// ByPost is all that is known of a Post, by edition, account and segment.
	ByPost(ctx context.Context, namespace, post string) ([]Publication, error)
	// Begin records an attempt as Sending. It wins if the publication is not recorded, or its last attempt surely stored
	// nothing (NotSent, Failed), or the open attempt (Sending, Unknown) is p.Supersedes or p.Attempt itself. Otherwise
	// nothing changes. The row as it is now comes back in both cases. Its RecordID is that of the draft which the attempt makes
	// public, and empty where there is none yet.
	Begin(ctx context.Context, p Publication) (current Publication, won bool, err error)
	// Finish records the outcome of an attempt. It may be repeated; Published becomes nothing but Deleted. NotSent of a
	// publication that is not recorded is no error, as the intent may have ended before it was.
	Finish(ctx context.Context, id network.Identity, attempt string, o Outcome) error
	// Starts are the Posts that began to go out on a channel since then, the oldest first.
	Starts(ctx context.Context, namespace, channel string, since time.Time) ([]Start, error)
	// Adopt records p as Published, as it was found on the network, whatever its last attempt was.
	Adopt(ctx context.Context, p Publication) error
}
