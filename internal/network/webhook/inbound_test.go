package webhook_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/network/webhook"
)

var inboundNow = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func parseSecret(t *testing.T, fill string) webhook.Secret {
	t.Helper()
	s, err := webhook.ParseSecret("whsec_" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat(fill, 24))) + "\n")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func signedBy(s webhook.Secret, id string, at time.Time, body string) http.Header {
	mac := hmac.New(sha256.New, s)
	fmt.Fprintf(mac, "%s.%d.%s", id, at.Unix(), body)
	h := http.Header{}
	h.Set("webhook-id", id)
	h.Set("webhook-timestamp", fmt.Sprint(at.Unix()))
	h.Set("webhook-signature", "v1a,xxxx v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	return h
}

func TestVerify(t *testing.T) {
	before, now, stranger := parseSecret(t, "a"), parseSecret(t, "b"), parseSecret(t, "c")
	both := []webhook.Secret{now, before}
	for _, c := range []struct {
		name   string
		h      http.Header
		body   string
		known  []webhook.Secret
		reason string
	}{
		{"the new secret", signedBy(now, "m1", inboundNow, "{}"), "{}", both, ""},
		{"the old one while it is replaced", signedBy(before, "m1", inboundNow, "{}"), "{}", both, ""},
		{"the old one afterwards", signedBy(before, "m1", inboundNow, "{}"), "{}", both[:1], "SignatureWrong"},
		{"a stranger's", signedBy(stranger, "m1", inboundNow, "{}"), "{}", both, "SignatureWrong"},
		{"another body", signedBy(now, "m1", inboundNow, "{}"), "{} ", both, "SignatureWrong"},
		{"no secret known", signedBy(now, "m1", inboundNow, "{}"), "{}", nil, "SignatureWrong"},
		{"an empty secret known", signedBy(webhook.Secret{}, "m1", inboundNow, "{}"), "{}", []webhook.Secret{{}}, "SignatureWrong"},
		{"five minutes ago", signedBy(now, "m1", inboundNow.Add(-5*time.Minute), "{}"), "{}", both, ""},
		{"a recording", signedBy(now, "m1", inboundNow.Add(-5*time.Minute-time.Second), "{}"), "{}", both, "TimestampTooFar"},
		{"from the future", signedBy(now, "m1", inboundNow.Add(6*time.Minute), "{}"), "{}", both, "TimestampTooFar"},
		{"no headers", http.Header{}, "{}", both, "NotSigned"},
	} {
		id, err := webhook.Verify(c.h, []byte(c.body), c.known, inboundNow)
		if got := network.ReasonOf(err, ""); got != c.reason || (err == nil) != (id == "m1") || err != nil && network.KindOf(err) != network.Unauthorized {
			t.Errorf("%s: %q, %v", c.name, id, err)
		}
	}
	for _, bad := range []string{"", "abc", "whsec_", "whsec_!!!", "whsec_c2hvcnQ="} {
		if _, err := webhook.ParseSecret(bad); err == nil || bad != "" && len(bad) > 6 && strings.Contains(err.Error(), bad[6:]) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// TestVerifyKnownVector is the example of the Standard Webhooks specification's reference libraries.
func TestVerifyKnownVector(t *testing.T) {
	s, err := webhook.ParseSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	if err != nil {
		t.Fatal(err)
	}
	h := http.Header{}
	h.Set("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek")
	h.Set("webhook-timestamp", "1614265330")
	h.Set("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
	if _, err := webhook.Verify(h, []byte(`{"test": 2432232314}`), []webhook.Secret{s}, time.Unix(1614265330, 0)); err != nil {
		t.Error(err)
	}
}

const oneItem = `{"id":"t1","kind":"Comment","text":"hello <b>","author":{"handle":"ada","followers":7},"post":"p1","url":"https://forum.example/t1","edited":true,"extra":1}`

func TestItems(t *testing.T) {
	seven, edited := int64(7), true
	want := network.Item{
		ID: "t1", Kind: network.ItemComment, Ref: network.Ref{ID: "t1", URL: "https://forum.example/t1"}, Text: "hello <b>", Post: "p1",
		Author: network.Person{ID: "ada", Handle: "ada", Followers: &seven}, CreatedAt: inboundNow, Edited: &edited,
	}
	structured := `{"specversion":"1.0","id":"e1","source":"/forum","type":"dev.tribune.item","data":` + oneItem + `}`
	for name, c := range map[string]struct {
		header http.Header
		body   string
		id     string
	}{
		"plain":      {http.Header{"Content-Type": {"application/json; charset=utf-8"}}, oneItem, "t1"},
		"a list":     {http.Header{"Content-Type": {"application/json"}}, `{"items":[` + oneItem + `]}`, "t1"},
		"structured": {http.Header{"Content-Type": {"application/cloudevents+json"}}, structured, "t1"},
		"binary": {http.Header{
			"Content-Type": {"application/json"}, "Ce-Specversion": {"1.0"}, "Ce-Id": {"e1"}, "Ce-Source": {"/forum"}, "Ce-Type": {"x"},
		}, strings.Replace(oneItem, `"id":"t1",`, "", 1), "/forum e1"},
	} {
		got, err := webhook.Items(c.header, []byte(c.body), inboundNow)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want := want
		want.ID, want.Ref.ID = c.id, c.id
		if diff := cmp.Diff([]network.Item{want}, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestItemsRefused(t *testing.T) {
	json := http.Header{"Content-Type": {"application/json"}}
	for name, c := range map[string]struct {
		h    http.Header
		body string
		says string
	}{
		"no type":         {http.Header{}, oneItem, "Content-Type"},
		"no JSON":         {json, "hello", "JSON"},
		"null":            {json, "null", "id is needed"},
		"no id":           {json, `{"kind":"Comment","author":{"id":"a"}}`, "items[0]: id"},
		"no such kind":    {json, `{"id":"1","kind":"Shout","author":{"id":"a"}}`, "kind"},
		"nobody":          {json, `{"id":"1","kind":"Comment"}`, "author"},
		"an evil address": {json, `{"id":"1","kind":"Comment","author":{"id":"a"},"url":"javascript:alert(1)"}`, "url"},
		"not UTF-8":       {json, "{\"id\":\"\xff\"}", "UTF-8"},
		"huge":            {json, strings.Repeat(" ", webhook.MaxInboundBytes+1), "at most"},
		"too many":        {json, `{"items":[` + strings.Repeat(oneItem+",", webhook.MaxInboundItems) + oneItem + `]}`, "at most"},
		"half an event":   {http.Header{"Content-Type": {"application/cloudevents+json"}}, `{"specversion":"1.0"}`, "CloudEvent"},
		"an old event":    {http.Header{"Content-Type": {"application/json"}, "Ce-Specversion": {"0.3"}}, oneItem, "ce-specversion"},
	} {
		got, err := webhook.Items(c.h, []byte(c.body), inboundNow)
		if err == nil || got != nil || !strings.Contains(err.Error(), c.says) || network.KindOf(err) != network.Refused {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

// FuzzItems: whatever comes, an item has what it must have.
func FuzzItems(f *testing.F) {
	f.Add("application/json", "", oneItem)
	f.Add("application/json", "1.0", `{"items":[{"id":"1","kind":"Follow","author":{"id":"\u0000"},"deleted":true}]}`)
	f.Add("application/cloudevents+json", "", `{"specversion":"1.0","id":"e","source":"s","type":"t","data":{"kind":"Join","author":{"handle":"x"}}}`)
	f.Add("application/cloudevents+json", "", `{"specversion":"1.0","id":"e","source":"s","type":"t","time":"9999-12-31T23:59:59-01:00","data":{"kind":"Join","author":{"id":"x"}}}`)
	f.Add("application/json", "", `{"id":"1","kind":"Follow","author":{"id":"a","createdAt":"0000-01-01T00:00:00+01:00"},"createdAt":"9999-12-31T23:59:59-01:00"}`)
	f.Fuzz(func(t *testing.T, contentType, version, body string) {
		h := http.Header{"Content-Type": {contentType}, "Ce-Specversion": {version}, "Ce-Id": {"i"}, "Ce-Source": {"s"}, "Ce-Type": {"t"}}
		items, err := webhook.Items(h, []byte(body), inboundNow)
		if err != nil && items != nil {
			t.Fatal("items beside an error")
		}
		for _, i := range items {
			if i.ID == "" || i.Kind == "" || i.CreatedAt.IsZero() || i.Author.ID == "" && !i.Gone || i.Ref.URL != "" && !strings.HasPrefix(strings.ToLower(i.Ref.URL), "http") {
				t.Fatalf("%+v", i)
			}
			if _, err := json.Marshal(i); err != nil {
				t.Fatalf("%+v: %v", i, err)
			}
		}
	})
}
