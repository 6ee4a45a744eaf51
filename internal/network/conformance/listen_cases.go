package conformance

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tribune-dev/tribune/internal/network"
)

var listenCases = []testCase{
	{"FirstLook", firstLook},
	{"NothingIsLeftOutWhilePaging", whilePaging},
	{"CursorIsKept", cursorIsKept},
	{"CursorLost", cursorLost},
	{"Kinds", kinds},
	{"Edited", edited},
	{"TakenBack", takenBack},
	{"ModeratedInTheApp", moderatedInTheApp},
	{"OwnItemsAreOurs", ownItems},
	{"HostileText", hostileItems},
	{"RateLimited", listenRateLimited},
	{"Unauthorized", listenUnauthorized},
	{"AnswerCut", listenSpoilt(func(x *exchange) { x.cut(x.forward()) })},
	{"ConnectionClosed", listenSpoilt(func(x *exchange) { x.drop() })},
	{"Error503", listenSpoilt(func(x *exchange) { x.answer(503, "text/html", "<html>Service Unavailable</html>") })},
	{"AnswerIsHTML", listenMalformed("<!DOCTYPE html><title>Just a moment...</title>")},
	{"AnswerIsEmpty", listenMalformed("")},
	{"AnswerIsNull", listenMalformed("null")},
	{"AnswerIsEmptyObject", listenMalformed("{}")},
	{"AnswerIsArrayOfNothing", listenMalformed("[null,{},1]")},
	{"AnswerIsHalf", listenMalformed(`{"notifications":[{"uri":"at://`)},
	{"AnswerHasOtherTypes", listenMalformed(`{"notifications":{},"changes":7,"cursor":[]}`)},
	{"HugeAnswer", listenSpoilt(func(x *exchange) { x.huge() })},
	{"ReadsOnly", readsOnly},
	{"Stream", stream},
}

// firstLook: an account that has been there for long is looked through to its end, the newest last.
func firstLook(t *testing.T, w *world) {
	l, _ := w.listener(t)
	ids := w.answers(t, w.stage(t), 0, 7)
	items, _ := w.drain(t, l, "", 3, nil)
	eachOnce(t, items, ids)
	item := itemOf(t, items, ids[3])
	if item.Text != "Answer number 3" || item.Ref.ID == "" || item.Ours || item.Gone || item.Hidden || item.Removed {
		t.Errorf("told as %+v", item)
	}
	if item.Author.Handle == "" || item.CreatedAt.IsZero() || time.Since(item.CreatedAt).Abs() > 24*time.Hour {
		t.Errorf("its author is %+v, its time %s", item.Author, item.CreatedAt)
	}
	if item.Post == "" || item.ParentOurs == nil || !*item.ParentOurs {
		t.Errorf("it answers %q under %q, ours: %v; want our publication", item.Parent, item.Post, item.ParentOurs)
	}
}

// whilePaging: people do not stop to speak because somebody reads.
func whilePaging(t *testing.T, w *world) {
	l, _ := w.listener(t)
	under := w.stage(t)
	ids := w.answers(t, under, 0, 6)
	said := 6
	items, cursor := w.drain(t, l, "", 2, func() {
		if said < 10 {
			ids = append(ids, w.answers(t, under, said, said+1)...)
			said++
		}
	})
	rest, _ := w.drain(t, l, cursor, 2, nil)
	eachOnce(t, append(items, rest...), ids)
}

// cursorIsKept: another process goes on where the last one stopped, and one that died before it saved the cursor hears it again.
func cursorIsKept(t *testing.T, w *world) {
	l, _ := w.listener(t)
	under := w.stage(t)
	before := w.answers(t, under, 0, 3)
	_, cursor := w.drain(t, l, "", 0, nil)
	other, _ := w.connect(t).(network.Listener)
	if again, _ := w.drain(t, other, cursor, 0, nil); len(again) != 0 {
		t.Errorf("%d items are told although nothing happened: %+v", len(again), again)
	}
	after := w.answers(t, under, 3, 5)
	for range 2 {
		items, _ := w.drain(t, other, cursor, 0, nil)
		eachOnce(t, items, after)
		for id, n := range told(items, before) {
			if n != 0 {
				t.Errorf("the item %s is told again though nothing happened to it", id)
			}
		}
	}
}

func cursorLost(t *testing.T, w *world) {
	l, c := w.listener(t)
	w.answers(t, w.stage(t), 0, 1)
	_, cursor := w.drain(t, l, "", 0, nil)
	cursors := []string{"\x00 no cursor of ours"}
	if c.Lose != nil {
		cursors = append(cursors, c.Lose(t, cursor))
	}
	for _, cursor := range cursors {
		_, err := l.Listen(w.context(t), network.ListenQuery{Cursor: cursor})
		if !lost(err) {
			t.Errorf("the cursor %q gives %v, want ErrCursorLost", cursor, err)
			continue
		}
		w.wantError(t, err, network.Gone, network.Refused)
	}
}

func kinds(t *testing.T, w *world) {
	l, c := w.listener(t)
	under := w.stage(t)
	ids := map[network.ItemKind]string{}
	for _, kind := range c.Kinds {
		ids[kind] = c.Say(t, Saying{Kind: kind, By: "ada", Text: "👍", Under: under})
	}
	items, _ := w.drain(t, l, "", 0, nil)
	for kind, id := range ids {
		item := itemOf(t, items, id)
		if item.Kind != kind {
			t.Errorf("a %s is told as a %s", kind, item.Kind)
		}
		if kind == network.ItemReaction && item.Parent != under.ID {
			t.Errorf("the reaction is to %q, want %q", item.Parent, under.ID)
		}
		if !strings.Contains(item.Author.Handle, "ada") {
			t.Errorf("the %s is by %+v", kind, item.Author)
		}
	}
}

func edited(t *testing.T, w *world) {
	l, c := w.listener(t)
	if c.Edit == nil {
		t.Skip("the network does not tell of edits")
	}
	before, cursor := w.one(t)
	c.Edit(t, before.ID, "Second thoughts")
	items, _ := w.drain(t, l, cursor, 0, nil)
	after := itemOf(t, items, before.ID)
	if after.Text != "Second thoughts" || after.Revision == before.Revision || after.Revision == "" {
		t.Errorf("revision %q, then %q; the text is %q", before.Revision, after.Revision, after.Text)
	}
	if told := before.Edited; told != nil && (*told || after.Edited == nil || !*after.Edited) {
		t.Errorf("that it was edited is told as %v, then %v", *told, after.Edited)
	}
}

func takenBack(t *testing.T, w *world) {
	l, c := w.listener(t)
	if c.Delete == nil {
		t.Skip("the network does not tell of deletions")
	}
	before, cursor := w.one(t)
	c.Delete(t, before.ID)
	items, _ := w.drain(t, l, cursor, 0, nil)
	if after := itemOf(t, items, before.ID); !after.Gone {
		t.Errorf("told as %+v", after)
	}
}

// moderatedInTheApp: what one of us hides, shows or removes in the network's own app is told again, as it stands then.
func moderatedInTheApp(t *testing.T, w *world) {
	l, c := w.listener(t)
	if c.Moderate == nil {
		t.Skip("the network does not tell what is hidden")
	}
	item, cursor := w.one(t)
	for _, step := range []struct {
		deed            Deed
		hidden, removed bool
	}{{DeedHide, true, false}, {DeedShow, false, false}, {DeedHide, true, false}, {DeedRemove, false, true}} {
		if step.deed == DeedRemove && !can[network.Remover](w) {
			continue
		}
		c.Moderate(t, item.ID, step.deed)
		var items []network.Item
		items, cursor = w.drain(t, l, cursor, 0, nil)
		now := itemOf(t, items, item.ID)
		if now.Hidden != step.hidden || now.Removed != step.removed || now.Gone {
			t.Errorf("%s: told as %+v", step.deed, now)
		}
		if now.Text != item.Text || now.Author.ID != item.Author.ID {
			t.Errorf("%s: it is told as something else: %+v", step.deed, now)
		}
	}
}

// ownItems: an answer that somebody of the team gave in the network's own app is known as ours.
func ownItems(t *testing.T, w *world) {
	l, c := w.listener(t)
	if c.SayOurs == nil {
		t.Skip("the network does not tell of our own answers")
	}
	item, cursor := w.one(t)
	id := c.SayOurs(t, item, "Thank you, by hand")
	items, _ := w.drain(t, l, cursor, 0, nil)
	ours := itemOf(t, items, id)
	if !ours.Ours || ours.Parent != item.ID {
		t.Errorf("our answer to %q is told as %+v", item.ID, ours)
	}
	for _, i := range items {
		if i.ID != id && i.Ours {
			t.Errorf("this is not ours: %+v", i)
		}
	}
}

// hostileItems: what people say is a text, whatever is in it.
func hostileItems(t *testing.T, w *world) {
	l, c := w.listener(t)
	under := w.stage(t)
	huge := 1 << 20
	if c.MaxText > 0 {
		huge = c.MaxText
	}
	texts := []string{
		`<script>alert(1)</script> <b>bold</b> & &amp; "quoted" 'text'`,
		"{{.Secret}} ${HOME} {author} %s %d <!channel> @everyone",
		"zero\u200bwidth \u202eright to left\u202c ﷽ Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢",
		"https://evil.example/?a=1&b=<x>#frag and https://user:pass@evil.example",
		strings.Repeat("long ", huge/5),
	}
	var ids []string
	for _, text := range texts {
		ids = append(ids, c.Say(t, Saying{Kind: c.Kinds[0], By: "eve", Text: text, Under: under}))
	}
	items, _ := w.drain(t, l, "", 2, nil)
	eachOnce(t, items, ids)
	for n, id := range ids {
		if got := itemOf(t, items, id).Text; squeezed(got) != squeezed(texts[n]) {
			t.Errorf("said %.200q, told %.200q", texts[n], got)
		}
	}
}

func reads(r *http.Request) bool { return r.Method == http.MethodGet }

func listenRateLimited(t *testing.T, w *world) {
	l, _ := w.listener(t)
	item, _ := w.one(t)
	w.proxy.arm(reads, 1, func(x *exchange) {
		x.w.Header().Set("Retry-After", "7")
		x.answer(http.StatusTooManyRequests, "application/json", `{"error":"RateLimitExceeded","message":"Rate Limit Exceeded"}`)
	})
	_, err := l.Listen(w.context(t), network.ListenQuery{})
	if e := w.wantError(t, err, network.RateLimited); e.RetryAfter != 7*time.Second {
		t.Errorf("RetryAfter %s, want 7s", e.RetryAfter)
	}
	items, _ := w.drain(t, l, "", 0, nil)
	itemOf(t, items, item.ID)
}

func listenUnauthorized(t *testing.T, w *world) {
	l, _ := w.listener(t)
	item, cursor := w.one(t)
	const always = 1000
	w.proxy.arm(anything, always, func(x *exchange) { w.refuseToken(x) })
	_, err := l.Listen(w.context(t), network.ListenQuery{Cursor: cursor})
	w.wantError(t, err, network.Unauthorized)
	w.proxy.arm(anything, 0, nil)
	items, _ := w.drain(t, l, "", 0, nil)
	itemOf(t, items, item.ID)
}

// listenSpoilt is an answer that makes no sense: nothing may be taken from it, and nothing is lost.
func listenSpoilt(f fault) func(t *testing.T, w *world) {
	return func(t *testing.T, w *world) {
		l, _ := w.listener(t)
		item, _ := w.one(t)
		const always = 1000 // a read may be repeated
		w.proxy.arm(reads, always, f)
		_, err := l.Listen(w.context(t), network.ListenQuery{})
		w.wantError(t, err, network.NotSent)
		w.proxy.arm(reads, 0, nil)
		items, _ := w.drain(t, l, "", 0, nil)
		itemOf(t, items, item.ID)
	}
}

func listenMalformed(body string) func(t *testing.T, w *world) {
	return listenSpoilt(func(x *exchange) { x.forward(); x.answer(200, "application/json", body) })
}

// readsOnly: who listens leaves no trace, so that a person's own notifications stay unread.
func readsOnly(t *testing.T, w *world) {
	l, _ := w.listener(t)
	w.one(t)
	writes := w.proxy.requests(isWrite)
	w.drain(t, l, "", 0, nil)
	if n := w.proxy.requests(isWrite); n != writes {
		t.Errorf("%d writes while listening", n-writes)
	}
}

func stream(t *testing.T, w *world) {
	_, c := w.listener(t)
	s, ok := w.account.Connect(t, Connection{Server: w.account.Server, HTTP: client(t), Session: w.sessions}).(network.Streamer)
	if !ok {
		t.Skip("the network does not stream")
	}
	under := w.stage(t)
	ctx, cancel := contextWithCancel(t)
	woken, ended := make(chan struct{}, 100), make(chan error, 1)
	go func() {
		ended <- s.Stream(ctx, func() {
			select {
			case woken <- struct{}{}:
			default:
			}
		})
	}()
	<-woken // it has begun
	for len(woken) > 0 {
		<-woken
	}
	c.Say(t, Saying{Kind: c.Kinds[0], By: "ada", Text: "Are you there?", Under: under})
	select {
	case <-woken:
	case err := <-ended:
		t.Fatalf("the stream ended: %v", err)
	case <-ctx.Done():
		t.Error("nobody was woken")
	}
	cancel()
	if err := <-ended; err == nil {
		t.Error("a stream that ends says why")
	}
}
