package integration

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/local"
)

// sky is as much of a Bluesky server as a channel and a Post need.
type sky struct {
	server *httptest.Server

	mu       sync.Mutex
	accounts map[string]string // app password by handle
	valid    map[string]string // handle by token
	records  map[string]json.RawMessage
	serial   int
	signIns  int
}

func newSky(t *testing.T) *sky {
	s := &sky{accounts: map[string]string{"acme.example": "acme-password-0001", "other.example": "other-password-0001"}, valid: map[string]string{}, records: map[string]json.RawMessage{}}
	s.server = httptest.NewServer(s)
	t.Cleanup(s.server.Close)
	return s
}

func did(handle string) string {
	return "did:plc:" + strings.ReplaceAll(strings.TrimSuffix(handle, ".example"), ".", "") + "000000000000000000"
}

func (s *sky) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	answer := func(status int, body any) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(body)
	}
	no := func(status int, name, message string) {
		answer(status, map[string]string{"error": name, "message": message})
	}
	session := func(handle string) {
		s.serial++
		access, refresh := fmt.Sprintf("access-token-%d", s.serial), fmt.Sprintf("refresh-token-%d", s.serial)
		s.valid[access], s.valid[refresh] = handle, handle
		answer(http.StatusOK, map[string]any{"did": did(handle), "handle": handle, "accessJwt": access, "refreshJwt": refresh, "active": true})
	}
	var in struct {
		Identifier, Password, RKey string
		Record                     json.RawMessage
	}
	if r.Method == http.MethodPost {
		_ = json.NewDecoder(r.Body).Decode(&in)
	}
	method := strings.TrimPrefix(r.URL.Path, "/xrpc/com.atproto.")
	if method == "server.createSession" {
		s.signIns++
		if s.accounts[in.Identifier] == "" || s.accounts[in.Identifier] != in.Password {
			// Servers have been seen to repeat what they were sent.
			no(http.StatusUnauthorized, "AuthenticationRequired", "Invalid identifier or password "+in.Password)
			return
		}
		session(in.Identifier)
		return
	}
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	handle := s.valid[token]
	if handle == "" {
		no(http.StatusBadRequest, "ExpiredToken", "Token has expired")
		return
	}
	switch method {
	case "server.refreshSession":
		delete(s.valid, token)
		session(handle)
	case "server.getSession":
		answer(http.StatusOK, map[string]any{"did": did(handle), "handle": handle, "active": true})
	case "repo.putRecord":
		if s.records[in.RKey] != nil {
			no(http.StatusBadRequest, "InvalidSwap", "Record was at bafy")
			return
		}
		s.records[in.RKey] = in.Record
		answer(http.StatusOK, map[string]any{"uri": "at://" + did(handle) + "/app.bsky.feed.post/" + in.RKey, "cid": "bafyreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy", "validationStatus": "valid"})
	case "repo.getRecord":
		record, ok := s.records[r.URL.Query().Get("rkey")]
		if !ok {
			no(http.StatusBadRequest, "RecordNotFound", "Could not locate record")
			return
		}
		answer(http.StatusOK, map[string]any{"uri": "at://" + did(handle) + "/app.bsky.feed.post/" + r.URL.Query().Get("rkey"), "cid": "bafy", "value": record})
	default:
		no(http.StatusNotImplemented, "MethodNotImplemented", "Method Not Implemented")
	}
}

// password changes an account's app password and ends its sessions.
func (s *sky) password(handle, password string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accounts[handle] = password
	s.valid = map[string]string{}
}

func (s *sky) count() (records, signIns int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.records), s.signIns
}

func skyChannel(s *sky, spec string) string {
	return "\nkind: SocialChannel\nmetadata: {name: sky}\nspec: {network: Bluesky, bluesky: {service: \"" + s.server.URL + "\"}, credentialsSecretRef: {name: login}" + spec + "}\n---"
}

func secret(name, labels, data string) string {
	return "\napiVersion: v1\nkind: Secret\nmetadata: {name: " + name + ", labels: {" + labels + "}}\nstringData: {" + data + "}\n---"
}

const forSky = "tribune.dev/channel: sky"

// The way of a channel from nothing to signed in, with each step's message saying what to do next.
func TestChannelCredentials(t *testing.T) {
	t.Parallel()
	w := start(t)
	s := newSky(t)
	w.secrets = []string{"acme-password", "other-password", "wrong-password", "access-token", "refresh-token"}
	look := func() { w.poke(w.channel("sky")) }
	stalled := func(reason, what string) {
		t.Helper()
		c := w.is("channel", "sky", "Stalled", "True", reason)
		if !strings.Contains(c.Message, what) {
			t.Errorf("%s: %q lacks %q", reason, c.Message, what)
		}
		w.hasEvent(reason, "SocialChannel/sky")
	}
	w.mustApply(skyChannel(s, ", account: acme.example"))
	stalled("SecretNotFound", "there is no Secret login in namespace "+w.namespace+": make it with the keys identifier, appPassword and the label tribune.dev/channel: sky")

	w.mustApply(secret("login", "", "identifier: acme.example, appPassword: acme-password-0001"))
	look()
	stalled("SecretNotLabelled", "kubectl label secret login -n "+w.namespace+" tribune.dev/channel=sky")
	w.mustApply(secret("login", "tribune.dev/channel: another", "identifier: acme.example, appPassword: acme-password-0001"))
	look()
	stalled("SecretNotLabelled", "lacks the label tribune.dev/channel: sky")
	if _, n := s.count(); n != 0 {
		t.Errorf("a Secret that is not for this channel was used %d times", n)
	}
	w.delete(&corev1.Secret{}, "login")
	w.mustApply(secret("login", forSky, "identifier: acme.example, password: acme-password-0001"))
	look()
	stalled("SecretKeyMissing", "has no key appPassword; it has [identifier password]")
	w.mustApply(secret("login", forSky, "identifier: acme.example, appPassword: wrong-password-0001"))
	look()
	stalled("CredentialsRefused", "put valid ones into Secret login")
	w.is("channel", "sky", "CredentialsValid", "False", "CredentialsRefused")

	w.mustApply(manifestOn("sky", "waits", "Hello"))
	w.reaches("waits", "Held", "ChannelNotReady")

	w.mustApply(secret("login", forSky, "identifier: other.example, appPassword: other-password-0001"))
	look()
	stalled("AccountMismatch", "spec.account is acme.example, but the credentials belong to other.example")
	if n, _ := s.count(); n != 0 {
		t.Errorf("%d records in another's name", n)
	}
	w.mustApply(secret("login", forSky, "identifier: acme.example, appPassword: acme-password-0001"))
	look()
	w.is("channel", "sky", "Ready", "True", "SignedIn")
	w.is("channel", "sky", "CredentialsValid", "True", "SignedIn")
	if a := w.channel("sky").Status.Account; a == nil || a.ID != did("acme.example") || a.Handle != "acme.example" {
		t.Errorf("account: %s", asJSON(a))
	}
	w.reaches("waits", "Published", "Published")
}

func manifestOn(channel, name, text string) string {
	return strings.Replace(manifest(name, "", text), "name: square", "name: "+channel, 1)
}

// A rotated password takes effect without a restart; the session is kept in a Secret of Tribune's own.
func TestChannelRotation(t *testing.T) {
	t.Parallel()
	w := start(t)
	s := newSky(t)
	w.secrets = []string{"acme-password", "access-token", "refresh-token"}
	w.mustApply(secret("login", forSky, "identifier: acme.example, appPassword: acme-password-0001") + skyChannel(s, ""))
	w.is("channel", "sky", "Ready", "True", "SignedIn")

	session := &corev1.Secret{}
	if err := w.k8s.Get(w.ctx, w.key("sky-session"), session); err != nil {
		t.Fatal(err)
	}
	if owner := metav1.GetControllerOf(session); owner == nil || owner.Kind != "SocialChannel" || owner.Name != "sky" || session.Labels[tribunev1alpha1.LabelChannel] != "sky" {
		t.Errorf("the session's Secret is not the channel's: %s", asJSON(session.ObjectMeta))
	}

	// After a restart the session goes on, without another sign-in.
	_, before := s.count()
	w.manager.stop()
	w.manager = w.run()
	w.mustApply(manifestOn("sky", "after-restart", "Hello"))
	w.reaches("after-restart", "Published", "Published")
	if _, after := s.count(); after != before {
		t.Errorf("signed in %d times anew", after-before)
	}

	// The password is changed on the network first: the channel says so when it is next used.
	s.password("acme.example", "acme-password-0002")
	w.mustApply(manifestOn("sky", "refused", "Hello again"))
	w.is("channel", "sky", "Stalled", "True", "CredentialsRefused")
	w.mustApply(secret("login", forSky, "identifier: acme.example, appPassword: acme-password-0002"))
	w.poke(w.channel("sky"))
	w.is("channel", "sky", "Ready", "True", "SignedIn")
	w.reaches("refused", "Published", "Published")

	// Another account is never accepted in silence.
	w.mustApply(secret("login", forSky, "identifier: other.example, appPassword: other-password-0001"))
	w.secrets = append(w.secrets, "other-password")
	w.poke(w.channel("sky"))
	c := w.is("channel", "sky", "Stalled", "True", "AccountChanged")
	if !strings.Contains(c.Message, "set spec.account: other.example") {
		t.Error(c.Message)
	}
	w.mustApply(manifestOn("sky", "in-whose-name", "Hello in another name"))
	w.reaches("in-whose-name", "Held", "ChannelNotReady")
	w.mustApply(skyChannel(s, ", account: other.example"))
	w.is("channel", "sky", "Ready", "True", "SignedIn")
	w.reaches("in-whose-name", "Published", "Published")
}

// A Secret of that name that is not Tribune's is left alone.
func TestSessionSecretOfAnother(t *testing.T) {
	t.Parallel()
	w := start(t)
	s := newSky(t)
	w.secrets = []string{"acme-password", "access-token", "refresh-token"}
	w.mustApply(secret("sky-session", "", "mine: precious") + secret("login", forSky, "identifier: acme.example, appPassword: acme-password-0001") + skyChannel(s, ""))
	w.is("channel", "sky", "Ready", "True", "SignedIn")
	other := &corev1.Secret{}
	if err := w.k8s.Get(w.ctx, w.key("sky-session"), other); err != nil {
		t.Fatal(err)
	}
	if string(other.Data["mine"]) != "precious" || len(other.Data) != 1 || len(other.OwnerReferences) > 0 {
		t.Errorf("it was changed: %v", other.ObjectMeta)
	}
}

// A rehearsal needs no Secret, keeps its network's rules and publishes on Local alone.
func TestRehearsal(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.mustApply("kind: SocialChannel\nmetadata: {name: sky}\nspec: {network: Bluesky, mode: Rehearsal}\n---" +
		manifestOn("sky", "short", "Hello") + manifestOn("sky", "long", strings.Repeat("ä", 301)))
	w.is("channel", "sky", "Ready", "True", "Rehearsal")
	w.reaches("short", "Published", "")
	p := w.reaches("long", "Failed", "InvalidSpec")
	if m := condition(p.Status.Conditions, "Ready").Message; !strings.Contains(m, "301") || !strings.Contains(m, "300") {
		t.Error(m)
	}
	if n := len(w.texts("sky")); n != 1 {
		t.Errorf("%d posts on Local", n)
	}
}

// A channel that is deleted leaves its Posts to a person.
func TestChannelIsDeleted(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.mustApply(square + manifest("waits", in(time.Hour), "Hello"))
	w.reaches("waits", "Scheduled", "Scheduled")
	w.delete(&tribunev1alpha1.SocialChannel{}, "square")
	w.clock.forward(2 * time.Hour)
	w.pokePost("waits")
	w.reaches("waits", "Failed", "ChannelNotFound")
	w.mustApply(square)
	w.reaches("waits", "Missed", "Missed")
}

// A network that fails the moment a channel first signs in keeps nothing waiting for a minute.
func TestAHiccupAtTheFirstSignIn(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.network.local.SetFaults(local.Faults{ErrorBefore: local.Always})
	w.mustApply("kind: SocialChannel\nmetadata: {name: square}\nspec: {network: Local}")
	w.is("channel", "square", "Reachable", "False", "Unreachable")
	w.network.local.SetFaults(local.Faults{})
	w.is("channel", "square", "Ready", "True", "SignedIn")
}
