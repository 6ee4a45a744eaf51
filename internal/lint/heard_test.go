package lint_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribune-dev/tribune/internal/lint"
)

// A queue of which nobody is told is found before somebody waits in it.
func TestWhatNobodyHearsOf(t *testing.T) {
	const channels = `
apiVersion: tribune.dev/v1alpha1
kind: SocialChannel
metadata: {name: desk}
spec: {network: Webhook, mode: Rehearsal, webhook: {url: https://desk.example}}
---
apiVersion: tribune.dev/v1alpha1
kind: SocialChannel
metadata: {name: square}
spec: {network: Local}
---
apiVersion: tribune.dev/v1alpha1
kind: CommunityPolicy
metadata: {name: rules}
spec:
  channelRefs: [{name: square}]
`
	const review = `
  rules: [{name: doubtful, match: {text: {terms: [refund]}}, outcome: Review}]`
	const told = `
  rules: [{name: doubtful, match: {text: {terms: [refund]}}, outcome: Review, actions: [{notify: {channelRef: {name: desk}, text: "Look: {url}"}}]}]`
	for name, test := range map[string]struct {
		spec string
		want []string
	}{
		"a decision waits":          {review, []string{"spec.notify warning: what rule doubtful finds waits for a decision, and nobody is told"}},
		"its rule tells":            {told, nil},
		"questions wait":            {"\n  answer: {within: 4h}" + told, []string{"spec.notify warning: questions wait for an answer, and nobody is told"}},
		"somebody is reminded":      {"\n  answer: {within: 4h, remind: {after: 2h, channelRef: {name: desk}}}" + review, nil},
		"a channel hears of cases":  {"\n  answer: {within: 4h}\n  notify: [{channelRef: {name: desk}, on: [CaseOpened]}]" + review, nil},
		"it hears of circuits only": {"\n  notify: [{channelRef: {name: desk}, on: [CircuitOpen]}]" + review, []string{"spec.notify warning: what rule doubtful finds waits for a decision, and nobody is told"}},
		"nothing waits":             {"\n  rules: [{name: rude, match: {text: {terms: [nitwit]}}, outcome: Hide}]", nil},
	} {
		t.Run(name, func(t *testing.T) {
			report, err := lint.Run(t.Context(), lint.Options{Paths: []string{"-"}, Stdin: strings.NewReader(channels + test.spec), Now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range report.Findings {
				if strings.HasPrefix(f.Path, "spec.notify") {
					text, _, _ := strings.Cut(f.Message, ":")
					got = append(got, fmt.Sprintf("%s %s: %s", f.Path, f.Severity, text))
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("-want +got:\n%s\n%v", diff, report.Findings)
			}
		})
	}
}
