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
	// maxListed titles stand in a digest of a flood, maxGathered lines in one of a span.
	maxListed   = 10
	maxGathered = 50
	// maxLine of what stands in a digest, and maxMentions of people in it.
	maxLine     = 200
	maxMentions = 10
)

// Rate is what a receiver got in the last Window, and what waits for it.
type Rate struct {
	// Due messages wait now, and Gathered ones whose span is over; Alone (a digest of a span is one) and Digests went out in the last
	// Window, the first of them at First.
	Due, Gathered, Alone, Digests int
	First                         time.Time
}

// Turn is what to do next for a receiver.
type Turn struct {
	// Alone is true to send one message, Span to send the gathered ones together, Digest to join all that wait. None: nothing until
	// Again.
	Alone, Span, Digest bool
	Again               time.Time
}

// Next decides about one receiver. An outage that fails a thousand Posts at once makes PerWindow messages and a digest.
func Next(r Rate) Turn {
	switch {
	case r.Due == 0 && r.Gathered == 0:
		return Turn{}
	case r.Digests == 0 && r.Alone < PerWindow && r.Gathered > 0:
		return Turn{Span: true}
	case r.Digests == 0 && r.Alone < PerWindow:
		return Turn{Alone: true}
	case r.Digests == 0 && r.Due <= 1, r.Digests > 0:
		// A digest of one is none; after a digest the Window is full.
		return Turn{Again: r.First.Add(Window)}
	default:
		return Turn{Digest: true}
	}
}

// Line is one message in a digest.
type Line struct {
	Event, Title string
	// Detail is more of what it says; may be empty.
	Detail string
	// Mention names people as the receiver knows them.
	Mention []string
	// Kind of the object that it is about.
	Kind string
}

// LineOf a message.
func LineOf(m network.Message, kind string) Line {
	l := Line{Event: m.Event, Title: m.Title, Mention: m.Mention, Kind: kind}
	for _, text := range strings.Split(m.Text, "\n") {
		if text = strings.TrimSpace(text); text != "" && !strings.HasPrefix(text, ">") {
			l.Detail = text
			break
		}
	}
	return l
}

// SpanEnd is when what happens now is told if a receiver wants one message for each such span: all of one span have the same.
func SpanEnd(now time.Time, span time.Duration) time.Time { return now.Truncate(span).Add(span) }

// DigestID stands for the ids that are joined, in whatever order they come.
func DigestID(ids []string) string {
	ids = slices.Sorted(slices.Values(ids))
	return idOf(append([]string{"Digest"}, ids...)...)
}

// EventDigest is the event of a message that joins others.
const EventDigest = "Digest"

// Digest joins messages in one: what is too much for a receiver.
func Digest(id, namespace string, lines []Line, at time.Time) network.Message {
	say := words{}
	for _, l := range lines[:min(len(lines), maxListed)] {
		say.line("- " + l.Title)
	}
	m := joined(id, namespace, lines, maxListed, say, at)
	m.Title = fmt.Sprintf("And %d more", len(lines)) + counted(lines)
	return m
}

// Span joins what happened in a span of time in one message, with a line for each.
func Span(id, namespace string, lines []Line, at time.Time) network.Message {
	say := words{}
	for _, l := range lines[:min(len(lines), maxGathered)] {
		text := "- " + l.Title
		if l.Detail != "" {
			text += " – " + l.Detail
		}
		say.line(shorten(text, maxLine))
	}
	m := joined(id, namespace, lines, maxGathered, say, at)
	m.Title = fmt.Sprintf("%d messages", len(lines)) + counted(lines)
	return m
}

func joined(id, namespace string, lines []Line, listed int, say words, at time.Time) network.Message {
	if more := len(lines) - listed; more > 0 {
		say.line(fmt.Sprintf("- … and %d others", more))
	}
	m := network.Message{ID: id, Event: EventDigest, Subject: "Namespace/" + namespace, At: at.UTC()}
	policies := 0
	for _, l := range lines {
		m.Mention = union(m.Mention, l.Mention)
		if l.Kind == KindPolicy {
			policies++
		}
	}
	m.Mention = m.Mention[:min(len(m.Mention), maxMentions)]
	if policies < len(lines) {
		say.line("To see all: `kubectl get posts -n " + namespace + "`")
	}
	if policies > 0 {
		say.line("What waits for a person: `tribune inbox -n " + namespace + "`")
	}
	m.Text = say.String()
	return m
}

// counted says how many there are of each event, the most frequent first.
func counted(lines []Line) string {
	counts := map[string]int{}
	var order []string
	for _, l := range lines {
		if counts[l.Event] == 0 {
			order = append(order, l.Event)
		}
		counts[l.Event]++
	}
	slices.SortStableFunc(order, func(a, b string) int { return counts[b] - counts[a] })
	parts := make([]string, 0, len(order))
	for _, event := range order {
		parts = append(parts, fmt.Sprintf("%d %s", counts[event], event))
	}
	if len(parts) == 0 {
		return ""
	}
	return ": " + strings.Join(parts, ", ")
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
