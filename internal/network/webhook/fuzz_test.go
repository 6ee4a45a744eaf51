package webhook_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/network/webhook"
)

// advice that errors give whatever was wrong.
var advice = "the key url of the Secret must be an address such as https://desk.acme.example/hooks/community"

// taker answers every request with a yes, and keeps the last.
type taker struct {
	request *http.Request
	body    []byte
}

func (t *taker) RoundTrip(r *http.Request) (*http.Response, error) {
	t.request = r
	t.body, _ = io.ReadAll(r.Body)
	return &http.Response{StatusCode: http.StatusNoContent, Body: http.NoBody, Request: r, Header: http.Header{}}, nil
}

// FuzzConfiguration: no address and no key makes a panic, or an error that shows them.
func FuzzConfiguration(f *testing.F) {
	f.Add("https://desk.acme.example/hooks", "", "a-signing-key-that-is-long-enough")
	f.Add("", "https://me:password@chat.example/4711?sig=x", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw whsec_x")
	f.Add("http://[::1%25lo]:80/%zz", "\x00", "whsec_")
	f.Fuzz(func(t *testing.T, inSpec, inSecret, key string) {
		c := network.Config{Namespace: "acme", Channel: "desk", HTTP: &http.Client{Transport: &taker{}},
			Spec:        &tribunev1alpha1.SocialChannelSpec{Webhook: &tribunev1alpha1.WebhookSpec{URL: inSpec}},
			Credentials: map[string][]byte{"url": []byte(inSecret), "signingKey": []byte(key)}}
		n, err := webhook.New(c)
		if err != nil {
			for _, secret := range []string{inSecret, key} {
				if secret = strings.TrimSpace(secret); len(secret) > 12 && strings.Contains(err.Error(), secret) && !strings.Contains(advice, secret) {
					t.Errorf("%v shows %q", err, secret)
				}
			}
			return
		}
		if _, err := n.SignIn(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// FuzzEvent: whatever is published is an event that can be read, with an id, and goes to the address.
func FuzzEvent(f *testing.F) {
	f.Add("text", "title", "acme", "https://x.example", false)
	f.Add("\xff\u2028</script>\x00", "<at>", "a/b#c", "javascript:", true)
	f.Add("0", "0", "\x95", "0", false)
	f.Fuzz(func(t *testing.T, text, title, name, link string, card bool) {
		out := &taker{}
		format := tribunev1alpha1.WebhookCloudEvents
		if card {
			format = tribunev1alpha1.WebhookTeamsCard
		}
		n, err := webhook.New(network.Config{Namespace: "acme", Channel: "desk", HTTP: &http.Client{Transport: out},
			Spec:        &tribunev1alpha1.SocialChannelSpec{Webhook: &tribunev1alpha1.WebhookSpec{URL: "https://desk.acme.example/hooks", Format: format}},
			Credentials: map[string][]byte{"signingKey": []byte(signingKey)}})
		if err != nil {
			t.Fatal(err)
		}
		id := network.Identity{Namespace: "acme", Post: name, Edition: 1}
		p := network.Publication{Identity: id, Key: n.Key(id, due, 0), Text: text, Title: title, CreatedAt: due}
		_, err = n.Publish(context.Background(), p)
		check(t, out, err, p.Key)
		err = n.(network.Messenger).Send(context.Background(), network.Message{ID: "m1", Title: title, Text: text, Link: link, //nolint:forcetypeassert // it says so itself
			Mention: []string{name, link}, Facts: [][2]string{{name, text}}, Subject: name, Event: title})
		check(t, out, err, "m1")
	})
}

func check(t *testing.T, out *taker, err error, id string) {
	t.Helper()
	if err != nil {
		if network.KindOf(err) != network.Refused {
			t.Errorf("%v", err)
		}
		return
	}
	if out.request.Header.Get("Webhook-Id") != id || out.request.Header.Get("Webhook-Signature") == "" || out.request.URL.Host != "desk.acme.example" {
		t.Errorf("%+v", out.request)
	}
	if !utf8.Valid(out.body) || !json.Valid(out.body) {
		t.Errorf("%q", out.body)
	}
}
