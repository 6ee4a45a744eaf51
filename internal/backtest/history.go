package backtest

import (
	"time"

	"github.com/tribune-dev/tribune/internal/inbox"
	"github.com/tribune-dev/tribune/internal/policy"
	"github.com/tribune-dev/tribune/internal/views"
)

// maxKept is how many times are kept of one author, text or thread: more of them make no rule hold that did not before.
const maxKept = 1000

// memory is what the items before tell about the next one.
type memory struct {
	needs   policy.Needs
	first   map[string]time.Time
	said    map[string][]time.Time
	same    map[string][]time.Time
	thread  map[string][]policy.Reply
	replied map[string][]time.Time
	strikes map[string][]strike
	// calmed is until when a thread is calmed by a kind of action.
	calmed map[calm]time.Time
	buffer views.Buffer
}

type calm struct{ post, kind string }

type strike struct {
	at     time.Time
	weight int
}

func newMemory(needs policy.Needs) *memory {
	return &memory{
		needs: needs, first: map[string]time.Time{}, said: map[string][]time.Time{}, same: map[string][]time.Time{}, thread: map[string][]policy.Reply{},
		replied: map[string][]time.Time{}, strikes: map[string][]strike{}, calmed: map[calm]time.Time{},
	}
}

// recall adds to an item's history what was seen before it.
func (m *memory) recall(c *Case) {
	who := c.Item.Channel + "\x00" + c.Item.Author.ID
	h := &c.History
	if first, ok := m.first[who]; ok && h.FirstSeen.IsZero() {
		h.FirstSeen = first
	}
	if !c.Dated {
		return
	}
	if c.Item.Author.ID != "" {
		h.Said, h.Replied = m.said[who], m.replied[who]
		for _, s := range m.strikes[who] {
			if !s.at.Before(c.At.Add(-m.needs.Strikes)) {
				h.Strikes += s.weight
			}
		}
	}
	if m.needs.Same > 0 {
		if key, ok := m.key(c.Item.Text); ok {
			h.Same = m.same[key]
		}
	}
	if c.Item.Post != "" {
		h.Thread = m.thread[c.Item.Post]
		for _, kind := range []string{policy.ActLockThread, policy.ActSlowMode} {
			if c.At.Before(m.calmed[calm{c.Item.Post, kind}]) {
				h.Calmed = append(h.Calmed, kind)
			}
		}
	}
}

// keep remembers an item, and what was decided.
func (m *memory) keep(c *Case, d *policy.Decision) {
	who := c.Item.Channel + "\x00" + c.Item.Author.ID
	if !c.Dated {
		return
	}
	if c.Item.Author.ID != "" {
		if _, ok := m.first[who]; !ok {
			m.first[who] = c.At
		}
		if m.needs.Said > 0 {
			m.said[who] = last(m.said[who], c.At)
		}
		for i := range d.Actions {
			switch a := &d.Actions[i]; {
			case a.Kind == policy.ActStrike && m.needs.Strikes > 0:
				m.strikes[who] = last(m.strikes[who], strike{c.At, a.Weight})
			case (a.Kind == policy.ActReply || a.Kind == policy.ActThank) && m.needs.Replied > 0:
				m.replied[who] = last(m.replied[who], c.At)
			}
		}
	}
	for i := range d.Actions {
		if a := &d.Actions[i]; policy.Calming(a.Kind) {
			m.calmed[calm{c.Item.Post, a.Kind}] = c.At.Add(a.For)
		}
	}
	if m.needs.Same > 0 {
		if key, ok := m.key(c.Item.Text); ok {
			m.same[key] = last(m.same[key], c.At)
		}
	}
	if m.needs.Thread > 0 && c.Item.Post != "" && !c.Item.Ours {
		m.thread[c.Item.Post] = last(m.thread[c.Item.Post], policy.Reply{At: c.At, Author: c.Item.Author.ID})
	}
}

// last adds to the newest of them. What was handed out before is not changed.
func last[T any](of []T, one T) []T {
	if len(of) >= 2*maxKept {
		of = append([]T(nil), of[len(of)-maxKept:]...)
	}
	return append(of, one)
}

// key is the same for texts that the inbox takes for the same.
func (m *memory) key(text string) (string, bool) {
	key := inbox.TextKey(text, &m.buffer)
	return key, key != ""
}
