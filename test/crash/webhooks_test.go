package crash

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network/webhook/webhooktest"
)

const signingKey = "a-signing-key-for-tests-0123"

// webhooks: a receiver that removes doubles by the id, as it must, and one that does not and so is sent some events again, each
// with the id and the words that it had.
var webhooks = []guise{
	{mode: mode{name: "webhook", once: durable}, open: webhook(false)},
	{mode: mode{name: "two-webhook", once: durable, managers: 2, changes: []change{none, none, recreate}}, open: webhook(false), onlyWhole: true},
	{mode: mode{name: "webhook-doubles", once: durable}, open: webhook(true), onlyWhole: true},
}

func webhook(keepsDoubles bool) func(*testing.T, string) *site {
	return func(t *testing.T, namespace string) *site {
		r := webhooktest.Start(t, []byte(signingKey))
		r.KeepsDoubles, r.Fault = keepsDoubles, trouble
		return &site{
			join: func(channel string) (tribunev1alpha1.SocialChannelSpec, map[string][]byte) {
				return tribunev1alpha1.SocialChannelSpec{Network: tribunev1alpha1.NetworkWebhook, Webhook: &tribunev1alpha1.WebhookSpec{URL: r.URL + "/" + channel}},
					map[string][]byte{"signingKey": []byte(signingKey)}
			},
			log: func(channel string) []happening {
				var out []happening
				again := 0
				for _, e := range r.Events() {
					h := event(t, e)
					switch {
					case e.Source != "urn:tribune:"+namespace+"/"+channel:
					case keepsDoubles && slices.Contains(out, h):
						again++ // the same publication, in the same words
					default:
						out = append(out, h)
					}
				}
				if again > 0 {
					t.Logf("%s: the receiver was sent %d events again, each with the id that it had", channel, again)
				}
				return out
			},
			calls: r.Calls,
			wait:  r.Wait,
		}
	}
}

// event is what a receiver reads of a publication.
func event(t *testing.T, e webhooktest.Event) happening {
	t.Helper()
	var data struct {
		Name, Text string
		Thread     *struct{ Parent string }
	}
	if err := json.Unmarshal(e.Data, &data); err != nil {
		t.Fatal(err)
	}
	h := happening{created, e.ID, data.Text, ""}
	if e.Type != "dev.tribune.post.published" || !strings.Contains(e.Subject, "/"+data.Name) {
		h.action = e.Type + " about " + e.Subject
	}
	if data.Thread != nil {
		h.replyTo = data.Thread.Parent
	}
	return h
}

// teams takes cards, and has no id to know doubles by.
var teams = guise{mode: mode{name: "teams", once: unasked, single: true}, open: func(t *testing.T, _ string) *site {
	r := webhooktest.Start(t, nil)
	r.Cards, r.Fault = true, trouble
	return &site{
		join: func(channel string) (tribunev1alpha1.SocialChannelSpec, map[string][]byte) {
			return tribunev1alpha1.SocialChannelSpec{Network: tribunev1alpha1.NetworkWebhook,
				Webhook: &tribunev1alpha1.WebhookSpec{Format: tribunev1alpha1.WebhookTeamsCard}}, map[string][]byte{"url": []byte(r.URL + "/" + channel)}
		},
		log: func(channel string) []happening {
			var out []happening
			for _, c := range r.Taken() {
				if c.Path == "/"+channel {
					out = append(out, happening{created, "", card(t, c.Body), ""})
				}
			}
			return out
		},
		calls: r.Calls,
		wait:  r.Wait,
	}
}}

// card is what people read on one.
func card(t *testing.T, body []byte) string {
	t.Helper()
	var message struct {
		Attachments []struct {
			Content struct {
				Body []struct{ Inlines []struct{ Text string } }
			}
		}
	}
	if err := json.Unmarshal(body, &message); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, a := range message.Attachments {
		for _, e := range a.Content.Body {
			for _, run := range e.Inlines {
				lines = append(lines, run.Text)
			}
		}
	}
	return strings.Join(lines, "\n")
}

// Where nobody can be asked, nothing goes out twice; what is not known says how a person resolves it, and then everything is there
// once.
func TestWhatNobodyCanBeAskedAboutIsResolvedByAPerson(t *testing.T) {
	b, s := teams.begin(t)
	b.killOften()
	there, not := b.decide(s)
	b.end()
	v := b.judgeSite(s)
	t.Logf("teams: %d Posts, %d kills; a person found %d that were unknown there, and %d not; %s", len(b.plan), len(b.kills), there, not, &v)
	if !v.clean() || len(b.kills) == 0 || there+not == 0 {
		t.Errorf("after %d kills and %d words of a person the network differs from the plan: %s", len(b.kills), there+not, &v)
	}
	b.remove()
}
