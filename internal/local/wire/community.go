package wire

import "time"

// Codes of errors around what people say.
const (
	// CodeBlocked and CodeMuted: the account does not want to hear this person, for good or for now.
	CodeBlocked = "Blocked"
	CodeMuted   = "Muted"
	// CodeThreadLocked and CodeSlowMode: nobody can speak in the thread, or this person not yet.
	CodeThreadLocked = "ThreadLocked"
	CodeSlowMode     = "SlowMode"
	// CodeCursorLost: the cursor is not of this database.
	CodeCursorLost = "CursorLost"
)

// MaxWait is the longest that a call for changes waits for some.
const MaxWait = 60 * time.Second

// EditItem replaces the text of an item, by its author.
type EditItem struct {
	Text string `json:"text"`
}

// Reaction is the account's to an item; empty is the usual one.
type Reaction struct {
	Reaction string `json:"reaction,omitempty"`
}

// Mute keeps a person from speaking until a time, or for good where there is none.
type Mute struct {
	Until *time.Time `json:"until,omitempty"`
}

// NewReport tells the network's moderators of an item. Handle is who reports it, empty where the account does.
type NewReport struct {
	Handle string `json:"handle,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// Report is what was told to the network's moderators.
type Report struct {
	Item      string    `json:"item"`
	Handle    string    `json:"handle,omitempty"`
	Reason    string    `json:"reason,omitempty"`
	CreatedAt time.Time `json:"createdAt"`
}

// Reports is a page of reports; Next is the item to go on after, empty at the end.
type Reports struct {
	Reports []Report `json:"reports"`
	Next    string   `json:"next,omitempty"`
}

// Change is an item, or a reply or private message of the account's own, as it is now.
type Change struct {
	Item *Item `json:"item,omitempty"`
	Post *Post `json:"post,omitempty"`
}

// Changes is what came or changed since a cursor, each once, as it is now, in the order of its last change.
type Changes struct {
	Changes []Change `json:"changes"`
	Cursor  string   `json:"cursor"`
	// More says that there is more already.
	More bool `json:"more,omitempty"`
}

// Thread is how the thread under an account's post stands.
type Thread struct {
	// ID of its first post.
	ID     string `json:"id"`
	Locked bool   `json:"locked"`
	// Slow is how long people wait between two things that they say there, such as 1m0s; empty: they need not.
	Slow string `json:"slow,omitempty"`
	// Existing says that a change found it so already.
	Existing bool `json:"existing,omitempty"`
}

// SlowThread lets each person say something in a thread once in an interval, such as 1m.
type SlowThread struct {
	Interval string `json:"interval"`
}
