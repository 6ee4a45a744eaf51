// Package network is the port between Tribune and the services people talk on: a small interface that every adapter
// implements, optional abilities as further interfaces, typed errors, and a registry. It must not know Kubernetes
// clients, controllers or any single network; adapters live in the packages below it and register themselves.
package network

import (
	"context"
	"time"

	"github.com/tribune-dev/tribune/internal/compose"
)

// Once names how a network lets a publication happen once. It decides what is done with an attempt whose outcome is
// not known.
type Once string

const (
	// OnceDurableKey networks store a key that the client chose for as long as the record exists: an open attempt is
	// repeated at once with the same key.
	OnceDurableKey Once = "DurableKey"
	// OnceWindowedKey networks remember a key for a while: scanned first, then sent again with the same key.
	OnceWindowedKey Once = "WindowedKey"
	// OnceTwoPhase networks create hidden and make public: continue from the saved id.
	OnceTwoPhase Once = "TwoPhase"
	// OnceScan networks can list own recent publications: scanned after Settle, sent again if not found.
	OnceScan Once = "Scan"
	// OnceNone networks can neither be asked nor told: an open attempt stays Unknown.
	OnceNone Once = "None"
)

// Ability is something an account can do on its network; an open list, shown in SocialChannel.status.abilities.
type Ability string

// Abilities of the adapters that exist.
const (
	AbilityPublish Ability = "Publish"
	AbilityEdit    Ability = "Edit"
	AbilityDelete  Ability = "Delete"
	AbilityThread  Ability = "Thread"
	AbilityMedia   Ability = "Media"
)

// Account is who we are on a network, and what the server says of itself.
type Account struct {
	// ID never changes: a DID, a number. It is part of the identity of every publication.
	ID string
	// Handle is the name people see, such as acme.example or @town-square.
	Handle      string
	DisplayName string
	// URL of the account's public page.
	URL string
	// Followers and Following are nil where the network does not say.
	Followers, Following *int64
	// Once is the class that holds for this server, now.
	Once Once
	// Abilities in a stable order.
	Abilities []Ability
	// Limits replaces the network's built-in text rules where the server states its own; nil keeps those.
	Limits *compose.Limits
	// Clock is the server's own time as its answer's Date header said, zero where it did not.
	Clock time.Time
}

// Network is one account on one network. Every call takes its deadline from ctx and makes no hidden repetition of a
// write. Errors are *Error.
type Network interface {
	// SignIn checks the credentials and tells the account. It publishes nothing.
	SignIn(ctx context.Context) (Account, error)
	// Publish makes one segment public with one call.
	//
	// On a network with a durable key: a record stored under Publication.Key that carries Publication.Marker is ours,
	// and its Receipt comes back with Existing set, whatever its text; a record with another marker or none is
	// ErrKeyTaken. On other networks the key is sent where the network takes one.
	Publish(ctx context.Context, p Publication) (Receipt, error)
	// Key is the key sent to the network for a publication: a pure function of the identity, the scheduled second and
	// the probe (0, or higher when earlier keys were taken by records that are not ours).
	Key(id Identity, due time.Time, probe int) string
}

// Identity names a publication for ever. Nothing else (UID, content, generation, attempt, clock) makes two publications
// different.
type Identity struct {
	Namespace, Post string
	Edition         int64
	Account         string
	Segment         int
}

// Publication is one segment, rendered and ready to send. All that is in it was fixed by the intent, so that a
// repetition sends the same bytes.
type Publication struct {
	Identity Identity
	// Key as Network.Key gave it and the intent saved it.
	Key string
	// Marker proves that a record is this publication: Identity.Marker. Adapters store it beside the text where the
	// network has a place for it.
	Marker string
	// Text as people will see it, with Facets in byte offsets.
	Text   string
	Facets []compose.Facet
	// Language is a BCP 47 tag, or empty.
	Language string
	// Link becomes a card where the network has cards; nil for none.
	Link  *compose.Link
	Media []Attachment
	// Parent and Root are set on the second and later segments of a thread.
	Parent, Root *Ref
	// CreatedAt is the first startedAt of the segment; a repetition carries the same one.
	CreatedAt time.Time
}

// Attachment is a picture that was uploaded (Uploader), or one to be taken along by Publish.
type Attachment struct {
	// Upload is what Uploader.Upload returned, opaque to all but the adapter.
	Upload string
	// AltText says what the picture shows.
	AltText string
	// ContentType such as image/png.
	ContentType string
	Width       int
	Height      int
}

// Media is a file to upload.
type Media struct {
	Bytes       []byte
	ContentType string
	AltText     string
}

// Ref points at one record on the network.
type Ref struct {
	// ID as the network names it (an at:// URI, a number).
	ID string
	// Revision of the record where replies must name it (atproto: the CID).
	Revision string
	// URL of the public page, empty where there is none.
	URL string
}

// Receipt is a network's word that a publication is public.
type Receipt struct {
	Ref
	// PublishedAt as the network stored it; zero where it does not say.
	PublishedAt time.Time
	// Existing is true if the record was there before this call.
	Existing bool
}

// Finder is for networks that can be asked whether a publication went out. Scan networks must implement it, durable-key
// networks look the key up.
type Finder interface {
	// Cursor is the newest id of our own records now; saved in the intent, so that a scan has a beginning. It may be
	// empty on networks where a lookup needs none, and costs no call there.
	Cursor(ctx context.Context) (string, error)
	// Find looks for a publication that may have been stored. Nil, nil means: surely not there, as of now.
	Find(ctx context.Context, q Query) (*Receipt, error)
}

// Query describes what Find looks for.
type Query struct {
	Identity Identity
	Key      string
	Marker   string
	Text     string
	// Cursor from the intent; empty: as far back as NotBefore.
	Cursor string
	// NotBefore bounds the search where no cursor is known.
	NotBefore time.Time
}

// Editor is for networks on which a published record can be changed.
type Editor interface {
	Edit(ctx context.Context, ref Ref, p Publication) (Receipt, error)
}

// Deleter takes a record off the network. A record that is not there any more is no error.
type Deleter interface {
	Delete(ctx context.Context, ref Ref) error
}

// Uploader stores media before the text that shows it, where uploads stay private until then.
type Uploader interface {
	Upload(ctx context.Context, m Media) (Attachment, error)
}
