package notify

import (
	"slices"
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
)

// Notice is that one receiver is told of one episode.
type Notice struct {
	Episode
	// Receiver is the name of a SocialChannel in the episode's namespace.
	Receiver string
	// Mention names people as the receiver knows them.
	Mention []string
	// NamedBy is the object that names the receiver.
	NamedBy Object
	// Span, if positive, is how much time is told together in one message; zero: at once.
	Span time.Duration
	// ByHand is true for the person who publishes: they get all that is needed for it.
	ByHand bool
}

// Rules are what an object says about who is told.
type Rules struct {
	Object Object
	List   []tribunev1alpha1.Notification
	// Person is the receiver that a channel names for who publishes by hand; empty for none.
	Person string
}

// RulesOfChannel are those of a channel, nil for none.
func RulesOfChannel(ch *tribunev1alpha1.SocialChannel) Rules {
	r := Rules{Object: Object{KindChannel, ch.Namespace, ch.Name}, List: ch.Spec.Notify}
	if m := ch.Spec.Manual; m != nil && m.Notify != nil {
		r.Person = string(m.Notify.Name)
	}
	return r
}

// RulesOfCalendar are those of a calendar.
func RulesOfCalendar(cal *tribunev1alpha1.ContentCalendar) Rules {
	return Rules{Object: Object{KindCalendar, cal.Namespace, cal.Name}, List: cal.Spec.Notify}
}

// Notices are who is told of the episodes, each receiver once an episode, whoever names it.
func Notices(episodes []Episode, rules ...Rules) []Notice {
	var out []Notice
	for _, e := range episodes {
		first := len(out)
		tell := func(receiver string, by Object, mention []string, span time.Duration, hand bool) {
			for i := first; i < len(out); i++ {
				if out[i].Receiver == receiver {
					out[i].ByHand = out[i].ByHand || hand
					out[i].Mention = union(out[i].Mention, mention)
					out[i].Span = min(out[i].Span, span) // who wants it sooner
					return
				}
			}
			out = append(out, Notice{Episode: e, Receiver: receiver, Mention: slices.Clone(mention), NamedBy: by, Span: span, ByHand: hand})
		}
		for _, r := range rules {
			if r.Person != "" && e.Event == tribunev1alpha1.NotifyAwaitingPerson {
				tell(r.Person, r.Object, nil, 0, true)
			}
			for _, n := range r.List {
				if slices.Contains(n.On, e.Event) {
					span := time.Duration(0)
					if n.Digest != nil {
						span = n.Digest.Duration
					}
					tell(string(n.ChannelRef.Name), r.Object, n.Mention, span, false)
				}
			}
		}
	}
	return out
}

func union(a, b []string) []string {
	for _, s := range b {
		if !slices.Contains(a, s) {
			a = append(a, s)
		}
	}
	return a
}

// Slack is how long before somebody last watched an episode may have begun to be news.
const Slack = time.Hour

// Horizon is how long an episode may be news at all; the ledger remembers for longer what was told.
const Horizon = 30 * 24 * time.Hour

// NewsSince is from when on episodes are news. lastSeen is until when somebody watched before this process; zero if nobody
// ever did, such as with a ledger that was lost: then what happened in the last Slack is news, and not all that ever did.
func NewsSince(lastSeen, now time.Time) time.Time {
	if lastSeen.IsZero() || lastSeen.After(now) {
		lastSeen = now
	}
	since := lastSeen.Add(-Slack)
	if oldest := now.Add(-Horizon); since.Before(oldest) {
		return oldest
	}
	return since
}
