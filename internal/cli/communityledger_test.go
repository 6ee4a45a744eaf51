package cli

import (
	"context"
	"encoding/json"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/store"
	"github.com/tribune-dev/tribune/internal/store/storetest"
)

var (
	tenth  = time.Date(2026, 11, 10, 9, 0, 0, 0, time.UTC)
	square = store.Ear{Namespace: "acme", Channel: "square", Account: "Local/acme"}
)

// communityLedger has what three people said, and what was done about it, and is closed.
func communityLedger(t *testing.T, o store.Options) {
	t.Helper()
	changeLedger(t, o, func(ctx context.Context, l *store.Database) error {
		item := func(id, author, text string) store.Item {
			return store.Item{SeenAt: tenth, State: store.ItemNew, Item: network.Item{
				ID: id, Kind: network.ItemComment, Text: text, CreatedAt: tenth, Author: network.Person{ID: "id-" + author, Handle: author, CreatedAt: tenth.AddDate(-1, 0, 0)},
			}}
		}
		_, err := l.Take(ctx, store.Heard{Ear: square, Cursor: "1", PolledAt: tenth, ItemAt: tenth}, []store.Item{
			item("i1", "bob", "you nitwit \x1b[2J"), item("i2", "bob", "hello"), item("i3", "eve", "another nitwit"), item("i4", "ada", "How do I start?"),
		})
		if err != nil {
			return err
		}
		action := func(id, kind, class, item, author string, state store.ActionState) store.Action {
			return store.Action{
				ID: id, Namespace: "acme", Policy: "house-rules", Generation: 2, Rule: "insults", Account: square.Account, Channel: "square", Item: item, Author: author,
				Kind: kind, Class: class, Payload: "{}", State: state, CreatedAt: tenth, NextAt: tenth, DoneAt: tenth,
			}
		}
		verdict := func(id, author, outcome string, actions ...store.Action) store.Verdict {
			return store.Verdict{
				Key: store.ItemKey{Namespace: "acme", Account: square.Account, ID: id}, Author: author, At: tenth, Policy: "house-rules", Generation: 2, Outcome: outcome, Rule: "insults",
				Parts: []store.Part{{
					Policy: "house-rules", Matches: []store.Match{{Rule: "insults", Outcome: outcome}}, Actions: actions, Strikes: []store.Strike{{Rule: "insults", Weight: 1}},
					Cases: []store.Case{{Namespace: "acme", Name: "house-rules-" + id, Kind: "Moderation", Policy: "house-rules", Account: square.Account, Item: id, State: store.CaseOpen, CreatedAt: tenth}},
				}},
			}
		}
		_, err = l.Decide(ctx, []store.Verdict{
			verdict("i1", "id-bob", "Hide", action("a1", "hide", "Hide", "i1", "id-bob", store.ActionDone), action("a2", "reply", "Reply", "i1", "id-bob", store.ActionDone)),
			verdict("i3", "id-eve", "Hide", action("a3", "hide", "Hide", "i3", "id-eve", store.ActionHeld), action("a4", "warn", "Reply", "i3", "id-eve", store.ActionHeld)),
		})
		if err != nil {
			return err
		}
		return l.Human(ctx, store.ItemKey{Namespace: "acme", Account: square.Account, ID: "i3"}, "Hide", "maria")
	})
}

// changeLedger opens a ledger, changes it, and closes it.
func changeLedger(t *testing.T, o store.Options, change func(ctx context.Context, l *store.Database) error) {
	t.Helper()
	l, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := change(t.Context(), l); err != nil {
		t.Error(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}

func onCommunityLedgers(t *testing.T, test func(t *testing.T, o store.Options, flag string)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "ledger.db")
		o := store.Options{Path: file}
		communityLedger(t, o)
		test(t, o, "--ledger="+file)
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		o := store.Options{DSNFile: storetest.DSNFile(t, storetest.Shared(t).Schema(t).String())}
		communityLedger(t, o)
		test(t, o, "--ledger-dsn-file="+o.DSNFile)
	})
}

// What the commands show is the same on both databases.
func TestCommunityShown(t *testing.T) {
	onCommunityLedgers(t, func(t *testing.T, _ store.Options, ledger string) {
		for name, args := range map[string][]string{
			"policy-stats.golden":      {"policy", "stats", "house-rules", "--since", "2026-11-01"},
			"policy-stats.json.golden": {"policy", "stats", "house-rules", "--since", "2026-11-01", "-o", "json"},
			"actions.golden":           {"actions"},
			"actions-held.json.golden": {"actions", "--state", "held", "--policy", "house-rules", "--rule", "insults", "--since", "2026-11-01", "-o", "json"},
			"person.golden":            {"person", "show", "@bob"},
			"person.json.golden":       {"person", "show", "id-bob", "-o", "json"},
		} {
			out, errs, code := command(t, "", append(args, ledger, "-n", "acme")...)
			if code != 0 || errs != "" {
				t.Errorf("%v: exit code %d, %s", args, code, errs)
			}
			if strings.Contains(out, "\x1b") {
				t.Errorf("%v lets others write to the terminal", args)
			}
			golden(t, "community/"+name, out)
		}
		out, errs, code := command(t, "", "policy", "stats", "house-rules", ledger, "-n", "acme")
		if code != 0 || !strings.Contains(out, "house-rules, 24h: 0 items") || !strings.Contains(out, "house-rules, 7d:") {
			t.Errorf("exit code %d, %s%s", code, out, errs)
		}
		out, errs, code = command(t, "", "policy", "backtest", "--policy", samplesOfAcme+"/policy.yaml", ledger, "-n", "acme", "--since", "2026-11-01", "-o", "json")
		var counts struct {
			Items    int
			Outcomes map[string]int
		}
		if err := json.Unmarshal([]byte(out), &counts); err != nil || code != 0 || counts.Items != 4 || counts.Outcomes["Hide"] != 2 {
			t.Errorf("%v, exit code %d, %s%s", err, code, out, errs)
		}
	})
}

// states of the actions in the ledger by their ids, behind their kinds.
func states(t *testing.T, o store.Options) map[string]string {
	t.Helper()
	got := map[string]string{}
	changeLedger(t, o, func(ctx context.Context, l *store.Database) error {
		all, err := l.Actions(ctx, store.ActionFilter{Namespace: "acme"})
		for _, a := range all {
			got[a.ID] = a.Kind + " " + string(a.State) + " " + a.By
		}
		return err
	})
	return got
}

func TestPolicySettled(t *testing.T) {
	onCommunityLedgers(t, func(t *testing.T, o store.Options, ledger string) {
		if out, errs, code := command(t, "n\n", "policy", "release", "house-rules", ledger, "-n", "acme"); code != 1 || !strings.Contains(out, "holds 1 hide, 1 warn") {
			t.Errorf("exit code %d, %s%s", code, out, errs)
		}
		if got := states(t, o)["a3"]; got != "hide Held " {
			t.Errorf("released though nobody agreed: %s", got)
		}
		if out, errs, code := command(t, "y\n", "policy", "release", "house-rules", ledger, "-n", "acme", "--class", "hide", "--by", "maria"); code != 0 || !strings.Contains(out, "1 released") {
			t.Errorf("exit code %d, %s%s", code, out, errs)
		}
		if out, errs, code := command(t, "", "policy", "discard", "house-rules", ledger, "-n", "acme", "--yes", "--by", "maria"); code != 0 || !strings.Contains(out, "1 discarded") {
			t.Errorf("exit code %d, %s%s", code, out, errs)
		}
		got := states(t, o)
		if got["a3"] != "hide Pending maria" || got["a4"] != "warn Discarded maria" {
			t.Errorf("%v", got)
		}
		if out, errs, code := command(t, "", "policy", "discard", "house-rules", ledger, "-n", "acme"); code != 0 || !strings.Contains(out, "nothing is held") {
			t.Errorf("exit code %d, %s%s", code, out, errs)
		}
	})
}

func TestPolicyUndo(t *testing.T) {
	onCommunityLedgers(t, func(t *testing.T, o store.Options, ledger string) {
		undo := []string{"policy", "undo", "house-rules", ledger, "-n", "acme", "--by", "maria", "--generation", "2", "--rule", "insults"}
		out, errs, code := command(t, "y\n", undo...)
		if code != 0 {
			t.Errorf("exit code %d, %s", code, errs)
		}
		golden(t, "community/policy-undo.golden", out)
		if got := states(t, o)["a1-undo"]; got != "unhide Pending maria" {
			t.Errorf("the inverse is %q", got)
		}
		if out, errs, code := command(t, "", undo...); code != 0 || !strings.Contains(out, "nothing is to be taken back") {
			t.Errorf("again: exit code %d, %s%s", code, out, errs)
		}
		for _, other := range [][]string{{"--generation", "1"}, {"--rule", "other"}} {
			if out, errs, code := command(t, "", append([]string{"policy", "undo", "house-rules", ledger, "-n", "acme"}, other...)...); code != 0 || out != "nothing is to be taken back\n" {
				t.Errorf("%v: exit code %d, %s%s", other, code, out, errs)
			}
		}
	})
}

func TestItemRestore(t *testing.T) {
	onCommunityLedgers(t, func(t *testing.T, o store.Options, ledger string) {
		out, errs, code := command(t, "", "item", "restore", "i1", ledger, "-n", "acme", "--yes", "--by", "maria")
		if code != 0 || strings.Contains(out, "\x1b") {
			t.Errorf("exit code %d, %s", code, errs)
		}
		golden(t, "community/item-restore.golden", out)
		if got := states(t, o)["a1-undo"]; got != "unhide Pending maria" {
			t.Errorf("the inverse is %q", got)
		}
		changeLedger(t, o, func(ctx context.Context, l *store.Database) error {
			it, _, err := l.Item(ctx, store.ItemKey{Namespace: "acme", Account: square.Account, ID: "i1"})
			if it.Human != "Allow" || it.HumanBy != "maria" {
				t.Errorf("recorded as %q by %q", it.Human, it.HumanBy)
			}
			return err
		})
		if _, errs, code := command(t, "", "item", "restore", "nothing", ledger, "-n", "acme"); code != 1 || !strings.Contains(errs, "knows no item nothing") {
			t.Errorf("exit code %d, %s", code, errs)
		}
	})
}

func TestLedgerErase(t *testing.T) {
	onCommunityLedgers(t, func(t *testing.T, _ store.Options, ledger string) {
		if out, errs, code := command(t, "n\n", "ledger", "erase", "--author", "bob", ledger, "-n", "acme"); code != 1 || !strings.Contains(out, "bob: 2 items, 1 accounts of theirs, 1 cases go") {
			t.Errorf("exit code %d, %s%s", code, out, errs)
		}
		if out, errs, code := command(t, "", "ledger", "erase", "--author", "bob", "--network", "Mastodon", ledger, "-n", "acme", "--yes"); code != 0 || out != "the ledger knows nothing of bob in namespace acme on Mastodon\n" {
			t.Errorf("exit code %d, %s%s", code, out, errs)
		}
		if out, errs, code := command(t, "", "ledger", "erase", "--author", "@BOB", ledger, "-n", "acme", "--network", "local", "--yes"); code != 0 || !strings.Contains(out, "erased: 2 items, 1 accounts, 1 cases") {
			t.Errorf("exit code %d, %s%s", code, out, errs)
		}
		if _, errs, code := command(t, "", "person", "show", "bob", ledger, "-n", "acme"); code != 1 || !strings.Contains(errs, "knows nobody") {
			t.Errorf("exit code %d, %s", code, errs)
		}
		out, _, _ := command(t, "", "ledger", "export", ledger)
		if regexp.MustCompile(`bob|you nitwit`).MatchString(out) {
			t.Errorf("bob is still in the ledger: %s", out)
		}
		if !strings.Contains(out, "another nitwit") {
			t.Error("others are gone too")
		}
	})
}

func TestCommunityLedgerRefused(t *testing.T) {
	for _, c := range []struct {
		want string
		args []string
		code int
	}{
		{"name the ledger", []string{"actions"}, 2},
		{"no such file", []string{"actions", "--ledger", "/nowhere.db"}, 1},
		{"--state lost: use Pending", []string{"actions", "--ledger", "x", "--state", "lost"}, 2},
		{"--limit 0", []string{"actions", "--ledger", "x", "--limit", "0"}, 2},
		{"use human or json", []string{"actions", "--ledger", "x", "-o", "xml"}, 2},
		{"name the CommunityPolicy", []string{"policy", "stats", "--ledger", "x"}, 2},
		{"--since", []string{"policy", "stats", "a", "--ledger", "x", "--since", "never"}, 2},
		{"--class kick: use one of Hide", []string{"policy", "release", "a", "--ledger", "x", "--class", "kick"}, 2},
		{"say what to undo", []string{"policy", "undo", "a", "--ledger", "x"}, 2},
		{"name the item", []string{"item", "restore", "--ledger", "x"}, 2},
		{"name someone", []string{"person", "show", "a", "b", "--ledger", "x"}, 2},
		{"say whom to erase", []string{"ledger", "erase", "--ledger", "x"}, 2},
	} {
		out, errs, code := command(t, "", c.args...)
		if code != c.code || !strings.Contains(errs, c.want) || out != "" {
			t.Errorf("%v: exit code %d, want %d: %s%s", c.args, code, c.code, out, errs)
		}
	}
}
