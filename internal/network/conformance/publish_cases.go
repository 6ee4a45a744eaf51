package conformance

import (
	"errors"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tribune-dev/tribune/internal/network"
)

var errClosed = errors.New("a crisis is open")

var publishCases = []testCase{
	{"Once", publishOnce},
	{"SameKeyTwice", sameKeyTwice},
	{"SameKeyOtherText", sameKeyOtherText},
	{"KeyTaken", keyTaken},
	{"EightAtOnce", eightAtOnce},
	{"Thread", thread},
	{"Find", find},
	{"Edit", edit},
	{"Delete", deleteTwice},
	{"CancelledBefore", cancelledBefore},
}

func publishOnce(t *testing.T, w *world) {
	p := w.publication("first", "Hello, world")
	before := w.proxy.requests(w.IsPublish)
	r := w.mustPublish(t, p)
	if n := w.proxy.requests(w.IsPublish) - before; n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
	e := w.once(t, p.Text)
	if r.Existing {
		t.Error("the receipt says that it was there before")
	}
	if r.ID != e.ID {
		t.Errorf("the receipt names %q, the network has %q", r.ID, e.ID)
	}
	if r.URL == "" && !w.Receiver {
		t.Error("the receipt has no URL")
	}
	if e.Marker != "" && e.Marker != p.Marker {
		t.Errorf("marker %q, want %q", e.Marker, p.Marker)
	}
	if w.Once == network.OnceDurableKey && (e.Key != p.Key || e.Marker != p.Marker) {
		t.Errorf("stored under key %q with marker %q, want %q and %q", e.Key, e.Marker, p.Key, p.Marker)
	}
}

func sameKeyTwice(t *testing.T, w *world) {
	w.needsDurableKey(t)
	p := w.publication("twice", "Only once")
	first := w.mustPublish(t, p)
	for _, n := range []network.Network{w.net, w.connect(t)} {
		again, err := n.Publish(w.context(t), p)
		if err != nil {
			t.Fatal(err)
		}
		if !again.Existing && !w.Receiver {
			t.Error("the repeated call does not say Existing")
		}
		if diff := cmp.Diff(first.Ref, again.Ref); diff != "" {
			t.Error(diff)
		}
	}
	w.once(t, p.Text)
}

// A rendering that changed between attempts does not make a second publication, nor change the first.
func sameKeyOtherText(t *testing.T, w *world) {
	w.needsDurableKey(t)
	p := w.publication("rendered", "As it was first rendered")
	first := w.mustPublish(t, p)
	p.Text = "As it was rendered later"
	again := w.mustPublish(t, p)
	if !again.Existing && !w.Receiver || again.ID != first.ID {
		t.Errorf("got %+v, want the existing %q", again, first.ID)
	}
	w.once(t, "As it was first rendered")
	if n := len(w.created(t, p.Text)); n != 0 {
		t.Error("the later text was published as well")
	}
}

func keyTaken(t *testing.T, w *world) {
	w.needsDurableKey(t)
	if w.account.StoreForeign == nil {
		t.Skip("nobody else can take a key on this network")
	}
	p := w.publication("taken", "Ours")
	w.account.StoreForeign(t, p.Key, "Theirs")
	_, err := w.net.Publish(w.context(t), p)
	w.wantError(t, err, network.KeyTaken)
	if found := w.find(t, p, ""); found != nil {
		t.Errorf("Find takes another's record for ours: %+v", found)
	}
	// The next key is free.
	p.Key = w.net.Key(p.Identity, due, 1)
	if r := w.mustPublish(t, p); r.Existing {
		t.Error("the second key says Existing")
	}
	w.once(t, "Theirs")
	w.once(t, "Ours")
}

func eightAtOnce(t *testing.T, w *world) {
	w.needsDurableKey(t)
	p := w.publication("eight", "Eight processes, one post")
	networks := []network.Network{w.net, w.connect(t)}
	const calls = 8
	receipts, errs := make([]network.Receipt, calls), make([]error, calls)
	ctx := w.context(t)
	var all sync.WaitGroup
	for i := range calls {
		all.Go(func() { receipts[i], errs[i] = networks[i%2].Publish(ctx, p) })
	}
	all.Wait()
	made := 0
	for i, err := range errs {
		if err != nil {
			t.Errorf("call %d: %v", i, err)
			continue
		}
		if !receipts[i].Existing {
			made++
		}
	}
	e := w.once(t, p.Text)
	for i, r := range receipts {
		if errs[i] == nil && r.ID != e.ID {
			t.Errorf("call %d says %q, the network has %q", i, r.ID, e.ID)
		}
	}
	if made != 1 && !w.Receiver {
		t.Errorf("%d calls say that they made the record, want 1", made)
	}
}

func thread(t *testing.T, w *world) {
	if !w.can(network.AbilityThread) {
		t.Skip("the network has no threads")
	}
	texts := []string{"One of three", "Two of three", "Three of three"}
	var refs []network.Ref
	for i, text := range texts {
		p := w.publication("thread", text)
		p.Identity.Segment = i
		p.Key, p.Marker = w.net.Key(p.Identity, due, 0), p.Identity.Marker()
		if i > 0 {
			p.Root, p.Parent = &refs[0], &refs[i-1]
		}
		r := w.mustPublish(t, p)
		refs = append(refs, r.Ref)
		if again := w.recover(t, w.net, p, ""); again.ID != r.ID {
			t.Errorf("segment %d repeated is %q, was %q", i, again.ID, r.ID)
		}
	}
	for i, text := range texts {
		e := w.once(t, text)
		if i == 0 {
			if e.Parent != "" || e.Root != "" {
				t.Errorf("the first segment replies to %q", e.Parent)
			}
			continue
		}
		if e.Parent != refs[i-1].ID {
			t.Errorf("segment %d: parent %q, want %q", i, e.Parent, refs[i-1].ID)
		}
		if e.Root != "" && e.Root != refs[0].ID {
			t.Errorf("segment %d: root %q, want %q", i, e.Root, refs[0].ID)
		}
	}
}

func find(t *testing.T, w *world) {
	if _, ok := w.net.(network.Finder); !ok {
		t.Skip("the network cannot be asked")
	}
	calls := w.proxy.requests(nil)
	cursor := w.cursor(t)
	if cursor == "" && w.proxy.requests(nil) != calls {
		t.Error("an empty cursor cost a call")
	}
	p := w.publication("found", "To be found")
	if found := w.find(t, p, cursor); found != nil {
		t.Errorf("found before it was published: %+v", found)
	}
	r := w.mustPublish(t, p)
	w.mustPublish(t, w.publication("other", "Another one"))
	found := w.find(t, p, cursor)
	if found == nil {
		t.Fatal("not found")
	}
	if !found.Existing {
		t.Error("what was found does not say Existing")
	}
	if diff := cmp.Diff(r.Ref, found.Ref); diff != "" {
		t.Error(diff)
	}
	if never := w.publication("never", "Never published"); w.find(t, never, cursor) != nil {
		t.Error("found what was never published")
	}
}

func (w *world) find(t *testing.T, p network.Publication, cursor string) *network.Receipt {
	t.Helper()
	found, err := w.net.(network.Finder).Find(w.context(t), query(p, cursor))
	if err != nil {
		t.Fatalf("Find: %v", err)
	}
	return found
}

func edit(t *testing.T, w *world) {
	editor, ok := w.net.(network.Editor)
	if !ok {
		t.Skip("not offered: the adapter does not edit")
	}
	p := w.publication("edited", "Befor")
	r := w.mustPublish(t, p)
	p.Text = "After"
	for range 2 { // an edit may be repeated
		if _, err := editor.Edit(w.context(t), r.Ref, p); err != nil {
			t.Fatal(err)
		}
	}
	text := ""
	for _, e := range w.account.Log(t) {
		if e.ID == r.ID {
			text = e.Text
		}
	}
	if text != "After" || len(w.created(t, "After")) != 0 {
		t.Errorf("the record says %q, want the same record with the new text", text)
	}
}

func deleteTwice(t *testing.T, w *world) {
	deleter, ok := w.net.(network.Deleter)
	if !ok {
		t.Skip("not offered: the adapter does not delete")
	}
	p, other := w.publication("deleted", "To be deleted"), w.publication("kept", "To be kept")
	r := w.mustPublish(t, p)
	w.mustPublish(t, other)
	if w.IsDelete == nil {
		t.Fatal("the harness does not say which request deletes")
	}
	w.proxy.arm(w.IsDelete, 1, func(x *exchange) { x.forward(); x.drop() })
	err := deleter.Delete(w.context(t), r.Ref)
	w.wantError(t, err, network.Ambiguous)
	for range 2 {
		if err := deleter.Delete(w.context(t), r.Ref); err != nil {
			t.Fatal(err)
		}
	}
	deleted := 0
	for _, e := range w.account.Log(t) {
		if e.Action == Deleted && e.ID == r.ID {
			deleted++
		}
	}
	if deleted != 1 {
		t.Errorf("the network deleted it %d times", deleted)
	}
	if _, ok := w.net.(network.Finder); ok && w.find(t, p, "") != nil {
		t.Error("found after it was deleted")
	}
	w.once(t, other.Text)
}

func cancelledBefore(t *testing.T, w *world) {
	ctx, cancel := contextWithCancel(t)
	cancel()
	_, err := w.net.Publish(ctx, w.publication("cancelled", "never"))
	w.wantError(t, err, network.NotSent)
	if n := w.proxy.requests(w.IsPublish); n != 0 {
		t.Errorf("%d requests left", n)
	}
	w.untouched(t)
}

func (w *world) needsDurableKey(t *testing.T) {
	t.Helper()
	if w.Once != network.OnceDurableKey {
		t.Skipf("the class %s has no lasting keys", w.Once)
	}
}

func (w *world) can(a network.Ability) bool {
	for _, has := range w.who.Abilities {
		if has == a {
			return true
		}
	}
	return false
}
