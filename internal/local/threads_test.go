package local

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tribune-dev/tribune/internal/local/wire"
)

// Who is locked out cannot speak; the account itself can, others can react, and another thread is another matter.
func TestLockedThread(t *testing.T) {
	b := start(t)
	ada := wire.Author{Handle: "ada"}
	first := b.post(t, wire.NewPost{Text: "one"})
	second := b.post(t, wire.NewPost{Text: "two", ReplyTo: first.ID})
	other := b.post(t, wire.NewPost{Text: "elsewhere"})
	comment := b.item(t, wire.NewItem{Kind: "Comment", Text: "hm", Author: ada, InReplyTo: second.ID})
	lock := town + "/posts/" + second.ID + "/lock"
	for i, existing := range []bool{false, true} {
		if got := read[wire.Thread](t, b.must(t, http.StatusOK, "PUT", lock, nil)); got != (wire.Thread{ID: first.ID, Locked: true, Existing: existing}) {
			t.Errorf("locked %d times: %+v", i+1, got)
		}
	}
	if got := read[wire.Thread](t, b.must(t, http.StatusOK, "GET", town+"/posts/"+first.ID+"/thread", nil)); !got.Locked {
		t.Errorf("%+v", got)
	}
	for _, to := range []string{first.ID, second.ID, comment.ID} {
		if r := b.ask(t, "POST", town+"/items", wire.NewItem{Kind: "Reply", Text: "but", Author: ada, InReplyTo: to}); r.code() != wire.CodeThreadLocked {
			t.Errorf("answering %s: %+v", to, r)
		}
	}
	b.item(t, wire.NewItem{Kind: "Reaction", Author: ada, InReplyTo: first.ID})
	b.item(t, wire.NewItem{Kind: "Comment", Text: "hello", Author: ada, InReplyTo: other.ID})
	b.item(t, wire.NewItem{Kind: "Mention", Text: "hello", Author: ada})
	b.post(t, wire.NewPost{Text: "we close this for today", ReplyTo: comment.ID})
	if page := b.pageOf(t, http.StatusOK, "/@acme/town"); !strings.Contains(page, "Locked by the team") {
		t.Error("the page does not say that the thread is locked")
	}
	for i, existing := range []bool{false, true} {
		if got := read[wire.Thread](t, b.must(t, http.StatusOK, "DELETE", lock, nil)); got != (wire.Thread{ID: first.ID, Existing: existing}) {
			t.Errorf("opened %d times: %+v", i+1, got)
		}
	}
	b.item(t, wire.NewItem{Kind: "Comment", Text: "and on", Author: ada, InReplyTo: first.ID})
	b.must(t, http.StatusNotFound, "PUT", town+"/posts/987/lock", nil)
	b.must(t, http.StatusNoContent, "DELETE", town+"/posts/"+other.ID, nil)
	b.must(t, http.StatusGone, "PUT", town+"/posts/"+other.ID+"/lock", nil)
}

func TestSlowThread(t *testing.T) {
	b := start(t)
	p := b.post(t, wire.NewPost{Text: "one"})
	say := func(by string) string {
		return b.ask(t, "POST", town+"/items", wire.NewItem{Kind: "Comment", Text: "hm", Author: wire.Author{Handle: by}, InReplyTo: p.ID}).code()
	}
	slow := town + "/posts/" + p.ID + "/slow"
	for _, wrong := range []string{"", "soon", "-1m", "0s", "25h"} {
		b.must(t, http.StatusUnprocessableEntity, "PUT", slow, wire.SlowThread{Interval: wrong})
	}
	if got := read[wire.Thread](t, b.must(t, http.StatusOK, "PUT", slow, wire.SlowThread{Interval: "1m"})); got != (wire.Thread{ID: p.ID, Slow: "1m0s"}) {
		t.Errorf("%+v", got)
	}
	if got := read[wire.Thread](t, b.must(t, http.StatusOK, "PUT", slow, wire.SlowThread{Interval: "5m"})); got != (wire.Thread{ID: p.ID, Slow: "1m0s", Existing: true}) {
		t.Errorf("slow already: %+v", got)
	}
	for _, step := range []struct {
		after time.Duration
		by    string
		want  string
	}{{0, "ada", ""}, {30 * time.Second, "ada", wire.CodeSlowMode}, {0, "leo", ""}, {31 * time.Second, "ada", ""}, {0, "leo", wire.CodeSlowMode}} {
		b.clock.move(step.after)
		if got := say(step.by); got != step.want {
			t.Errorf("%s after %s: %q, want %q", step.by, step.after, got, step.want)
		}
	}
	if page := b.pageOf(t, http.StatusOK, "/@acme/town"); !strings.Contains(page, "once in 1m0s") {
		t.Error("the page does not say that the thread is slowed down")
	}
	b.must(t, http.StatusOK, "DELETE", slow, nil)
	if got := say("leo"); got != "" {
		t.Errorf("once it is over: %s", got)
	}
}
