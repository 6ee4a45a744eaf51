package cli

import (
	"bytes"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
)

func aCommunity() community {
	p := tribunev1alpha1.CommunityPolicy{ObjectMeta: metav1.ObjectMeta{Namespace: "acme", Name: "house-rules"}}
	p.Status.Mode, p.Status.Rules, p.Status.Tests = tribunev1alpha1.PolicyEnforce, ptr.To[int32](4), "2/2"
	p.Status.Conditions = []metav1.Condition{{Type: "Ready", Status: "True", Reason: "InForce"}}
	return community{
		policies: []tribunev1alpha1.CommunityPolicy{p},
		waiting: []tribunev1alpha1.CommunityCase{
			*caseOf("rules-1", tribunev1alpha1.CaseQuestion, "leo", "How do I start\nthe engine?", dueIn(-5*time.Minute)),
			*caseOf("rules-2", tribunev1alpha1.CaseModeration, "eve\x1b[2J", "win \u202enow"),
		},
		deeds: []deed{
			{id: "b", what: "Answered", channel: "acme/square", author: "zoe", said: "Is it open?", by: "ana", at: noon},
			{id: "a", what: "Hidden", channel: "acme/square", author: "bob", said: "you there", by: "rule insults", at: noon.Add(-time.Minute)},
		},
	}
}

func TestInboxInTheTable(t *testing.T) {
	var out bytes.Buffer
	c := aCommunity()
	c.draw(&out, 100, noon)
	for _, want := range []string{
		"acme/house-rules   Enforce   4       2/2     2         InForce\n",
		"rules-1         Question     square    leo              OVERDUE 5m   How do I start the engine?\n",
		"eve<U+001B>[2J   -            win <U+202E>now\n", "Answered   ", "rule insults   you there\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, &out)
		}
	}
	if strings.ContainsAny(out.String(), "\x1b\u202e") {
		t.Errorf("it acts on the terminal: %q", &out)
	}
}

// What was done is said once, the oldest first; what waits is said again when it changes.
func TestInboxInTheLog(t *testing.T) {
	var out bytes.Buffer
	l := &lineLog{out: &out, seen: map[string]string{}}
	c := aCommunity()
	c.log(l)
	hidden, answered := strings.Index(out.String(), "Hidden  bob: you there  (rule insults)\n"), strings.Index(out.String(), "Answered  zoe: Is it open?  (ana)\n")
	if hidden < 0 || answered < hidden || !strings.Contains(out.String(), "Question by leo waits for you: How do I start the engine?  tribune inbox show rules-1 -n acme\n") {
		t.Errorf("it says\n%s", &out)
	}
	out.Reset()
	c.log(l)
	if out.Len() > 0 {
		t.Errorf("it says again\n%s", &out)
	}
}
