package network

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// Abilities of networks that are listened to, and acted on.
const (
	// AbilityListen: what people say to us can be read.
	AbilityListen Ability = "Listen"
	// AbilityReply: an item can be answered in public.
	AbilityReply Ability = "Reply"
	// AbilityDirect: a person can be written to in private.
	AbilityDirect Ability = "DirectMessage"
	// AbilityHide: what others said can be hidden, and shown again.
	AbilityHide Ability = "Hide"
	// AbilityRemove: what others said can be removed.
	AbilityRemove Ability = "Remove"
	AbilityMute   Ability = "Mute"
	AbilityBlock  Ability = "Block"
	AbilityReact  Ability = "React"
	// AbilityLockThread: nobody can say anything under a publication of ours, until it is opened again.
	AbilityLockThread Ability = "LockThread"
	// AbilitySlowMode: people can say something under a publication of ours once in a while only.
	AbilitySlowMode Ability = "SlowMode"
	// AbilityReport: an item can be reported to the network's moderators.
	AbilityReport Ability = "Report"
)

// ItemKind is what people do; the names are those of the API.
type ItemKind string

// Kinds of items.
const (
	ItemComment   ItemKind = "Comment"
	ItemReply     ItemKind = "Reply"
	ItemMention   ItemKind = "Mention"
	ItemFollow    ItemKind = "Follow"
	ItemJoin      ItemKind = "Join"
	ItemReaction  ItemKind = "Reaction"
	ItemMessage   ItemKind = "Message"
	ItemSearchHit ItemKind = "SearchHit"
)

// Person is someone on the network. What it does not tell is zero or nil, and unknown.
type Person struct {
	// ID never changes where the network has such ids, else the handle.
	ID string
	// Handle as the network writes it, such as ada.example or ada@social.example.
	Handle, DisplayName, URL string
	// SelfNamed: the network lets people write whatever Handle they like, so that it tells nobody who they are; their ID does.
	SelfNamed bool
	CreatedAt time.Time
	Followers *int64
	// IsFollower of our account, IsMember of what it hosts.
	IsFollower, IsMember *bool
	// IsTeam and IsModerator as the network tells them of its own members.
	IsTeam, IsModerator bool
	// Bot is an account that says of itself that it is automated.
	Bot bool
	// NoAutomation is true for people who ask for no automation where the network lets them say so (#nobot).
	NoAutomation bool
}

// Item is what someone said or did, as the network tells it now.
type Item struct {
	// ID names it for ever on this account: the same each time it is told.
	ID   string
	Kind ItemKind
	// Ref for acting on it and answering it.
	Ref Ref
	// Text as people read it, without markup.
	Text, Language string
	Author         Person
	// Ours is true for what our own account said, here or in the network's own app.
	Ours bool
	// Parent is the ID or the record that it answers, Post the record of ours that it stands under; empty where there is none.
	Parent, Post string
	// ParentOurs is true if what it answers is a publication of ours itself; nil where that is not known.
	ParentOurs *bool
	// Root of its thread, where the network needs it for an answer.
	Root Ref
	// Links are addresses beside those in the text, Mentions handles that it names.
	Links, Mentions []string
	// Media counts its pictures and videos.
	Media int
	// Reports by others, nil where the network does not tell.
	Reports *int64
	// CreatedAt as the network says.
	CreatedAt time.Time
	// Revision changes when its author edits it; empty where that is not told.
	Revision string
	// Edited is true if its author has changed it, nil where the network does not tell.
	Edited *bool
	// Gone is true if its author took it back, Hidden and Removed if it is so by us or the network's moderators.
	Gone, Hidden, Removed bool
}

// ErrCursorLost is wrapped by Listen if the network does not know the cursor any more, or cannot go on from it.
var ErrCursorLost = errors.New("the network cannot go on from where listening stopped")

// ListenQuery asks for what is new.
type ListenQuery struct {
	// Cursor that the last Listening gave; empty at the first look, which goes through what is there, the newest last.
	Cursor string
	// Queries for what is said about us beyond replies and mentions, where the network can search.
	Queries []string
	// Limit of items, about.
	Limit int
}

// Listening is one page of what is new.
type Listening struct {
	// Items in the order in which they should be handled. One may be told again, changed or not.
	Items []Item
	// Cursor to go on from, once these items are kept.
	Cursor string
	// More is true if more is there already.
	More bool
}

// Listener is for networks on which what people say to us, and about us, can be read.
type Listener interface {
	// Listen gives what came since the cursor, edits and deletions of it among it where the network tells of them.
	Listen(ctx context.Context, q ListenQuery) (Listening, error)
}

// Receiver is for networks that bring what is new, by calling us.
type Receiver interface {
	// Receive checks who calls, and reads what is brought. An item that is brought again has the same ID.
	Receive(header http.Header, body []byte, now time.Time) ([]Item, error)
}

// Streamer is for networks that tell at once when something is new. What it is, Listen reads, so that nothing depends on a
// stream being whole.
type Streamer interface {
	// Stream calls wake whenever something may be new, until ctx ends or the stream breaks.
	Stream(ctx context.Context, wake func()) error
}

// Addresser is for networks on which an answer reaches only those whom its text names.
type Addresser interface {
	// Address gives the text so that it names the person.
	Address(text string, person Person) string
}

// Target is an item that is acted on.
type Target struct {
	Ref Ref
	// Post is the record of ours that it stands under, AuthorID who said it.
	Post, AuthorID string
}

// Hider is for networks on which what others said can be hidden. Both calls may be repeated; what is not there is no error.
type Hider interface {
	Hide(ctx context.Context, t Target) error
	Unhide(ctx context.Context, t Target) error
}

// Remover removes what others said. It may be repeated; what is not there is no error.
type Remover interface {
	Remove(ctx context.Context, t Target) error
}

// Restorer is for networks that keep what was removed for a while.
type Restorer interface {
	// Restore shows a removed item again; ErrGone if it is there no more.
	Restore(ctx context.Context, t Target) error
}

// Muter keeps a person from being heard by us, until a time where the network can end it; else it is ended by Unmute.
type Muter interface {
	Mute(ctx context.Context, person Person, until time.Time) error
	Unmute(ctx context.Context, person Person) error
}

// Blocker keeps a person away from our account.
type Blocker interface {
	Block(ctx context.Context, person Person) error
	Unblock(ctx context.Context, person Person) error
}

// ThreadLocker is for networks on which what people say under a publication of ours can be closed. t.Post is the publication; all calls may
// be repeated, and a publication that is not there any more is no error.
type ThreadLocker interface {
	// LockThread closes it. already is true if it was closed before this call, by whomever: then nothing was changed, and it is not ours to
	// open, unless an earlier call of ours may have closed it.
	LockThread(ctx context.Context, t Target) (already bool, err error)
	// UnlockThread opens it, as it was before where the network had more than open and closed.
	UnlockThread(ctx context.Context, t Target) error
}

// SlowModer is for networks on which each person can be let speak under a publication of ours once in an interval. It is called as
// ThreadLocker is.
type SlowModer interface {
	// SlowThread slows it down. already is true if it was slow before this call, whatever its interval, which then stays.
	SlowThread(ctx context.Context, t Target, interval time.Duration) (already bool, err error)
	EndSlowThread(ctx context.Context, t Target) error
}

// Reporter tells the network's moderators of an item. Repeating it may make a second report.
type Reporter interface {
	Report(ctx context.Context, t Target, reason string) error
}

// Reactor reacts to an item; an empty emoji is the network's like. Both calls may be repeated.
type Reactor interface {
	React(ctx context.Context, t Target, emoji string) error
	Unreact(ctx context.Context, t Target, emoji string) error
}
