// Package channels holds the live connections of this process: for each SocialChannel that signed in, the adapter to call.
// The channel controller fills it and all who speak to a network look here. It must not read Secrets or decide anything.
package channels

import (
	"maps"
	"slices"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/compose"
	"github.com/tribune-dev/tribune/internal/network"
)

// Connection is one signed-in channel.
type Connection struct {
	Network network.Network
	Account network.Account
	// Name of the network that is really called: Local for rehearsals.
	Name tribunev1alpha1.NetworkName
	// Rules that texts are held to: the network's, with what the server says of itself.
	Rules compose.Rules
	// Generation of the SocialChannel that the connection was made for.
	Generation int64
}

// Directory of connections. The zero value is not ready; use New.
type Directory struct {
	mu      sync.RWMutex
	entries map[types.NamespacedName]entry
	// awaiting are Posts, by the channel that they wait for.
	awaiting map[types.NamespacedName]map[types.NamespacedName]struct{}
	// onChange and onTrouble are told, without the lock held.
	onChange, onTrouble, onHearing []func(types.NamespacedName)
	hearing                        map[types.NamespacedName]Hearing
	heard                          map[types.NamespacedName]Heard
}

// Hearing is how listening to a channel goes.
type Hearing struct {
	// Listens is true while what is said there is read; Reason and Message say why not, or what is going on.
	Listens         bool
	Reason, Message string
}

// Heard are figures of listening to a channel.
type Heard struct {
	// PolledAt is when the network was last asked, ItemAt when something new was last heard; zero: never.
	PolledAt, ItemAt time.Time
	// Items of the last 24 hours, and how long after they were said they were heard, on average; 0 where there are none.
	Items int64
	Lag   time.Duration
}

type entry struct {
	connection Connection
	connected  bool
	retryAt    time.Time
}

// New makes an empty directory.
func New() *Directory {
	return &Directory{hearing: map[types.NamespacedName]Hearing{}, heard: map[types.NamespacedName]Heard{}, entries: map[types.NamespacedName]entry{}, awaiting: map[types.NamespacedName]map[types.NamespacedName]struct{}{}}
}

// OnChange has f called after each connection made or ended. Call it before anything else happens.
func (d *Directory) OnChange(f func(types.NamespacedName)) { d.onChange = append(d.onChange, f) }

// OnTrouble has f called when a caller was refused its credentials or asked to wait, so that the channel is looked at again.
func (d *Directory) OnTrouble(f func(types.NamespacedName)) { d.onTrouble = append(d.onTrouble, f) }

// OnHearing has f called when listening to a channel goes otherwise than before.
func (d *Directory) OnHearing(f func(types.NamespacedName)) { d.onHearing = append(d.onHearing, f) }

// Hears notes how listening to a channel goes.
func (d *Directory) Hears(key types.NamespacedName, h Hearing) {
	d.mu.Lock()
	was, known := d.hearing[key]
	d.hearing[key] = h
	d.mu.Unlock()
	if !known || was != h {
		tell(d.onHearing, key)
	}
}

// Hearing tells how listening to a channel goes; false: nobody listens yet.
func (d *Directory) Hearing(key types.NamespacedName) (Hearing, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	h, known := d.hearing[key]
	return h, known
}

// HasHeard notes figures of listening to a channel. Who is told of changes of hearing is told of these, but for the time of the last poll.
func (d *Directory) HasHeard(key types.NamespacedName, h Heard) {
	d.mu.Lock()
	was, known := d.heard[key]
	d.heard[key] = h
	d.mu.Unlock()
	was.PolledAt = h.PolledAt
	if !known || was != h {
		tell(d.onHearing, key)
	}
}

// Heard tells figures of listening to a channel; false: they are not known.
func (d *Directory) Heard(key types.NamespacedName) (Heard, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	h, known := d.heard[key]
	return h, known
}

// Get tells the connection of a channel.
func (d *Directory) Get(key types.NamespacedName) (Connection, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	e := d.entries[key]
	return e.connection, e.connected
}

// Put makes a connection known.
func (d *Directory) Put(key types.NamespacedName, c Connection) {
	d.mu.Lock()
	e := d.entries[key]
	e.connection, e.connected = c, true
	d.entries[key] = e
	d.mu.Unlock()
	tell(d.onChange, key)
}

// Await notes that a Post waits for a connection made for this generation of its channel. It is false, and notes nothing, if
// there is one by now.
func (d *Directory) Await(channel types.NamespacedName, generation int64, post types.NamespacedName) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if e := d.entries[channel]; e.connected && e.connection.Generation == generation {
		return false
	}
	if d.awaiting[channel] == nil {
		d.awaiting[channel] = map[types.NamespacedName]struct{}{}
	}
	d.awaiting[channel][post] = struct{}{}
	return true
}

// Awaited takes the Posts that wait for a channel; each is told once.
func (d *Directory) Awaited(channel types.NamespacedName) []types.NamespacedName {
	d.mu.Lock()
	defer d.mu.Unlock()
	posts := slices.Collect(maps.Keys(d.awaiting[channel]))
	delete(d.awaiting, channel)
	return posts
}

// Disconnect ends a connection: no new call is begun. What the network asked us to wait stays known.
func (d *Directory) Disconnect(key types.NamespacedName) {
	d.mu.Lock()
	e, known := d.entries[key]
	was := e.connected
	if known {
		d.entries[key] = entry{retryAt: e.retryAt}
	}
	d.mu.Unlock()
	if was {
		tell(d.onChange, key)
	}
}

// Forget removes a channel that is gone.
func (d *Directory) Forget(key types.NamespacedName) {
	d.mu.Lock()
	delete(d.entries, key)
	delete(d.hearing, key)
	delete(d.heard, key)
	d.mu.Unlock()
	tell(d.onChange, key)
}

// Trouble reports what a call met: refused credentials, or a wait that the network asked for (zero: none).
func (d *Directory) Trouble(key types.NamespacedName, retryAt time.Time) {
	d.mu.Lock()
	e := d.entries[key]
	if retryAt.After(e.retryAt) {
		e.retryAt = retryAt
		d.entries[key] = e
	}
	d.mu.Unlock()
	tell(d.onTrouble, key)
}

// RetryAt is when the network may be called again; zero or past if now.
func (d *Directory) RetryAt(key types.NamespacedName) time.Time {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.entries[key].retryAt
}

func tell(listeners []func(types.NamespacedName), key types.NamespacedName) {
	for _, f := range listeners {
		f(key)
	}
}
