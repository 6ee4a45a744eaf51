package cli

import (
	"context"
	"strings"
	"testing"

	"github.com/tribune-dev/tribune/internal/inbox"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/store"
)

// A consent that was given elsewhere is recorded by a person, with who, when and how, is one of the author's, and ends as such.
func TestItemConsent(t *testing.T) {
	onCommunityLedgers(t, func(t *testing.T, o store.Options, ledger string) {
		consent := func(args ...string) (string, string, int) {
			return command(t, "", append([]string{"item", "consent", "i2", ledger, "-n", "acme", "--yes", "--by", "maria"}, args...)...)
		}
		kept := func(check func(c store.Consent, shared bool)) {
			t.Helper()
			changeLedger(t, o, func(ctx context.Context, l *store.Database) error {
				key := store.ItemKey{Namespace: "acme", Account: square.Account, ID: "i2"}
				c, _, err := l.ConsentTo(ctx, key)
				if err != nil {
					return err
				}
				shared, err := inbox.AgreedTo(ctx, l, key)
				check(c, shared)
				return err
			})
		}
		out, errs, code := consent("--how", "by mail of 20 November")
		if code != 0 || !strings.Contains(out, "recorded") || !strings.Contains(out, "hello") {
			t.Fatalf("exit code %d, %s%s", code, out, errs)
		}
		kept(func(c store.Consent, shared bool) {
			if !shared || c.By != "maria" || c.How != "by mail of 20 November" || c.Answer != "" || c.GivenAt.IsZero() || c.Words != store.WordsOf("hello") {
				t.Errorf("kept %+v, shared %v", c, shared)
			}
		})
		if out, _, code := consent("--how", "on paper"); code != 0 || !strings.Contains(out, "they agreed already, by mail of 20 November, as maria recorded") {
			t.Errorf("again: exit code %d, %s", code, out)
		}
		changeLedger(t, o, func(ctx context.Context, l *store.Database) error {
			_, err := l.Take(ctx, store.Heard{Ear: square, Cursor: "2", PolledAt: tenth, ItemAt: tenth}, []store.Item{{SeenAt: tenth, State: store.ItemNew, Item: network.Item{
				ID: "i2", Kind: network.ItemComment, Text: "hello, you fools", Revision: "2", CreatedAt: tenth, Author: network.Person{ID: "id-bob", Handle: "bob"}}}})
			return err
		})
		kept(func(_ store.Consent, shared bool) {
			if shared {
				t.Error("what they changed afterwards they did not agree to")
			}
		})
		if out, errs, code := consent("--how", "by telephone"); code != 0 || !strings.Contains(out, "recorded") {
			t.Errorf("as it is now: exit code %d, %s%s", code, out, errs)
		}
		if out, errs, code := consent("--end"); code != 0 || !strings.Contains(out, "recorded") {
			t.Errorf("taken back: exit code %d, %s%s", code, out, errs)
		}
		kept(func(c store.Consent, shared bool) {
			if shared || c.EndedAt.IsZero() || c.How != "by telephone" {
				t.Errorf("kept %+v, shared %v", c, shared)
			}
		})
		if _, errs, code := consent("--end"); code != 1 || !strings.Contains(errs, "no consent to end") {
			t.Errorf("taken back twice: exit code %d, %s", code, errs)
		}
		out, errs, code = command(t, "", "item", "consent", "i1", ledger, "-n", "acme", "--yes", "--how", "by mail")
		if code != 1 || !strings.Contains(errs, "hidden or removed") || strings.Contains(out, "\x1b") {
			t.Errorf("what is hidden: exit code %d, %s%s", code, out, errs)
		}
		if _, _, code := command(t, "n\n", "item", "consent", "i4", ledger, "-n", "acme", "--how", "by mail"); code == 0 {
			t.Error("recorded though nobody said so")
		}
	})
}

// What its author was asked about, as somebody decided Share, is shared once they agree elsewhere.
func TestItemConsentShares(t *testing.T) {
	onCommunityLedgers(t, func(t *testing.T, o store.Options, ledger string) {
		changeLedger(t, o, func(ctx context.Context, l *store.Database) error {
			return l.Add(ctx, []store.Action{{ID: "acme/c/reply", Namespace: "acme", Policy: "others", Rule: "built", Account: square.Account, Channel: "square", Item: "i2", Author: "id-bob",
				Kind: "reply", Payload: inbox.Payload{Consent: true, Share: &inbox.Sharing{Channels: []string{"sky"}}}.String(), By: "chen", State: store.ActionDone, CreatedAt: tenth, DoneAt: tenth}})
		})
		out, errs, code := command(t, "", "item", "consent", "i2", ledger, "-n", "acme", "--yes", "--by", "maria", "--how", "by mail")
		if code != 0 || !strings.Contains(out, "it is shared") {
			t.Fatalf("exit code %d, %s%s", code, out, errs)
		}
		changeLedger(t, o, func(ctx context.Context, l *store.Database) error {
			actions, err := l.Actions(ctx, store.ActionFilter{Namespace: "acme", ID: "acme/c/share"})
			if len(actions) != 1 || actions[0].Kind != "share" || actions[0].State != store.ActionPending || !strings.Contains(actions[0].Payload, "sky") {
				t.Errorf("%+v", actions)
			}
			c, _, consentErr := l.ConsentTo(ctx, store.ItemKey{Namespace: "acme", Account: square.Account, ID: "i2"})
			if c.Asked != "acme/c/reply" || c.Policy != "others" || c.Rule != "built" {
				t.Errorf("%+v", c)
			}
			if err == nil {
				err = consentErr
			}
			return err
		})
	})
}

func TestItemConsentUsage(t *testing.T) {
	for want, args := range map[string][]string{
		"--how is needed":             {},
		"--how is one line":           {"--how", "by\nmail"},
		"at most 500":                 {"--how", strings.Repeat("x", 501)},
		"leave it out with --end":     {"--how", "x", "--end"},
		"how they agreed, such as":    {"--how", "  "},
		"name the item, and one only": {"another", "--how", "x"},
	} {
		if _, errs, code := command(t, "", append([]string{"item", "consent", "i1", "--ledger", "x"}, args...)...); code != 2 || !strings.Contains(errs, want) {
			t.Errorf("%v: exit code %d, %s", args, code, errs)
		}
	}
}
