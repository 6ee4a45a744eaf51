package inbox_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tribune-dev/tribune/internal/store"
)

// What a rule would do to a regular is a person's to decide, as long as nothing else speaks against them; to others it is done.
func TestRegularsAreSpared(t *testing.T) {
	onEach(t, func(t *testing.T, l *store.Database) {
		c := newCourt(t, l, inForce(t, strings.Replace(orderly, "outcome: Hide, actions: [{strike: {weight: 1}}, {warn", "outcome: Hide, actions: [{strike: {weight: 1}}, {mute: {for: 24h}}, {warn", 1)))
		for day := range 20 {
			c.now.SetTime(noon.AddDate(0, 0, day))
			for _, author := range []string{"ada", "bob"} {
				if author == "ada" || day < 5 || day == 19 {
					c.c.say(comment(1000+10*day+len(author)+int(author[0]), author, fmt.Sprintf("day %d of my rocket", day), c.now.Now()))
				}
			}
			poll(t, c.box)
			drain(t, c.box)
		}
		first := c.says("ada", "you nitwit")
		if got := c.done(first); got != "" {
			t.Errorf("done to a regular: %s", got)
		}
		all, err := l.Cases(t.Context(), store.CaseFilter{Namespace: "acme", Item: first, Kind: "Moderation"})
		if err != nil || len(all) != 1 || all[0].Proposed != "Mute" && all[0].Proposed != "Hide" || !strings.Contains(all[0].Explanation, "the author is a regular: 2") {
			t.Fatalf("%+v %v", all, err)
		}
		if all[0].Proposed != "Hide" {
			t.Errorf("it proposes %s, not the outcome", all[0].Proposed)
		}
		if c.item.Author.ID = "ada"; c.strikesOf("ada") != 0 {
			t.Errorf("%d strikes", c.strikesOf("ada"))
		}
		if second := c.says("ada", "nitwit, nitwit"); !strings.Contains(c.done(second), "hide Done") {
			t.Errorf("while the first waits, the second is hidden as anybody's: %q", c.done(second))
		}
		if other := c.says("bob", "you nitwit"); !strings.Contains(c.done(other), "hide Done") || c.strikesOf("bob") != 1 {
			t.Errorf("who is there seldom is no regular: %q, %d strikes", c.done(other), c.strikesOf("bob"))
		}
	})
}

func (c *court) strikesOf(author string) (sum int) {
	c.t.Helper()
	all, err := c.l.StrikesOf(c.t.Context(), "acme", "Local/acme/square", author, 10)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, s := range all {
		sum += s.Weight
	}
	return sum
}
