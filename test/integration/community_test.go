package integration

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/controllers"
	"github.com/tribune-dev/tribune/internal/local/wire"
)

const hearingSquare = `
kind: SocialChannel
metadata: {name: square}
spec: {network: Local, listening: {interval: 1s}}
`

// houseRules is a policy that acts.
func houseRules(mode string, rules ...string) string {
	return fmt.Sprintf(`
kind: CommunityPolicy
metadata: {name: house-rules}
spec:
  channelRefs: [{name: square}]
  mode: %s
  lists: [{name: insults, entries: [nitwit]}, {name: scams, entries: [win-a-prize.example]}]
  answer: {within: 4h}
  strikes: {ladder: [{at: 2, action: Mute, for: 24h}]}
  welcome: {text: {en: "Welcome {author}!"}, by: DirectMessage}
  notify: [{channelRef: {name: desk}, on: [CaseOpened, CircuitOpen, TestsFailed]}]
  rules:
    - {name: scams, priority: 100, match: {links: {domainsIn: [scams]}}, outcome: Review}
    - {name: insults, priority: 90, match: {text: {termsIn: [insults], views: [Folded, Skeleton, Deobfuscated]}}, outcome: Hide, actions: [{strike: {weight: 1}}]}
    - {name: thanks, match: {text: {terms: [thanks]}}, actions: [{react: {}}, {reply: {text: {en: "You are welcome, {author}."}}}]}
%s`, mode, strings.Join(rules, "\n"))
}

// onNetwork calls the built-in network as a browser or an app of it does, about a channel. What it answers goes into out, if there is one.
func (w *world) onNetwork(method, channel, path string, body, out any) {
	w.t.Helper()
	var b bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&b).Encode(body); err != nil {
			w.t.Fatal(err)
		}
	}
	req, err := http.NewRequestWithContext(w.ctx, method, strings.TrimSuffix(w.network.url()+"/api/v1/"+w.namespace+"/"+channel+"/"+path, "/"), &b)
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode >= 300 {
		w.t.Fatalf("%s %s: %s", method, path, resp.Status)
	}
	if out == nil {
		return
	}
	if err := json.NewDecoder(resp.Body).Decode(out); err != nil {
		w.t.Fatalf("%s %s: %s: %v", method, path, resp.Status, err)
	}
}

// says has someone say something to the channel, and gives its id.
func (w *world) says(kind, author, text string) string {
	w.t.Helper()
	var item wire.Item
	w.onNetwork(http.MethodPost, "square", "items", wire.NewItem{Kind: kind, Text: text, Author: wire.Author{Handle: author}}, &item)
	return item.ID
}

func (w *world) local(path string, out any) {
	w.t.Helper()
	w.onNetwork(http.MethodGet, "square", path, nil, out)
}

func (w *world) items() map[string]wire.Item {
	w.t.Helper()
	var page wire.Items
	w.local("items?limit=1000", &page)
	all := map[string]wire.Item{}
	for _, i := range page.Items {
		all[i.ID] = i
	}
	return all
}

func (w *world) itemIs(id, state string) {
	w.t.Helper()
	w.eventually("item "+id+" to be "+state, func() string {
		if is := w.items()[id].State; is != state {
			return "it is " + is
		}
		return ""
	})
}

// caseAbout gives the case about what an author said.
func (w *world) caseAbout(author string, kind tribunev1alpha1.CaseKind) *tribunev1alpha1.CommunityCase {
	w.t.Helper()
	var found *tribunev1alpha1.CommunityCase
	w.eventually(string(kind)+" about "+author, func() string {
		list := &tribunev1alpha1.CommunityCaseList{}
		if err := w.k8s.List(w.ctx, list, client.InNamespace(w.namespace)); err != nil {
			return err.Error()
		}
		for i := range list.Items {
			if c := &list.Items[i]; c.Spec.Item.Author == author && c.Spec.Kind == kind && c.Status.State != "" {
				found = c
				return ""
			}
		}
		return fmt.Sprintf("%d cases, none of them", len(list.Items))
	})
	return found
}

func (w *world) decides(name, patch string) {
	w.t.Helper()
	c := &tribunev1alpha1.CommunityCase{}
	c.Namespace, c.Name = w.namespace, name
	if err := w.k8s.Patch(w.ctx, c, client.RawPatch(types.MergePatchType, []byte(patch))); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) caseIs(name string, state tribunev1alpha1.CaseState, reason string) *tribunev1alpha1.CommunityCase {
	w.t.Helper()
	c := &tribunev1alpha1.CommunityCase{}
	w.eventually("case "+name+" to be "+string(state)+" "+reason, func() string {
		if err := w.k8s.Get(w.ctx, w.key(name), c); err != nil {
			return err.Error()
		}
		ready := condition(c.Status.Conditions, "Ready")
		if c.Status.State != state || ready.Reason != reason {
			return fmt.Sprintf("it is %s %s: %s", c.Status.State, ready.Reason, ready.Message)
		}
		return ""
	})
	return c
}

func (w *world) policyIs(conditionType, status, reason string) *tribunev1alpha1.CommunityPolicy {
	w.t.Helper()
	p := &tribunev1alpha1.CommunityPolicy{}
	w.eventually("policy "+conditionType+"="+status+" "+reason, func() string {
		if err := w.k8s.Get(w.ctx, w.key("house-rules"), p); err != nil {
			return err.Error()
		}
		c := condition(p.Status.Conditions, conditionType)
		if string(c.Status) != status || c.Reason != reason || p.Status.ObservedGeneration != p.Generation {
			return fmt.Sprintf("it is %s %s: %s", c.Status, c.Reason, c.Message)
		}
		return ""
	})
	return p
}

// What people say is hidden, held for review, answered and put before people; what was there before is left alone.
func TestCommunity(t *testing.T) {
	t.Parallel()
	w := prepare(t)
	before := w.says(wire.KindMention, "old", "you nitwit, thanks?")
	w.says(wire.KindJoin, "early", "")
	desk := newDesk(t)
	w.manager = w.run()
	w.mustApply(deskChannel(desk) + "\n---" + hearingSquare + "\n---" + houseRules("Enforce"))
	w.is("channel", "square", "Listening", "True", "Listening")
	w.policyIs("Ready", "True", "InForce")

	friendly := w.says(wire.KindMention, "ada", "What a rocket, thanks")
	insult := w.says(wire.KindMention, "bob", "you absolute n1tw\u0456t")
	scam := w.says(wire.KindMention, "eve", "free rockets at https://win-a-prize.example/now")
	question := w.says(wire.KindMention, "leo", "How do I start the engine?")
	w.says(wire.KindJoin, "zoe", "")

	w.itemIs(insult, wire.StateHidden)
	w.eventually("the friendly one to be answered", func() string {
		i := w.items()[friendly]
		if i.Ours.Reaction == "" || len(i.Ours.Replies) != 1 {
			return fmt.Sprintf("reaction %q, replies %v", i.Ours.Reaction, i.Ours.Replies)
		}
		return ""
	})
	w.eventually("zoe to be welcomed", func() string {
		var p wire.Person
		w.local("people/zoe", &p)
		if len(p.Messages) != 1 || p.Messages[0].Text != "Welcome zoe!" {
			return fmt.Sprintf("%v", p.Messages)
		}
		return ""
	})
	review := w.caseAbout("eve", tribunev1alpha1.CaseModeration)
	asked := w.caseAbout("leo", tribunev1alpha1.CaseQuestion)
	if asked.Spec.DueAt == nil || review.Spec.Rule != "scams" || !strings.Contains(review.Spec.Explanation, "win-a-prize") {
		t.Errorf("question due %v; review by %q: %q", asked.Spec.DueAt, review.Spec.Rule, review.Spec.Explanation)
	}
	if state := w.items()[scam].State; state != wire.StateVisible {
		t.Errorf("what waits for a decision is %s", state)
	}
	w.eventually("the desk to be told of both cases", func() string {
		n := 0
		for _, m := range desk.messages() {
			if strings.Contains(fmt.Sprint(m), "CaseOpened") || strings.Contains(fmt.Sprint(m), "Digest") {
				n++
			}
		}
		if n == 0 {
			return fmt.Sprint(desk.messages())
		}
		return ""
	})

	// People decide by kubectl; the first decision counts.
	w.decides(review.Name, `{"spec":{"decision":"Hide","decidedBy":"maria"}}`)
	w.itemIs(scam, wire.StateHidden)
	w.caseIs(review.Name, tribunev1alpha1.CaseEnforced, "Enforced")
	w.decides(asked.Name, `{"spec":{"decision":"Reply","reply":{"text":"Press the red button."},"decidedBy":"maria"}}`)
	done := w.caseIs(asked.Name, tribunev1alpha1.CaseEnforced, "Enforced")
	if done.Status.URL == "" || done.Status.ClosedBy != tribunev1alpha1.ClosedByPerson {
		t.Errorf("%+v", done.Status)
	}
	if replies := w.items()[question].Ours.Replies; len(replies) != 1 {
		t.Errorf("replies to the question: %v", replies)
	}

	// A second strike mutes. What was there before nobody touched.
	second := w.says(wire.KindMention, "bob", "nitwit again")
	w.itemIs(second, wire.StateHidden)
	w.eventually("bob to be muted", func() string {
		var p wire.Person
		w.local("people/bob", &p)
		if p.MutedUntil == nil {
			return "he is not"
		}
		return ""
	})
	old := w.items()[before]
	if old.State != wire.StateVisible || old.Ours.Reaction != "" || len(old.Ours.Replies) > 0 {
		t.Errorf("what was there before was touched: %+v", old)
	}
	var early wire.Person
	w.local("people/early", &early)
	if len(early.Messages) > 0 {
		t.Errorf("who joined before was welcomed: %v", early.Messages)
	}
}

// In Audit nothing is done but looked at; a question waits for people all the same.
func TestAuditActsOnNothing(t *testing.T) {
	t.Parallel()
	w := start(t)
	desk := newDesk(t)
	w.mustApply(deskChannel(desk) + "\n---" + hearingSquare + "\n---" + houseRules("Audit"))
	w.is("channel", "square", "Listening", "True", "Listening")
	w.policyIs("Ready", "True", "Auditing")
	insult := w.says(wire.KindMention, "bob", "you nitwit, thanks")
	w.says(wire.KindMention, "leo", "How do I start the engine?")
	w.caseAbout("leo", tribunev1alpha1.CaseQuestion)
	i := w.items()[insult]
	if i.State != wire.StateVisible || i.Ours.Reaction != "" || len(i.Ours.Replies) > 0 {
		t.Errorf("something was done: %+v", i)
	}
	w.clock.forward(2 * time.Minute)
}

// A wrong policy never disarms a right one, over a restart too.
func TestAWrongPolicyDisarmsNothing(t *testing.T) {
	t.Parallel()
	w := start(t)
	desk := newDesk(t)
	w.mustApply(deskChannel(desk) + "\n---" + hearingSquare + "\n---" + houseRules("Enforce"))
	w.is("channel", "square", "Listening", "True", "Listening")
	w.policyIs("Ready", "True", "InForce")
	for _, wrong := range []struct{ rule, reason, says string }{
		{`    - {name: wrong, match: {text: {anyRegex: ["a("]}}, outcome: Hide}`, "WrongRules", "spec.rules[3].match.text.anyRegex[0]"},
		{`    - {name: wrong, match: {text: {termsIn: [nothing]}}, outcome: Hide}`, "WrongRules", "spec.rules[3].match.text.termsIn[0]"},
		{`    - {name: wrong, match: {expression: "item.links.all(a, item.links.all(b, item.links.all(c, item.links.all(d, a == b))))"}}`, "WrongRules", "may cost"},
		{"  tests: [{name: nobody is hidden, item: {text: nitwit}, expect: {outcome: Allow}}]", "TestsFailed", "nobody is hidden"},
	} {
		w.mustApply(houseRules("Enforce", wrong.rule))
		p := w.policyIs("Stalled", "True", wrong.reason)
		if message := condition(p.Status.Conditions, "Ready").Message; !strings.Contains(message, wrong.says) || !strings.Contains(message, "generation 1 stays in force") {
			t.Errorf("%s: %s", wrong.rule, message)
		}
		if p.Status.ActiveGeneration != 1 {
			t.Errorf("generation %d is in force", p.Status.ActiveGeneration)
		}
	}
	w.itemIs(w.says(wire.KindMention, "bob", "nitwit"), wire.StateHidden)
	w.manager.stop()
	w.manager = w.run()
	w.itemIs(w.says(wire.KindMention, "eve", "nitwit"), wire.StateHidden)
	w.eventually("the desk to be told", func() string {
		if !slices.ContainsFunc(desk.messages(), func(m deskMessage) bool { return strings.Contains(fmt.Sprint(m), "house-rules") }) {
			return fmt.Sprint(desk.messages())
		}
		return ""
	})
	w.mustApply(houseRules("Enforce"))
	w.policyIs("Ready", "True", "InForce")
}

// What others bring by signed requests is heard, once; what is not signed is not.
func TestHooks(t *testing.T) {
	t.Parallel()
	w := prepare(t)
	desk := newDesk(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	free := listener.Addr().String()
	_ = listener.Close()
	w.manager = w.run(func(_ *controllers.ManagerOptions, o *controllers.Options, _ *rest.Config) { o.HooksAddress = free })
	const key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqr"
	w.mustApply(secret("desk-key", "tribune.dev/channel: desk", "signingKey: "+key))
	w.mustApply("kind: SocialChannel\nmetadata: {name: desk}\nspec: {network: Webhook, webhook: {url: \"" + desk.server.URL + "/hooks/desk\"}, credentialsSecretRef: {name: desk-key}, listening: {}}")
	w.mustApply("kind: CommunityPolicy\nmetadata: {name: house-rules}\nspec: {channelRefs: [{name: desk}], mode: Enforce, answer: {within: 4h}}")
	w.is("channel", "desk", "Listening", "True", "Listening")
	w.policyIs("Ready", "True", "InForce")
	signer, err := standardwebhooks.NewWebhook(key)
	if err != nil {
		t.Fatal(err)
	}
	post := func(body string, sign bool) int {
		req, err := http.NewRequestWithContext(w.ctx, http.MethodPost, "http://"+free+"/hooks/"+w.namespace+"/desk", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		now := time.Now()
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("webhook-id", "msg_1")
		req.Header.Set("webhook-timestamp", fmt.Sprint(now.Unix()))
		req.Header.Set("webhook-signature", "v1,AAAA")
		if sign {
			signature, err := signer.Sign("msg_1", now, []byte(body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("webhook-signature", signature)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		return resp.StatusCode
	}
	const asks = `{"items":[{"id":"1","kind":"Comment","text":"How do I start the engine?","author":{"id":"leo","handle":"leo"},"createdAt":"2026-11-20T12:00:00Z"}]}`
	for name, c := range map[string]struct {
		body string
		sign bool
		want int
	}{"unsigned": {asks, false, 401}, "not JSON": {"<html>", true, 400}, "signed": {asks, true, 204}, "again": {asks, true, 204}} {
		if got := post(c.body, c.sign); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
	if c := w.caseAbout("leo", tribunev1alpha1.CaseQuestion); c.Spec.ChannelRef.Name != "desk" {
		t.Errorf("%+v", c.Spec)
	}
}

// countsNow has people say something, one after the other, until one of them is hidden for it: a list takes effect on what is new.
func (w *world) countsNow(text string) {
	w.t.Helper()
	var said []string
	looks := 0
	w.eventually(text+" to be hidden", func() string {
		if looks++; looks%40 == 1 {
			said = append(said, w.says(wire.KindMention, fmt.Sprint("person", len(said)), text))
		}
		all := w.items()
		if slices.ContainsFunc(said, func(id string) bool { return all[id].State == wire.StateHidden }) {
			return ""
		}
		return fmt.Sprintf("said %d times, and not hidden", len(said))
	})
}

// Words come from ConfigMaps: a missing one is named, a change takes effect, and a very large one is no trouble.
func TestListsOfWords(t *testing.T) {
	t.Parallel()
	w := start(t)
	const policy = `
kind: CommunityPolicy
metadata: {name: house-rules}
spec:
  channelRefs: [{name: square}]
  mode: Enforce
  lists: [{name: insults, configMapKeyRef: {name: words, key: insults.txt}}]
  rules: [{name: insults, match: {text: {termsIn: [insults]}}, outcome: Hide}]`
	w.mustApply(hearingSquare + "\n---" + policy)
	w.is("channel", "square", "Listening", "True", "Listening")
	p := w.policyIs("Stalled", "True", "WrongRules")
	if message := condition(p.Status.Conditions, "Ready").Message; !strings.Contains(message, "make the ConfigMap words with the key insults.txt") {
		t.Error(message)
	}
	words := func(text string) {
		t.Helper()
		cm := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "words"}, Data: map[string]string{"insults.txt": text}}
		cm.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("ConfigMap"))
		if err := w.k8s.Create(w.ctx, cm); err != nil {
			cm.ResourceVersion = ""
			if err := w.k8s.Update(w.ctx, cm); err != nil {
				t.Fatal(err)
			}
		}
	}
	// What is said while no version of the policy was ever right waits for one.
	early := w.says(wire.KindMention, "bob", "you nitwit")
	words("# rude\nnitwit\n")
	w.policyIs("Ready", "True", "InForce")
	w.itemIs(w.says(wire.KindMention, "eve", "nitwit"), wire.StateHidden)
	w.itemIs(early, wire.StateHidden)
	words("numskull\n")
	w.countsNow("numskull")
	var large strings.Builder
	for i := 0; large.Len() < 900<<10; i++ {
		fmt.Fprintf(&large, "word%dx\n", i)
	}
	words(large.String())
	w.countsNow("this is word777x here")
	w.policyIs("RulesCompiled", "True", "Compiled")
}
