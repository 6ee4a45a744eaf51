package lint_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribune-dev/tribune/internal/lint"
)

// A receiver that takes no messages is found before anything has to be told.
func TestReceivers(t *testing.T) {
	const manifests = `
apiVersion: tribune.dev/v1alpha1
kind: SocialChannel
metadata: {name: desk}
spec: {network: Webhook, mode: Rehearsal, webhook: {url: https://desk.example}, notify: [{channelRef: {name: sky}, on: [Unreachable]}, {channelRef: {name: desk}, mention: ["@ana"]}]}
---
apiVersion: tribune.dev/v1alpha1
kind: SocialChannel
metadata: {name: sky}
spec: {network: Bluesky, mode: Rehearsal, notify: [{channelRef: {name: desk}, on: [Failed]}, {channelRef: {name: none}, on: [Failed]}]}
---
apiVersion: tribune.dev/v1alpha1
kind: SocialChannel
metadata: {name: dance}
spec: {network: Manual, manual: {notify: {name: sky}}}
---
apiVersion: tribune.dev/v1alpha1
kind: SocialChannel
metadata: {name: song}
spec: {network: Manual}
`
	report, err := lint.Run(t.Context(), lint.Options{Paths: []string{"-"}, Stdin: strings.NewReader(manifests), Now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range report.Findings {
		got = append(got, strings.TrimPrefix(f.Object, "SocialChannel ")+" "+f.Path+" "+string(f.Severity))
	}
	want := []string{
		"desk spec.notify[0].channelRef.name error", "desk spec.notify[1].on error", "sky spec.notify[1].channelRef.name error",
		"dance spec.manual.notify.name error", "song spec.manual warning",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s\n%v", diff, report.Findings)
	}
}
