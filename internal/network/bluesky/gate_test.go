package bluesky_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/network/bluesky"
	"github.com/tribune-dev/tribune/internal/network/conformance"
)

// Locking and opening a thread leave in its gate what was there before, and what people put there meanwhile.
func TestGateIsLeftAsItWas(t *testing.T) {
	f := newFake(t)
	u := f.user()
	n := connectWith(t, u, f.server.URL, http.DefaultClient, nil, u.appPassword).(*bluesky.Bluesky) //nolint:forcetypeassert // it must
	a := f.accounts[u.did]
	const rkey = "3aaaaaaaaaaaa"
	target := network.Target{Post: "at://" + u.did + "/app.bsky.feed.post/" + rkey}
	// put is what somebody does with the app.
	put := func(fields map[string]any) {
		t.Helper()
		f.mu.Lock()
		defer f.mu.Unlock()
		if a.social.others == nil {
			a.social.others = map[string]map[string]fakeRecord{}
		}
		fields["$type"], fields["post"], fields["createdAt"] = "app.bsky.feed.threadgate", target.Post, "2026-11-22T00:00:00.000Z"
		raw, err := json.Marshal(fields)
		if err != nil {
			t.Fatal(err)
		}
		a.social.others["app.bsky.feed.threadgate"] = map[string]fakeRecord{rkey: {cid: cid(0x71, raw), value: raw}}
	}
	gate := func() string {
		t.Helper()
		f.mu.Lock()
		defer f.mu.Unlock()
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(a.social.others["app.bsky.feed.threadgate"][rkey].value, &fields); err != nil {
			t.Fatal(err)
		}
		out := "allow " + string(fields["allow"]) + " hidden " + string(fields["hiddenReplies"])
		if fields["tribuneLock"] != nil {
			out += " ours"
		}
		return out
	}
	followers := []any{map[string]any{"$type": "app.bsky.feed.threadgate#followerRule"}}
	const kept = `[{"$type":"app.bsky.feed.threadgate#followerRule"}]`
	hidden := []string{"at://did:plc:eve/app.bsky.feed.post/3bbbbbbbbbbbb"}
	const stay = ` hidden ["at://did:plc:eve/app.bsky.feed.post/3bbbbbbbbbbbb"]`
	for _, c := range []struct {
		name     string
		before   map[string]any
		already  bool
		locked   string
		meantime map[string]any
		after    string
	}{
		{"anyone could reply", map[string]any{"hiddenReplies": hidden}, false, "allow []" + stay + " ours", nil, "allow " + stay},
		{"followers could", map[string]any{"allow": followers, "hiddenReplies": hidden}, false, "allow []" + stay + " ours", nil, "allow " + kept + stay},
		{"nobody could", map[string]any{"allow": []any{}, "hiddenReplies": hidden}, true, "allow []" + stay, nil, "allow []" + stay},
		{
			"a person opened it meanwhile", map[string]any{}, false, "allow [] hidden  ours",
			map[string]any{"allow": followers, "tribuneLock": map[string]any{}}, "allow " + kept + " hidden ",
		},
		{"a person locked it anew meanwhile", map[string]any{}, false, "allow [] hidden  ours", map[string]any{"allow": []any{}}, "allow [] hidden "},
	} {
		put(c.before)
		for times := range 2 {
			already, err := n.LockThread(t.Context(), target)
			if err != nil || already != (c.already || times > 0) {
				t.Errorf("%s: locked %d times: already %t, %v", c.name, times+1, already, err)
			}
		}
		if got := gate(); got != c.locked {
			t.Errorf("%s: %s, want %s", c.name, got, c.locked)
		}
		if c.meantime != nil {
			put(c.meantime)
		}
		for range 2 {
			if err := n.UnlockThread(t.Context(), target); err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
		}
		if got := gate(); got != c.after {
			t.Errorf("%s: opened it is %s, want %s", c.name, got, c.after)
		}
	}
	for _, post := range []string{"", "at://did:plc:somebody/app.bsky.feed.post/3aaaaaaaaaaaa"} {
		if _, err := n.LockThread(t.Context(), network.Target{Post: post}); network.ReasonOf(err, "") != "NotOurThread" {
			t.Errorf("locking %q: %v", post, err)
		}
	}
}

// A reply that is hidden in a thread so old that its gate is not among the newest is told as hidden all the same.
func TestHiddenInAnOldThread(t *testing.T) {
	f := newFake(t)
	u := f.user()
	n := connectWith(t, u, f.server.URL, http.DefaultClient, nil, u.appPassword).(*bluesky.Bluesky) //nolint:forcetypeassert // it must
	a, c := f.accounts[u.did], f.community(f.accounts[u.did])
	old := network.Ref{ID: "at://" + u.did + "/app.bsky.feed.post/3aaaaaaaaaaaa", Revision: cid(0x71, []byte("old"))}
	insult := c.Say(t, conformance.Saying{Kind: network.ItemReply, By: "bob", Text: "you nitwit", Under: old})
	fine := c.Say(t, conformance.Saying{Kind: network.ItemReply, By: "eve", Text: "hello", Under: old})
	if err := n.Hide(t.Context(), network.Target{Ref: network.Ref{ID: insult}, Post: old.ID}); err != nil {
		t.Fatal(err)
	}
	f.mu.Lock()
	gates := a.social.others["app.bsky.feed.threadgate"]
	for i := range 120 {
		key := fmt.Sprintf("3c%011d", i)
		key = strings.NewReplacer("0", "a", "1", "b", "8", "c", "9", "d").Replace(key)
		gates[key] = fakeRecord{cid: cid(0x71, []byte(key)), value: json.RawMessage(`{"$type":"app.bsky.feed.threadgate","post":"at://` + u.did + `/app.bsky.feed.post/` + key + `","createdAt":"2026-11-22T00:00:00.000Z"}`)}
	}
	f.mu.Unlock()
	got, err := n.Listen(t.Context(), network.ListenQuery{})
	if err != nil {
		t.Fatal(err)
	}
	hidden := map[string]bool{}
	for _, it := range got.Items {
		hidden[it.ID] = it.Hidden
	}
	if !hidden[insult] || hidden[fine] || len(hidden) != 2 {
		t.Errorf("%v", hidden)
	}
}
