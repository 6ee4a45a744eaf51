package notify

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tribune-dev/tribune/internal/network"
)

const (
	// Window is the time in which a receiver gets at most PerWindow messages, and one that joins all others.
	Window = time.Minute
	// PerWindow is how many that are.
	PerWindow = 20
	// MaxDigest messages are joined in one.
	MaxDigest = 5000
	// maxListed titles stand in a digest.
	maxListed = 10
)

// Rate is what a receiver got in the last Window, and what waits for it.
type Rate struct {
	// Due messages wait now; Alone and Digests went out in the last Window, the first of them at First.
	Due, Alone, Digests int
	First               time.Time
}

// Turn is what to do next for a receiver.
type Turn struct {
	// Alone is true to send one message, Digest to join all that wait. Neither: nothing until Again.
	Alone, Digest bool
	Again         time.Time
}

// Next decides about one receiver. An outage that fails a thousand Posts at once makes PerWindow messages and a digest.
func Next(r Rate) Turn {
	switch {
	case r.Due == 0:
		return Turn{}
	case r.Digests == 0 && r.Alone < PerWindow:
		return Turn{Alone: true}
	case r.Digests == 0 && r.Due == 1, r.Digests > 0:
		// A digest of one is none; after a digest the Window is full.
		return Turn{Again: r.First.Add(Window)}
	default:
		return Turn{Digest: true}
	}
}

// Line is one message in a digest.
type Line struct{ Event, Title string }

// DigestID stands for the ids that are joined, in whatever order they come.
func DigestID(ids []string) string {
	ids = slices.Sorted(slices.Values(ids))
	return idOf(append([]string{"Digest"}, ids...)...)
}

// EventDigest is the event of a message that joins others.
const EventDigest = "Digest"

// Digest joins messages in one.
func Digest(id, namespace string, lines []Line, at time.Time) network.Message {
	counts := map[string]int{}
	var order []string
	for _, l := range lines {
		if counts[l.Event] == 0 {
			order = append(order, l.Event)
		}
		counts[l.Event]++
	}
	slices.SortStableFunc(order, func(a, b string) int { return counts[b] - counts[a] })
	say := words{}
	for _, l := range lines[:min(len(lines), maxListed)] {
		say.line("- " + l.Title)
	}
	if more := len(lines) - maxListed; more > 0 {
		say.line(fmt.Sprintf("- … and %d others", more))
	}
	say.line("To see all: `kubectl get posts -n " + namespace + "`")
	m := network.Message{ID: id, Title: fmt.Sprintf("And %d more", len(lines)), Text: say.String(), Event: EventDigest, Subject: "Namespace/" + namespace, At: at.UTC()}
	parts := make([]string, 0, len(order))
	for _, event := range order {
		parts = append(parts, fmt.Sprintf("%d %s", counts[event], event))
	}
	if len(parts) > 0 {
		m.Title += ": " + strings.Join(parts, ", ")
	}
	return m
}

// GiveUpAfter is how long a message is tried.
const GiveUpAfter = 24 * time.Hour

// Backoff is how long to wait after so many failures in a row at a receiver.
func Backoff(failures int) time.Duration {
	const first, longest = 5 * time.Second, 15 * time.Minute
	d := first
	for range failures - 1 {
		if d *= 2; d >= longest {
			return longest
		}
	}
	return d
}
