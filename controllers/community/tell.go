package community

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
	news "github.com/tribune-dev/tribune/internal/notify"
	"github.com/tribune-dev/tribune/internal/policy"
	"github.com/tribune-dev/tribune/internal/store"
)

// outbox takes messages to teams.
type outbox interface {
	AddMessages(ctx context.Context, messages []store.Message) (added int, err error)
}

// notify tells those whom a policy names for an event, once an episode.
func notify(ctx context.Context, box outbox, p *tribunev1alpha1.CommunityPolicy, event tribunev1alpha1.NotifyEvent, episode, text string, now time.Time) error {
	var rows []store.Message
	for _, n := range p.Spec.Notify {
		if !slices.Contains(n.On, event) {
			continue
		}
		row, err := message(p, string(n.ChannelRef.Name), event, episode, text, n.Mention, now)
		if err != nil {
			return err
		}
		if n.Digest != nil {
			end := news.SpanEnd(now, n.Digest.Duration)
			row.Digest, row.CreatedAt, row.NextAt = store.Gathered, end, end
		}
		rows = append(rows, row)
	}
	if len(rows) == 0 {
		return nil
	}
	_, err := box.AddMessages(ctx, rows)
	return err
}

// message to one receiver. Its id is the same each time the same episode is told.
func message(p *tribunev1alpha1.CommunityPolicy, receiver string, event tribunev1alpha1.NotifyEvent, episode, text string, mention []string, now time.Time) (store.Message, error) {
	sum := sha256.Sum256([]byte(episode + "\x00" + receiver))
	m := network.Message{
		ID: hex.EncodeToString(sum[:13]), Title: titles[event] + p.Name, Text: text, Mention: mention, Event: string(event),
		Subject: "CommunityPolicy/" + p.Namespace + "/" + p.Name, At: now,
	}
	payload, err := json.Marshal(m)
	if err != nil {
		return store.Message{}, fmt.Errorf("write message: %w", err)
	}
	by := store.ObjectName{Kind: "CommunityPolicy", Name: p.Name}
	return store.Message{Namespace: p.Namespace, Receiver: receiver, ID: m.ID, Subject: by, NamedBy: by, Event: m.Event, Title: m.Title, Payload: payload, CreatedAt: now, NextAt: now}, nil
}

// notice of a case. Nothing that others wrote calls somebody or links somewhere in it.
func notice(row *store.Case, item *store.Item, how string) string {
	return fmt.Sprintf("%s by %s on %s%s. Look with: tribune inbox show %s -n %s", row.Kind, called(item.Author.Handle), policy.Harmless(row.Channel), how, row.Name, row.Namespace)
}

// plainHandle is a name on a network, or on one of several servers.
var plainHandle = regexp.MustCompile(`^[\pL\pN_]([\pL\pM\pN_.-]*[\pL\pM\pN_])?(@[\pL\pN-]+(\.[\pL\pN-]+)+)?$`)

// called is how a notice names a person. What is no handle is a name that anybody may have typed, such as a guest of a blog.
func called(handle string) string {
	name := policy.Handle(handle)
	if plainHandle.MatchString(strings.TrimPrefix(handle, "@")) && plainHandle.MatchString(name) {
		return name
	}
	return policy.Harmless(name)
}

var titles = map[tribunev1alpha1.NotifyEvent]string{
	tribunev1alpha1.NotifyCaseOpened:  "Someone waits for a decision: ",
	tribunev1alpha1.NotifyCaseOverdue: "Overdue: ",
	tribunev1alpha1.NotifyCircuitOpen: "Actions are held: ",
	tribunev1alpha1.NotifyTestsFailed: "A policy is wrong: ",
	keyPersonQuiet:                    "It is long ago: ",
}
