package channelcheck_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/channelcheck"
	"github.com/tribune-dev/tribune/internal/network"
)

// Where a person publishes, nothing is broken because Tribune cannot: it works, by hand.
func TestByHandWorks(t *testing.T) {
	for name, c := range map[string]struct {
		mode   tribunev1alpha1.ChannelMode
		manual *tribunev1alpha1.ManualSpec
		says   []string
		not    string
	}{
		"somebody is told": {manual: &tribunev1alpha1.ManualSpec{Notify: &tribunev1alpha1.LocalReference{Name: "comms-leads"}},
			says: []string{"a person publishes here", "comms-leads is told", "tribune post done", "It works by hand. Nothing was published."}, not: "nobody is told"},
		"nobody is told": {says: []string{"nobody is told", "spec.manual.notify", "It works by hand."}},
		"rehearsal": {mode: tribunev1alpha1.ChannelModeRehearsal, says: []string{"Posts go out on Local only, without a person", "It works. Nothing was published."},
			not: "tribune post done"},
	} {
		t.Run(name, func(t *testing.T) {
			spec := &tribunev1alpha1.SocialChannelSpec{Network: tribunev1alpha1.NetworkManual, Mode: c.mode, Manual: c.manual}
			r, text := check(t, channelcheck.Channel{Name: "tiktok", Spec: spec, Now: time.Now(),
				Config: network.Config{Namespace: "acme", Channel: "tiktok", Spec: spec, HTTP: &http.Client{Transport: nobody{t}}}})
			if !r.Works || len(r.Problems) > 0 {
				t.Errorf("works %v, problems %v", r.Works, r.Problems)
			}
			for _, want := range c.says {
				if !strings.Contains(text, want) {
					t.Errorf("lacks %q:\n%s", want, text)
				}
			}
			if c.not != "" && strings.Contains(text, c.not) {
				t.Errorf("says %q:\n%s", c.not, text)
			}
			for _, not := range []string{"does not work", "Cannot", "cannot publish", "first Post or message", "after a crash"} {
				if strings.Contains(text, not) {
					t.Errorf("says %q:\n%s", not, text)
				}
			}
			for _, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
				if words := strings.Fields(line); len(words) < 2 {
					t.Errorf("a line %q that says nothing:\n%s", line, text)
				}
			}
		})
	}
}
