package publish_test

import (
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/compose"
	"github.com/tribune-dev/tribune/internal/publish"
)

// What quotes somebody who does not agree any more is held, and missed in the end; it never goes out.
func TestUnconsentedHolds(t *testing.T) {
	not := func(f *publish.Facts) { f.Unconsented = publish.Unconsented(1, 2) }
	for name, test := range map[string]struct {
		facts  publish.Facts
		do     publish.Action
		reason string
	}{
		"agreed":       {facts(), publish.Begin, ""},
		"not agreed":   {facts(not), publish.Hold, "NoConsent"},
		"not due":      {facts(not, at(-time.Hour)), publish.Accept, "Scheduled"},
		"too late":     {facts(not, at(5*time.Hour)), publish.Miss, "Missed"},
		"agreed again": {facts(not, again, func(f *publish.Facts) { f.Unconsented = "" }), publish.Begin, ""},
	} {
		step := publish.Next(test.facts)
		if step.Do != test.do || step.Reason != test.reason {
			t.Errorf("%s: %s %s, want %s %s", name, step.Do, step.Reason, test.do, test.reason)
		}
	}
	f := facts(not)
	f.Post.Status = publish.Apply(f, publish.Next(f))
	if c := meta.FindStatusCondition(f.Post.Status.Conditions, tribunev1alpha1.ConditionHeld); c == nil || !strings.Contains(c.Message, "1 of 2") {
		t.Errorf("%+v", c)
	}
	if publish.Unconsented(0, 2) != "" {
		t.Error("who agrees is not asked")
	}
}

// fromCurated is resolved when a calendar is planned: a Post that has it was written by hand, and cannot be.
func TestFromCuratedIsForCalendars(t *testing.T) {
	_, problems := publish.Render(&tribunev1alpha1.Content{Text: "x", FromCurated: &tribunev1alpha1.FromCurated{}}, "en", compose.MustRules("Local"))
	if len(problems) != 1 || problems[0].Path != "fromCurated" {
		t.Errorf("%v", problems)
	}
}
