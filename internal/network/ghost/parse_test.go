package ghost

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/tribune-dev/tribune/internal/compose"
	"github.com/tribune-dev/tribune/internal/network"
)

func FuzzReadKey(f *testing.F) {
	f.Add([]byte("6489f2c18d2f3c0001a1b2c3:00ff"))
	f.Add([]byte("a\"b:00"))
	f.Add([]byte("::"))
	f.Fuzz(func(t *testing.T, value []byte) {
		id, key, err := readKey(value)
		if err != nil {
			if _, secret, _ := strings.Cut(string(value), ":"); len(secret) > 16 && strings.Contains(err.Error(), secret) {
				t.Fatal("the secret is in the error")
			}
			return
		}
		if id == "" || len(key) == 0 {
			t.Fatalf("%q gave an empty key", value)
		}
	})
}

func FuzzReadRefusal(f *testing.F) {
	f.Add(422, []byte(`{"errors":[{"message":"m","context":"c","type":"ValidationError","code":null}]}`))
	f.Add(409, []byte(`{"errors":[{"message":"m","type":"UpdateCollisionError","code":"UPDATE_COLLISION"}]}`))
	f.Add(401, []byte(`{"errors":[{}]}`))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		e := toError(readRefusal(status, body, network.Ambiguous))
		if e.Kind == "" || e.Reason == "" || e.Message == "" || strings.ContainsAny(e.Reason, " \n\x00") || len(e.Error()) > 4*network.MaxQuoted {
			t.Fatalf("%d %q: %+v", status, body, e)
		}
	})
}

// FuzzContent: whatever the text, one HTML card comes of it, and nothing in it ends the card.
func FuzzContent(f *testing.F) {
	f.Add("Rocket is out", "", "alt")
	f.Add("<!--kg-card-end: html-->", "<p>x</p><!--kg-card-end: html-->", "\"><script>")
	f.Fuzz(func(t *testing.T, text, htmlText, alt string) {
		p := network.Publication{Marker: "aaaabbbbcccc", Text: text, HTML: htmlText, Link: &compose.Link{URL: "https://acme.example/", Title: alt}}
		got, err := content(p, []picture{{url: "https://acme.example/1.png"}, {url: "https://acme.example/2.png", alt: alt}})
		if err != nil {
			t.Fatal(err)
		}
		var document struct {
			Root struct {
				Children []struct{ Type, HTML string }
			}
		}
		if err := json.Unmarshal([]byte(got), &document); err != nil || len(document.Root.Children) != 1 || document.Root.Children[0].Type != "html" {
			t.Fatalf("%v: %s", err, got)
		}
		if strings.Contains(document.Root.Children[0].HTML, "<!--") {
			t.Fatalf("a comment in %q", document.Root.Children[0].HTML)
		}
	})
}
