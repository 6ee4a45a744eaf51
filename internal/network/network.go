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
	// AbilityMetrics: numbers of a publication can be read.
	AbilityMetrics Ability = "Metrics"
	// AbilityProfile: what people see of the account can be set.
	AbilityProfile Ability = "Profile"
	// AbilityMessage: messages to the team can be sent, without publishing them.
	AbilityMessage Ability = "Message"
)

// Automation is something that a network's rules allow to be done without a person; an open list, shown in
// SocialChannel.status.automation.
type Automation string

// Kinds of automation.
const (
	AutoReact               Automation = "AutoReact"
	AutoReplyWhenAddressed  Automation = "AutoReplyWhenAddressed"
	AutoWelcome             Automation = "AutoWelcome"
	AutomationIdenticalText Automation = "IdenticalText"
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
	// Automation is what the network's rules allow to be automated, in a stable order.
	Automation []Automation
	// Server as it names itself, such as "Mastodon 4.5.2"; empty where it does not.
	Server string
	// ExpiresAt is when the credentials run out; zero where the network does not say, or they do not.
	ExpiresAt time.Time
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
	// ErrKeyTaken. On other networks the key is sent where the network takes one. On a two-phase network
	// Publication.Prepared, which Preparer.Prepare gave, is made public; that may be repeated.
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
	// Parent and Root are set on the second and later segments of a thread, and on answers.
	Parent, Root *Ref
	// Answer says that somebody else said the Parent: where people choose who sees what they say, no others see what is answered.
	Answer bool
	// To is whom a private message goes to; nil is in public.
	To *Person
	// Prepared is the hidden record that is to be made public; nil but on two-phase networks.
	Prepared *Ref
	// Title, HTML, Tags, ContentWarning and Visibility are what the rendering gave; empty where the network has no place for it.
	Title string
	// HTML is the text as a network of articles takes it; empty elsewhere.
	HTML           string
	Tags           []string
	ContentWarning string
	// Visibility is Public, Unlisted or Followers; empty is Public.
	Visibility string
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
	// Bytes of a picture that Prepare or Publish is to take along, as the network has no private uploads; nil if Upload stored it.
	Bytes []byte
}

// Media is a file to upload.
type Media struct {
	Bytes       []byte
	ContentType string
	AltText     string
	// URL that it was read from on the web; empty where it has none.
	URL string
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
	// Changed is true if the content was changed since the intent, so that Text is not what may have been stored. A network that
	// can tell by nothing but the text then says that it does not know, unless nothing was stored at all.
	Changed bool
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

// Preparer is for two-phase networks: what it stores is hidden until Publish makes it public.
type Preparer interface {
	// Prepare stores a publication where the public does not see it, with its marker. Each call stores another one: only the
	// Ref that was saved is made public.
	Prepare(ctx context.Context, p Publication) (Ref, error)
	// Prepared lists what is stored hidden for a publication, by its marker; what is public is not among it.
	Prepared(ctx context.Context, q Query) ([]Ref, error)
	// Discard removes a hidden record. One that is public by now is left and is Refused; one that is not there is no error.
	Discard(ctx context.Context, ref Ref) error
}

// Observation is what a publication looks like on the network now.
type Observation struct {
	// Gone is true if it is not there any more, or not public.
	Gone bool
	// Text as the network gives it back; compared with what was stored there after publishing or editing.
	Text string
	// Revision changes when the record does, where the network has one.
	Revision string
	// URL of its page.
	URL string
	// Metrics that came with it; nil if none.
	Metrics *Metrics
}

// Metrics of a publication; nil where the network does not tell.
type Metrics struct {
	Reactions, Shares, Replies, Impressions, Clicks, Views *int64
}

// Observer is for networks on which our own publications can be read back.
type Observer interface {
	Observe(ctx context.Context, ref Ref) (Observation, error)
}

// Message is something said to the team, not to the public.
type Message struct {
	// ID is the same each time the message is sent; receivers remove doubles by it.
	ID string
	// Repeat is true if it was tried before.
	Repeat bool
	// Title in one line, Text in a few, as plain text.
	Title, Text string
	// Mention names people as the receiving network knows them.
	Mention []string
	// Link for more, and LinkTitle of its button; empty for none.
	Link, LinkTitle string
	// Facts are names and values to show, in order.
	Facts [][2]string
	// Event such as Failed; Subject such as Post/acme/launch; for receivers that are programs.
	Event, Subject string
	At             time.Time
	Media          []Media
}

// Messenger is for networks that take messages to the team.
type Messenger interface {
	Send(ctx context.Context, m Message) error
}

// Profile is what people see of an account. Nil fields are not set, or not known.
type Profile struct {
	DisplayName, Bio, Website *string
	Bot                       *bool
	// AvatarHash is the SHA-256 of the picture's bytes as it was set, in hex, where the network gives the bytes back.
	AvatarHash *string
}

// Profiler is for networks on which the profile can be read and set.
type Profiler interface {
	Profile(ctx context.Context) (Profile, error)
	// SetProfile sets the fields that are not nil; avatar is nil to leave the picture.
	SetProfile(ctx context.Context, p Profile, avatar *Media) error
}

// Ruler is for servers that publish rules of their own, which a person should read before automating anything.
type Ruler interface {
	// ServerRules in the server's words.
	ServerRules(ctx context.Context) ([]string, error)
}
