package channelcheck_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/channelcheck"
	"github.com/tribune-dev/tribune/internal/network"
	_ "github.com/tribune-dev/tribune/internal/network/webhook" // is checked
)

// A webhook cannot be asked: what is known is whether its settings are fit, and that is said.
func TestWebhookIsCheckedWithoutACall(t *testing.T) {
	for name, c := range map[string]struct {
		mode  tribunev1alpha1.ChannelMode
		keys  map[string][]byte
		works bool
		says  string
	}{
		"signed":           {keys: map[string][]byte{"signingKey": []byte("a-key-that-nobody-may-see")}, works: true, says: "nobody was asked"},
		"without a Secret": {says: "the Secret needs the key signingKey"},
		"rehearsal":        {mode: tribunev1alpha1.ChannelModeRehearsal, works: true, says: "a rehearsal needs no Secret"},
	} {
		t.Run(name, func(t *testing.T) {
			spec := &tribunev1alpha1.SocialChannelSpec{Network: tribunev1alpha1.NetworkWebhook, Mode: c.mode,
				Webhook: &tribunev1alpha1.WebhookSpec{URL: "https://desk.acme.example/hooks"}}
			r := channelcheck.Check(t.Context(), channelcheck.Channel{Name: "desk", Spec: spec, Now: time.Now(),
				Config: network.Config{Namespace: "acme", Channel: "desk", Spec: spec, Credentials: c.keys, HTTP: &http.Client{Transport: nobody{t}}}})
			all := strings.Join(append(r.Problems, r.Advice...), "\n")
			if r.Works != c.works || !strings.Contains(all, c.says) || strings.Contains(all, "nobody-may-see") {
				t.Errorf("works %v, want %v: %s", r.Works, c.works, all)
			}
		})
	}
}

// nobody may be called.
type nobody struct{ t *testing.T }

func (n nobody) RoundTrip(r *http.Request) (*http.Response, error) {
	n.t.Errorf("called %s", r.URL)
	return nil, http.ErrServerClosed
}
