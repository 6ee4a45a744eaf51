package community

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/yaml"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/store"
)

const dear = `
metadata: {name: rules, namespace: acme}
spec:
  channelSelector: {}
  mode: %s
  suspend: %t
  keyPeople:
  - {handle: "@Ada", note: wrote the guide, remind: {after: 1440h, channelRef: {name: leads}}}
  - {handle: leo, network: Bluesky, remind: {after: 480h, channelRef: {name: desk}}}
  - {handle: zoe}
`

// friends are a policy with key people, a ledger and a clock.
type friends struct {
	t      *testing.T
	ledger *store.Database
	clock  *clocktesting.FakeClock
	policy string
}

// look as a manager does that has just started, and tell what teams were told since the beginning.
func (f *friends) look(want map[string]int) {
	f.t.Helper()
	p := &tribunev1alpha1.CommunityPolicy{}
	if err := yaml.Unmarshal([]byte(f.policy), p); err != nil {
		f.t.Fatal(err)
	}
	scheme := runtime.NewScheme()
	if err := tribunev1alpha1.AddToScheme(scheme); err != nil {
		f.t.Fatal(err)
	}
	k := &keeper{client: fake.NewClientBuilder().WithScheme(scheme).WithObjects(p).Build(), ledger: f.ledger, clock: f.clock, log: slog.New(slog.DiscardHandler)}
	for range 2 {
		if err := k.look(f.t.Context()); err != nil {
			f.t.Fatal(err)
		}
	}
	got := map[string]int{}
	for _, receiver := range []string{"leads", "desk"} {
		c, err := f.ledger.CountMessages(f.t.Context(), store.Receiver{Namespace: "acme", Name: receiver}, f.clock.Now(), time.Time{})
		if err != nil {
			f.t.Fatal(err)
		}
		if c.Due > 0 {
			got[receiver] = c.Due
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		f.t.Errorf("after %s: %s", f.clock.Now().Sub(named), diff)
	}
}

var named = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func (f *friends) on(day int) { f.clock.SetTime(named.AddDate(0, 0, day)) }

func newFriends(t *testing.T, mode string, suspend bool) *friends {
	l, err := store.Open(t.Context(), store.Options{Path: t.TempDir() + "/ledger.db"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return &friends{t, l, clocktesting.NewFakeClock(named), fmt.Sprintf(dear, mode, suspend)}
}

// A team is told once each time the same while passed without a word, also over restarts.
func TestKeyPeopleAreRemindedOf(t *testing.T) {
	f := newFriends(t, "Audit", false)
	f.look(map[string]int{})
	f.on(19)
	f.look(map[string]int{})
	f.on(20)
	f.look(map[string]int{"desk": 1})
	f.on(30)
	// Ada speaks to us: her while begins anew. What leo is silent about is another network's business.
	said := store.Item{Item: network.Item{ID: "1", Kind: network.ItemMention, Text: "hi", Author: network.Person{ID: "ada", Handle: "ada"}, CreatedAt: f.clock.Now()}, SeenAt: f.clock.Now()}
	other := said
	other.ID, other.Author = "2", network.Person{ID: "leo", Handle: "leo"}
	h := store.Heard{Ear: store.Ear{Namespace: "acme", Channel: "square", Account: "Mastodon/acme"}, PolledAt: f.clock.Now()}
	if _, err := f.ledger.Take(t.Context(), h, []store.Item{said, other}); err != nil {
		t.Fatal(err)
	}
	f.look(map[string]int{"desk": 1})
	f.on(40)
	f.look(map[string]int{"desk": 2})
	f.on(89)
	f.look(map[string]int{"desk": 3})
	f.on(90)
	f.look(map[string]int{"desk": 3, "leads": 1})
	told, err := f.ledger.ClaimMessages(t.Context(), store.Claim{Receiver: store.Receiver{Namespace: "acme", Name: "leads"}, ID: "c", Now: f.clock.Now(), Until: f.clock.Now().Add(time.Minute), Max: 1})
	if err != nil || len(told) != 1 {
		t.Fatalf("%v, %v", told, err)
	}
	var m network.Message
	if err := json.Unmarshal(told[0].Payload, &m); err != nil {
		t.Fatal(err)
	}
	if want := "No contact with Ada for 60 days, since 2026-12-24. wrote the guide. What they said last: tribune person show Ada -n acme"; m.Text != want || m.Title != "It is long ago: rules" || m.Event != "KeyPersonQuiet" {
		t.Errorf("%+v", m)
	}
}

// A policy that is suspended, or waits for a Crisis, tells nobody.
func TestNobodyIsRemindedBy(t *testing.T) {
	for _, f := range []*friends{newFriends(t, "Dormant", false), newFriends(t, "Enforce", true)} {
		f.look(map[string]int{})
		f.on(100)
		f.look(map[string]int{})
	}
}
