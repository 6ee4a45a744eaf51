package webhook_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/tribune-dev/tribune/internal/compose"
	"github.com/tribune-dev/tribune/internal/network/conformance"
	"github.com/tribune-dev/tribune/internal/network/webhook/webhooktest"
)

// receiver tells what it took in the suite's words.
type receiver struct{ *webhooktest.Receiver }

type received = webhooktest.Event

func newReceiver(t *testing.T, key []byte) *receiver {
	t.Helper()
	return &receiver{webhooktest.Start(t, key)}
}

func (r *receiver) log() []conformance.Entry {
	var out []conformance.Entry
	for _, e := range r.Events() {
		if e.Type == "dev.tribune.post.published" {
			out = append(out, entry(e))
		}
	}
	return out
}

func entry(e received) conformance.Entry {
	var d struct {
		Text, Language, Marker string
		Link                   *compose.Link
		Thread                 *struct{ Root, Parent string }
		Media                  []struct {
			URL, AltText  string
			Width, Height int
		}
	}
	if err := json.Unmarshal(e.Data, &d); err != nil {
		panic(err)
	}
	out := conformance.Entry{Action: conformance.Created, ID: e.ID, Key: e.ID, Marker: d.Marker, Text: d.Text, Language: d.Language, Link: d.Link}
	if d.Thread != nil {
		out.Root, out.Parent = d.Thread.Root, d.Thread.Parent
	}
	for _, m := range d.Media {
		out.Media = append(out.Media, conformance.Media{AltText: m.AltText, Width: m.Width, Height: m.Height})
	}
	return out
}

// last request and its body.
func (r *receiver) last(t *testing.T) (*http.Request, []byte) {
	t.Helper()
	req, body := r.Last()
	if req == nil {
		t.Fatal("nothing came")
	}
	return req, body
}
