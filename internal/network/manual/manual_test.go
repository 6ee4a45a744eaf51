package manual_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/network/manual"
)

func TestAPersonPublishes(t *testing.T) {
	adapter, ok := network.Lookup(tribunev1alpha1.NetworkManual)
	if !ok || !adapter.ByHand || len(adapter.SecretKeys)+len(adapter.OptionalSecretKeys)+len(adapter.Abilities) > 0 {
		t.Fatalf("registered as %+v", adapter)
	}
	n, err := adapter.New(network.Config{Namespace: "acme", Channel: "tiktok"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := n.SignIn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := network.Account{ID: "manual:acme/tiktok", Handle: "tiktok", DisplayName: "tiktok", Once: network.OnceNone}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	_, err = n.Publish(t.Context(), network.Publication{Text: "Hello"})
	var e *network.Error
	if !errors.As(err, &e) || e.Kind != network.Refused || e.Reason != "PublishedByHand" {
		t.Errorf("Publish: %v", err)
	}
	id := network.Identity{Namespace: "acme", Post: "hello", Edition: 1, Account: got.ID}
	if n.Key(id, time.Time{}, 0) == n.Key(id, time.Time{}, 1) {
		t.Error("another probe gives the same key")
	}
	if _, ok := n.(network.Messenger); ok {
		t.Error("a Manual channel takes no messages")
	}
	if _, err := manual.New(network.Config{}); err == nil {
		t.Error("a channel without a name was taken")
	}
}
