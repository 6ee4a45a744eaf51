package crash

import (
	"context"
	"os/exec"
	"slices"
	"strings"
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/publish"
)

// person runs `tribune post` as somebody at a terminal would.
func (b *batch) person(args ...string) {
	b.t.Helper()
	path, err := buildSound()
	if err != nil {
		b.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(b.t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, append(append([]string{"post"}, args...), "--kubeconfig", b.kubeconfig, "--namespace", b.namespace)...) //nolint:gosec // a test's own words
	// What a person looked at may have moved on by itself: they look again.
	if out, err := cmd.CombinedOutput(); err != nil && !strings.Contains(string(out), "which no release lifts") {
		b.t.Fatalf("tribune post %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// held is why a Post is held; empty if it is not.
func held(p *tribunev1alpha1.Post) string {
	if p.Status.State != tribunev1alpha1.PostHeld {
		return ""
	}
	for _, c := range p.Status.Conditions {
		if c.Type == tribunev1alpha1.ConditionHeld && c.Status == "True" {
			return c.Reason
		}
	}
	return ""
}

// awaitsWord is true for a Post that nobody but a person can bring further: nobody knows what became of it, or it was made after
// its time. Where the word was given, it is for the manager to follow it.
func awaitsWord(p *tribunev1alpha1.Post) bool {
	return p.Status.State == tribunev1alpha1.PostUnknown && p.Status.Resolution == nil ||
		held(p) == tribunev1alpha1.ReasonCreatedLate && !publish.Released(p, tribunev1alpha1.ReasonCreatedLate)
}

// decide is a person who looks at the network, and says what became of Posts of which nobody else can know, until all are out.
// It counts the Posts that were said to be there, and those that were not.
func (b *batch) decide(s *site) (there, not int) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), 10*time.Minute)
	defer cancel()
	for {
		quiet := b.observer.wait(ctx, func(posts map[string]*tribunev1alpha1.Post) bool {
			for _, p := range posts {
				if p.Status.State != tribunev1alpha1.PostPublished && !awaitsWord(p) {
					return false
				}
			}
			return len(posts) == len(b.plan)
		})
		if !quiet {
			b.t.Error("there are Posts that neither go out nor ask for a person")
			return there, not
		}
		s.wait()
		var absent, late []string
		for name, p := range b.objects() {
			if !awaitsWord(p) {
				continue
			}
			stored := b.storedOf(s, b.plan[name])
			switch {
			case p.Status.State != tribunev1alpha1.PostUnknown && stored > 0:
				b.t.Errorf("%s is on the network, and waits as one that was made late", name)
				return there, not
			case p.Status.State != tribunev1alpha1.PostUnknown:
				late = append(late, name)
			case stored > 0:
				b.person("resolve", name, "--published", "https://channel.example/"+name)
				there++
			default:
				absent = append(absent, name)
			}
			if p.Status.State == tribunev1alpha1.PostUnknown && !strings.Contains(statusLine(p), "tribune post resolve "+name) {
				b.t.Errorf("%s is Unknown, and does not say how to resolve it: %s", name, statusLine(p))
			}
		}
		if len(absent) > 0 {
			b.person(append([]string{"resolve", "--not-published"}, absent...)...)
			not += len(absent)
		}
		if len(late) > 0 {
			b.person(append([]string{"release", "--yes"}, late...)...)
		}
		if len(absent)+len(late) == 0 && settledAs(b.objects(), tribunev1alpha1.PostPublished) {
			return there, not
		}
	}
}

// settledAs is true if all Posts are in a state.
func settledAs(posts map[string]*tribunev1alpha1.Post, state tribunev1alpha1.PostState) bool {
	for _, p := range posts {
		if p.Status.State != state {
			return false
		}
	}
	return true
}

// storedOf counts how often a Post is on the network.
func (b *batch) storedOf(s *site, p *planned) int {
	n := 0
	for _, h := range s.log(p.channel) {
		if slices.Contains(append([]string{p.text}, p.more...), h.text) {
			n++
		}
	}
	return n
}
