// Package wire holds what the built-in network and its clients say to each other: the JSON of its API, and nothing
// else. It must not know how the network stores or serves anything, nor who its clients are.
package wire

import "time"

// Bounds that the network keeps; a client may check them before it calls.
const (
	// MaxCharacters is the longest text, in graphemes.
	MaxCharacters = 5000
	// MaxTextBytes is the longest text in bytes of UTF-8: a grapheme can be of any length, a store cannot.
	MaxTextBytes = 64 << 10
	// MaxMedia is the most pictures of one post.
	MaxMedia = 20
	// MaxMediaBytes is the largest picture, in bytes.
	MaxMediaBytes = 10 << 20
	// MaxAltCharacters is the longest description of a picture, in graphemes.
	MaxAltCharacters = 1500
	// MaxKeyBytes bounds a key and a marker, in bytes.
	MaxKeyBytes = 512
	// MaxPage is the most entries of one list.
	MaxPage = 1000
	// DefaultPage is the number of entries of a list when no limit is asked for.
	DefaultPage = 100
)

// Kinds of what an account publishes.
const (
	KindPost    = "Post"
	KindReply   = "Reply"
	KindMessage = "Message"
	KindShare   = "Share"
)

// TeamHandle is who a Message goes to that an account sends to its own team: it stands on the account's page, not among posts.
const TeamHandle = "team"

// Kinds of what people say; KindReply and KindMessage are used for them too.
const (
	KindComment  = "Comment"
	KindReaction = "Reaction"
	KindFollow   = "Follow"
	KindJoin     = "Join"
	KindMention  = "Mention"
)

// States of an item.
const (
	StateVisible = "Visible"
	StateHidden  = "Hidden"
	StateRemoved = "Removed"
)

// How the network keeps a publication from being made twice.
const (
	// OnceDurableKey: a key is taken for ever.
	OnceDurableKey = "DurableKey"
	// OnceScan: keys are not honoured (fault ignore-keys); a client must list and compare markers.
	OnceScan = "Scan"
	// OnceWindowedKey: a key is honoured for a while (fault forget-keys).
	OnceWindowedKey = "WindowedKey"
	// OnceTwoPhase: a client stores a draft and makes that public (fault two-phase).
	OnceTwoPhase = "TwoPhase"
)

// Codes of errors.
const (
	CodeBadRequest      = "BadRequest"
	CodeUnauthorized    = "Unauthorized"
	CodeForbidden       = "Forbidden"
	CodeNotFound        = "NotFound"
	CodeKeyTaken        = "KeyTaken"
	CodeDeleted         = "Deleted"
	CodeTooLarge        = "TooLarge"
	CodeUnsupportedType = "UnsupportedType"
	CodeInvalid         = "Invalid"
	CodeEmpty           = "Empty"
	CodeTooLong         = "TooLong"
	CodeUnknownReplyTo  = "UnknownReplyTo"
	CodeUnknownMedia    = "UnknownMedia"
	CodeRateLimited     = "RateLimited"
	CodePublic          = "Public"
	CodeInternal        = "Internal"
	CodeUnavailable     = "Unavailable"
)

// Outcomes of a call, as the log tells them.
const (
	// OutcomeReceived: nothing is known of the call but that it came.
	OutcomeReceived = "Received"
	OutcomeStored   = "Stored"
	// OutcomeExisting: what was asked for was so already; nothing was stored.
	OutcomeExisting = "Existing"
	OutcomeKeyTaken = "KeyTaken"
	OutcomeRefused  = "Refused"
	// OutcomeFault: a fault ended the call before anything was stored.
	OutcomeFault   = "Fault"
	OutcomeEdited  = "Edited"
	OutcomeDeleted = "Deleted"
	// OutcomeFailed: the server could not do it, by no fault that was asked for.
	OutcomeFailed = "Failed"
)

// Limits are what an account may publish.
type Limits struct {
	// MaxCharacters counts graphemes.
	MaxCharacters    int      `json:"maxCharacters"`
	MaxTextBytes     int      `json:"maxTextBytes"`
	MaxMedia         int      `json:"maxMedia"`
	MaxMediaBytes    int      `json:"maxMediaBytes"`
	MaxAltCharacters int      `json:"maxAltCharacters"`
	MaxKeyBytes      int      `json:"maxKeyBytes"`
	MediaTypes       []string `json:"mediaTypes"`
}

// Account is one account on the network.
type Account struct {
	// ID is "namespace/channel".
	ID          string    `json:"id"`
	Handle      string    `json:"handle"`
	DisplayName string    `json:"displayName"`
	URL         string    `json:"url"`
	Posts       int       `json:"posts"`
	Followers   int       `json:"followers"`
	Members     int       `json:"members"`
	Following   int       `json:"following"`
	CreatedAt   time.Time `json:"createdAt"`
	Limits      Limits    `json:"limits"`
	Abilities   []string  `json:"abilities"`
	Once        string    `json:"once"`
	// Bio, Website and Bot are what the account says of itself.
	Bio     string `json:"bio"`
	Website string `json:"website"`
	Bot     bool   `json:"bot"`
	// Avatar is absent while the account has no picture.
	Avatar *Avatar `json:"avatar,omitempty"`
}

// Avatar is an account's picture; SHA256 is that of its bytes, in hex.
type Avatar struct {
	ID     string `json:"id"`
	URL    string `json:"url"`
	SHA256 string `json:"sha256"`
}

// PutAccount makes an account or changes what it says of itself. What is absent, and an empty DisplayName, stays as it is.
type PutAccount struct {
	DisplayName string  `json:"displayName,omitempty"`
	Bio         *string `json:"bio,omitempty"`
	Website     *string `json:"website,omitempty"`
	Bot         *bool   `json:"bot,omitempty"`
	// Avatar is the id of a picture that the account uploaded.
	Avatar *string `json:"avatar,omitempty"`
}

// MediaRef attaches an uploaded picture to a post; Alt, when given, replaces the description it was uploaded with.
type MediaRef struct {
	ID  string `json:"id"`
	Alt string `json:"alt,omitempty"`
}

// Media is a stored picture. Width and Height are in pixels, zero when the format does not tell them.
type Media struct {
	ID     string `json:"id"`
	URL    string `json:"url"`
	Type   string `json:"type"`
	Alt    string `json:"alt,omitempty"`
	Width  int    `json:"width,omitempty"`
	Height int    `json:"height,omitempty"`
}

// Link is a link card.
type Link struct {
	URL         string `json:"url"`
	Title       string `json:"title,omitempty"`
	Description string `json:"description,omitempty"`
}

// NewPost asks for a publication.
type NewPost struct {
	// Key is chosen by the client and unique for its account for ever.
	Key string `json:"key,omitempty"`
	// Marker names the whole identity of the publication; the same key with the same marker is the same publication.
	Marker   string `json:"marker,omitempty"`
	Kind     string `json:"kind,omitempty"`
	Text     string `json:"text,omitempty"`
	Language string `json:"language,omitempty"`
	// CreatedAt is what the client says; the server's own time is StoredAt of the post.
	CreatedAt *time.Time `json:"createdAt,omitempty"`
	// ReplyTo is the id of a post or an item.
	ReplyTo string `json:"replyTo,omitempty"`
	Root    string `json:"root,omitempty"`
	// To is the handle a Message goes to; a Message that answers an item goes to its author.
	To    string     `json:"to,omitempty"`
	Media []MediaRef `json:"media,omitempty"`
	Link  *Link      `json:"link,omitempty"`
}

// Draft is a post that is stored and hidden. It is made public by its id, which the post keeps.
type Draft struct {
	ID     string `json:"id,omitempty"`
	Marker string `json:"marker,omitempty"`
}

// Drafts of an account.
type Drafts struct {
	Drafts []Draft `json:"drafts"`
}

// EditPost replaces text, pictures and link card of a post, all three.
type EditPost struct {
	Text  string     `json:"text,omitempty"`
	Media []MediaRef `json:"media,omitempty"`
	Link  *Link      `json:"link,omitempty"`
}

// Post is a stored publication.
type Post struct {
	ID       string `json:"id"`
	Account  string `json:"account"`
	URL      string `json:"url"`
	Key      string `json:"key,omitempty"`
	Marker   string `json:"marker,omitempty"`
	Kind     string `json:"kind"`
	Text     string `json:"text"`
	Language string `json:"language,omitempty"`
	// Thread is the id of the first post of the thread, its own id for a post that stands alone.
	Thread  string  `json:"thread"`
	ReplyTo string  `json:"replyTo,omitempty"`
	To      string  `json:"to,omitempty"`
	Media   []Media `json:"media"`
	Link    *Link   `json:"link,omitempty"`
	// CreatedAt is what the client said, StoredAt when the post was stored.
	CreatedAt time.Time  `json:"createdAt"`
	StoredAt  time.Time  `json:"storedAt"`
	UpdatedAt *time.Time `json:"updatedAt,omitempty"`
	Reactions int        `json:"reactions"`
	Shares    int        `json:"shares"`
	Replies   int        `json:"replies"`
	// Existing says that a create stored nothing, because key and marker were there already.
	Existing bool `json:"existing,omitempty"`
	// DeletedAt is told by the feed of changes alone; elsewhere a deleted post is not there.
	DeletedAt *time.Time `json:"deletedAt,omitempty"`
}

// Posts is a page of posts; Next is the id to go on after (before, in descending order), empty at the end.
type Posts struct {
	Posts []Post `json:"posts"`
	Next  string `json:"next,omitempty"`
}

// Author is a person as the network knows them.
type Author struct {
	Handle      string     `json:"handle"`
	DisplayName string     `json:"displayName,omitempty"`
	CreatedAt   *time.Time `json:"createdAt,omitempty"`
	Followers   *int       `json:"followers,omitempty"`
	// IsFollower and IsMember are told, never asked for.
	IsFollower bool `json:"isFollower,omitempty"`
	IsMember   bool `json:"isMember,omitempty"`
}

// NewItem is what a person says or does.
type NewItem struct {
	Kind   string `json:"kind"`
	Text   string `json:"text,omitempty"`
	Author Author `json:"author"`
	// InReplyTo is the id of a post or an item of the account.
	InReplyTo string     `json:"inReplyTo,omitempty"`
	Language  string     `json:"language,omitempty"`
	CreatedAt *time.Time `json:"createdAt,omitempty"`
}

// Ours is what the account did to an item.
type Ours struct {
	Reaction string   `json:"reaction,omitempty"`
	Replies  []string `json:"replies"`
}

// Item is what a person said or did.
type Item struct {
	ID       string `json:"id"`
	Account  string `json:"account"`
	URL      string `json:"url"`
	Kind     string `json:"kind"`
	Text     string `json:"text"`
	Language string `json:"language,omitempty"`
	Author   Author `json:"author"`
	// InReplyTo is the post or item that was answered, Post the post it belongs under.
	InReplyTo string    `json:"inReplyTo,omitempty"`
	Post      string    `json:"post,omitempty"`
	CreatedAt time.Time `json:"createdAt"`
	// EditedAt is when its author changed it last.
	EditedAt  *time.Time `json:"editedAt,omitempty"`
	DeletedAt *time.Time `json:"deletedAt,omitempty"`
	// Reports counts the people who reported it.
	Reports int    `json:"reports,omitempty"`
	State   string `json:"state"`
	Ours    Ours   `json:"ours"`
	// Existing says that a create stored nothing: who follows cannot follow again.
	Existing bool `json:"existing,omitempty"`
}

// Items is a page of items; Next is the id to go on after (before, in descending order), empty at the end.
type Items struct {
	Items []Item `json:"items"`
	Next  string `json:"next,omitempty"`
}

// PrivateMessage is one message between an account and a person.
type PrivateMessage struct {
	ID string `json:"id"`
	// FromUs says that the account wrote it.
	FromUs    bool      `json:"fromUs"`
	Text      string    `json:"text"`
	CreatedAt time.Time `json:"createdAt"`
}

// Person is what an account knows of somebody.
type Person struct {
	Author
	Blocked    bool             `json:"blocked"`
	MutedUntil *time.Time       `json:"mutedUntil,omitempty"`
	Messages   []PrivateMessage `json:"messages"`
}

// Call is one call of the write API as the log keeps it.
type Call struct {
	Seq        int64      `json:"seq"`
	ReceivedAt time.Time  `json:"receivedAt"`
	FinishedAt *time.Time `json:"finishedAt,omitempty"`
	Method     string     `json:"method"`
	Path       string     `json:"path"`
	Account    string     `json:"account,omitempty"`
	Key        string     `json:"key,omitempty"`
	Marker     string     `json:"marker,omitempty"`
	Outcome    string     `json:"outcome"`
	// Code is the error's code, when the answer is an error.
	Code string `json:"code,omitempty"`
	// Fault names the faults that touched the call.
	Fault  string `json:"fault,omitempty"`
	PostID string `json:"postId,omitempty"`
	// Status is the HTTP status sent, 0 while none was.
	Status int `json:"status"`
	// AnswerLost says that the client did not get the answer: a fault took it, or the client had gone.
	AnswerLost bool `json:"answerLost"`
}

// Log is a page of calls; Next is the seq to go on after, empty at the end.
type Log struct {
	Calls []Call `json:"calls"`
	Next  string `json:"next,omitempty"`
}

// Error is why a call was refused.
type Error struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// ErrorBody is the body of every answer that is an error.
type ErrorBody struct {
	Error Error `json:"error"`
}
