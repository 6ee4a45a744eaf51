package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/tribune-dev/tribune/internal/local/wire"
)

// comment sends the form on the page of an account, as a browser does.
func (r *running) comment(account, under, handle, text string) {
	r.t.Helper()
	form := url.Values{"kind": {wire.KindComment}, "handle": {handle}, "text": {text}, "inReplyTo": {under}, "back": {under}}
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodPost, r.url+"/@"+account+"/say", strings.NewReader(form.Encode()))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", r.url)
	resp, err := http.DefaultTransport.RoundTrip(req) // what it leads to is looked at by itself
	if err != nil {
		r.t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusSeeOther {
		r.t.Fatalf("the form answers %s", resp.Status)
	}
}

// comments on an account's posts, by who said them.
func (r *running) comments(account string) map[string]wire.Item {
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodGet, r.url+"/api/v1/"+account+"/items?limit=100", http.NoBody)
	if err != nil {
		r.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil
	}
	defer func() { _ = resp.Body.Close() }()
	var page wire.Items
	if err := json.NewDecoder(resp.Body).Decode(&page); err != nil {
		r.t.Fatal(err)
	}
	all := map[string]wire.Item{}
	for _, i := range page.Items {
		all[i.Author.Handle] = i
	}
	return all
}

// tribune runs a command of the program against it.
func (r *running) tribune(args ...string) (string, error) {
	r.t.Helper()
	bin, err := tribune()
	if err != nil {
		r.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, bin, append(args, "--kubeconfig", filepath.Join(r.dir, "kubeconfig"))...)
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	return out.String(), err
}

func (r *running) mustTribune(args ...string) string {
	r.t.Helper()
	out, err := r.tribune(args...)
	if err != nil {
		r.t.Fatalf("tribune %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// caseOf gives the case about what somebody said, as the inbox lists it.
func (r *running) caseOf(author, kind string) string {
	r.t.Helper()
	line := regexp.MustCompile(`(?m)^(\S+) +` + kind + ` +town-square +` + author + ` `)
	var found []string
	r.eventually("the "+kind+" of "+author+" in the inbox", func() bool {
		found = line.FindStringSubmatch(r.mustTribune("inbox", "-n", "demo"))
		return found != nil
	})
	return found[1]
}

// What people say on the page is liked, hidden, held for review and put into the inbox within seconds, and answered from there.
func TestUpCommunity(t *testing.T) {
	t.Parallel()
	const square = "demo/town-square"
	r := up(t)
	r.eventually("the first post, and the policy in force", func() bool {
		return len(r.posts(square)) > 0 && strings.Contains(r.said(), "policy/demo/house-rules  InForce") &&
			strings.Contains(r.run("", "get", "socialchannel", "town-square", "-n", "demo", "-o", `jsonpath={.status.conditions[?(@.type=="Listening")].reason}`), "Listening")
	})
	post := r.posts(square)[0].ID
	began := time.Now()
	r.comment(square, post, "ada", "I love it, thanks!")
	r.comment(square, post, "bob", "you absolute n1tw\u0456t")
	r.comment(square, post, "eve", "Free rockets: https://win-a-prize.example/now \x1b[2J")
	r.comment(square, post, "leo", "How do I start the engine?")
	r.eventually("the friendly one to be liked, and the insult hidden", func() bool {
		c := r.comments(square)
		return c["ada"].Ours.Reaction != "" && c["bob"].State == wire.StateHidden
	})
	scam, question := r.caseOf("eve", "Moderation"), r.caseOf("leo", "Question")
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("it took %s", took)
	}
	if c := r.comments(square); c["eve"].State != wire.StateVisible || c["leo"].State != wire.StateVisible {
		t.Errorf("what waits for people was touched: %+v", c)
	}
	r.eventually("the desk is told of the question", func() bool {
		return strings.Contains(r.said(), "Routed  leo: How do I start the engine?  (rule help)")
	})

	shown := r.mustTribune("inbox", "show", scam, "-n", "demo")
	for _, want := range []string{"may this stay?", "win-a-prize", "rule scams", "tribune inbox decide " + scam + " -n demo Hide"} {
		if !strings.Contains(shown, want) {
			t.Errorf("tribune inbox show lacks %q:\n%s", want, shown)
		}
	}
	if strings.Contains(shown, "\x1b") {
		t.Errorf("it acts on the terminal: %q", shown)
	}
	if out := r.mustTribune("inbox", "decide", scam, "Hide", "--yes", "-n", "demo"); !strings.Contains(out, "Hide, done") || r.comments(square)["eve"].State != wire.StateHidden {
		t.Errorf("%s: %+v", out, r.comments(square)["eve"])
	}
	out := r.mustTribune("inbox", "reply", question, "Turn the key twice.", "--yes", "-n", "demo")
	answer := regexp.MustCompile(`Reply, done, (http\S+)`).FindStringSubmatch(out)
	if replies := r.comments(square)["leo"].Ours.Replies; answer == nil || len(replies) != 1 || !strings.HasSuffix(answer[1], "/"+replies[0]) {
		t.Errorf("%s; replies %v", out, replies)
	}
	if out, err := r.tribune("inbox", "reply", question, "Ask somebody else.", "--yes", "-n", "demo"); err == nil || !strings.Contains(out, "you decided already: Reply") {
		t.Errorf("a second answer: %v: %s", err, out)
	}
	if out := r.mustTribune("inbox", "-n", "demo"); !strings.Contains(out, "Nothing waits for people in namespace demo.") {
		t.Error(out)
	}
	table := r.run("", "get", "compol,ccase", "-n", "demo")
	for _, want := range []string{"house-rules", "Enforce", "2/2", "InForce", "Moderation", "Question", "Reply", "Enforced", "How do I start the engine?"} {
		if !strings.Contains(table, want) {
			t.Errorf("kubectl get compol,ccase lacks %s:\n%s", want, table)
		}
	}
	r.endsClean()
}
