package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/types"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/compose"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/network/mastodon"
)

// words of an answer: as given, or out of a file.
func (d *caseDesk) words(cmd *cobra.Command, text, file string) (string, error) {
	if file != "" {
		if file == "-" && !d.yes {
			return "", usageError{errors.New("the text comes from standard input, where nobody can answer a question any more: give --yes, or write it into a file")}
		}
		data, err := readUpTo(cmd, file, 4*maxReply+1)
		if err != nil {
			return "", fmt.Errorf("read the text: %w", err)
		}
		text = string(data)
	}
	text = strings.TrimRight(strings.ReplaceAll(text, "\r\n", "\n"), " \t\n")
	switch n := utf8.RuneCountInString(text); {
	case strings.TrimSpace(text) == "":
		return "", usageError{errors.New("the text is empty: write what to say")}
	case !utf8.ValidString(text):
		return "", usageError{errors.New("the text is not UTF-8: save it as UTF-8")}
	case n > maxReply:
		return "", usageError{fmt.Errorf("the text has more than %d characters: shorten it", maxReply)}
	}
	return text, nil
}

// readUpTo so many bytes of a file, or of standard input.
func readUpTo(cmd *cobra.Command, path string, most int64) ([]byte, error) {
	if path == "-" {
		return io.ReadAll(io.LimitReader(cmd.InOrStdin(), most))
	}
	f, err := os.Open(path) //nolint:gosec // the user names it
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return io.ReadAll(io.LimitReader(f, most))
}

// preview shows what is said as the channel's network will get it; an error if it does not fit. With --yes only the error is shown.
func (d *caseDesk) preview(c *tribunev1alpha1.CommunityCase, ch *tribunev1alpha1.SocialChannel, what *caseDecision) error {
	said, rules, problems, known := answer(c, ch, what)
	v := caseView{c: c, channel: ch, now: d.now(), out: d.out}
	if !d.yes {
		fmt.Fprintf(d.out, "\n%s by %s on %s:\n\n", c.Spec.Kind, visible(orNone(c.Spec.Item.Author)), v.where())
		quote(d.out, c.Spec.Item.Text)
		verb := "Your answer"
		if what.decision == tribunev1alpha1.DecisionWarn {
			verb = "Your message to them, in private"
		} else if c.Spec.Item.Kind == tribunev1alpha1.ItemMessage {
			verb = "Your answer, in private"
		}
		fmt.Fprintf(d.out, "%s:\n\n", verb)
		quote(d.out, said.Text)
		if count, limit := rules.Length(said); known && limit > 0 {
			v.line("Length", "%d of %d %s", count, limit, rules.Unit.Words())
		}
		if !known {
			v.line("Note", "the rules of its channel are not known: this is the text as it is written")
		}
		fmt.Fprintln(d.out)
	}
	if len(problems) > 0 {
		return fmt.Errorf("%s does not take that: the %s. Nothing was decided", ch.Spec.Network, problems[0])
	}
	return nil
}

func quote(out io.Writer, text string) {
	for _, line := range wrapped(text, textWidth) {
		fmt.Fprintf(out, "  | %s\n", visible(line))
	}
	fmt.Fprintln(out)
}

// answer is a text as the channel's network will get it, by which rules, and what is wrong with it.
func answer(c *tribunev1alpha1.CommunityCase, ch *tribunev1alpha1.SocialChannel, what *caseDecision) (compose.RenderedSegment, compose.Rules, []compose.Problem, bool) {
	plain := compose.RenderedSegment{Text: what.text}
	if ch == nil {
		return plain, compose.Rules{}, nil, false
	}
	adapter, known := network.Lookup(ch.Spec.Network)
	if !known {
		return plain, compose.Rules{}, nil, false
	}
	rules, text := adapter.Rules, what.text
	inForce(&rules.Limits, ch.Status.Limits)
	if ch.Spec.Network == tribunev1alpha1.NetworkMastodon && what.decision == tribunev1alpha1.DecisionReply && ch.Spec.Mode != tribunev1alpha1.ChannelModeRehearsal {
		text = new(mastodon.Mastodon).Address(text, network.Person{Handle: c.Spec.Item.Author}) // whom it does not name does not hear of it
	}
	r, problems := compose.Render(compose.Content{Segment: compose.Segment{Text: text}, Language: c.Spec.Item.Language}, rules)
	if len(r.Segments) == 0 {
		return plain, rules, problems, true
	}
	return r.Segments[0], rules, problems, true
}

// assign says who takes care of a case.
func (d *caseDesk) assign(ctx context.Context, key types.NamespacedName, who string) error {
	c, err := getCase(ctx, d.k8s, key)
	if err != nil {
		return err
	}
	if !isOpen(c) {
		return canDecide(c, d.by, d.now())
	}
	switch who {
	case "me":
		who = d.by
	case "nobody", "-":
		who = ""
	}
	before := c.Spec.Assignee
	if before == who {
		return doneError{"is assigned so already"}
	}
	if _, err := d.write(ctx, c, func(s *tribunev1alpha1.CommunityCaseSpec) { s.Assignee = who }, nil); err != nil {
		return err
	}
	was := ""
	if before != "" {
		was = "; it was " + visible(before)
	}
	if who == "" {
		who = "nobody"
	}
	fmt.Fprintf(d.out, "case/%s is assigned to %s%s\n", c.Name, who, was)
	return nil
}
