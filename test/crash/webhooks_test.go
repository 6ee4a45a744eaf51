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
