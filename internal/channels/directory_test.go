package channels_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"

	"github.com/tribune-dev/tribune/internal/channels"
)

// A Post that falls due before its channel is signed in goes out when it is, not at its next look by itself.
func TestWhoWaitsForAChannelIsToldOnce(t *testing.T) {
	square := types.NamespacedName{Namespace: "acme", Name: "square"}
	other := types.NamespacedName{Namespace: "acme", Name: "other"}
	post := types.NamespacedName{Namespace: "acme", Name: "hello"}
	d := channels.New()
	var told []types.NamespacedName
	d.OnChange(func(channel types.NamespacedName) { told = append(told, d.Awaited(channel)...) })

	d.Put(square, channels.Connection{Generation: 1})
	for range 2 {
		if !d.Await(square, 2, post) {
			t.Error("a connection of an earlier generation was taken for the one that is waited for")
		}
	}
	d.Put(other, channels.Connection{Generation: 2})
	if len(told) > 0 {
		t.Errorf("told of another channel: %v", told)
	}
	d.Put(square, channels.Connection{Generation: 2})
	d.Put(square, channels.Connection{Generation: 2})
	if diff := cmp.Diff([]types.NamespacedName{post}, told); diff != "" {
		t.Error(diff)
	}
	if d.Await(square, 2, post) {
		t.Error("waits for a channel that is connected")
	}
}
