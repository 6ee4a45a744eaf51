package inbox

import (
	"context"
	"strings"
	"unicode"

	"github.com/tribune-dev/tribune/internal/store"
	"github.com/tribune-dev/tribune/internal/views"
)

// yes and no in the languages that questions are known in, as Folded has them. polite words may come before them.
var (
	yes = map[string]bool{
		"yes": true, "yep": true, "yeah": true, "sure": true, "ok": true, "okay": true, "si": true, "claro": true, "vale": true, "oui": true, "ja": true, "gerne": true,
		"certo": true, "sim": true, "da": true, "\u0434\u0430": true, "\u043c\u043e\u0436\u0435": true, "tak": true,
	}
	no = map[string]bool{
		"no": true, "nope": true, "not": true, "never": true, "stop": true, "nein": true, "nicht": true, "non": true, "nao": true, "nee": true, "nej": true, "nie": true,
		"ne": true, "\u043d\u0435": true,
	}
	polite = map[string]bool{
		"please": true, "sorry": true, "oh": true, "actually": true, "well": true, "um": true, "hm": true, "bitte": true, "por": true, "favor": true, "us": true, "plau": true,
		"\u043c\u043e\u043b\u044f": true,
	}
)

// wordsOf an answer, folded, without whom it is said to.
func wordsOf(text string, buffer *views.Buffer) []string {
	buffer.Reset(text)
	words := strings.FieldsFunc(string(buffer.View(views.Folded).Text), func(r rune) bool { return !unicode.IsLetter(r) })
	for len(words) > 0 && strings.Contains(text, "@"+words[0]) {
		words = words[1:]
	}
	return words
}

// SaysYes is true for an answer whose first word is yes. A question is no answer, and "yes, but" is for a person to read.
func SaysYes(text string, buffer *views.Buffer) bool {
	if views.Asks(text, "") {
		return false
	}
	words := wordsOf(text, buffer)
	if len(words) == 0 || !yes[words[0]] {
		return false
	}
	for _, w := range words[1:] {
		if w == "but" || w == "not" || w == "no" || w == "pero" || w == "aber" || w == "mais" || w == "ma" || w == "mas" {
			return false
		}
	}
	return true
}

// SaysNo is true for an answer whose first word is no, or that speaks of another mind: a yes is heard strictly, a no generously.
func SaysNo(text string, buffer *views.Buffer) bool {
	words := wordsOf(text, buffer)
	for len(words) > 1 && polite[words[0]] {
		words = words[1:]
	}
	if len(words) == 0 {
		return false
	}
	if no[words[0]] {
		return true
	}
	start := strings.Join(words[:min(len(words), 40)], " ") + " "
	for _, begin := range []string{"don t ", "dont ", "do not ", "i d rather not ", "i would rather not "} {
		if strings.HasPrefix(start, begin) {
			return true
		}
	}
	for _, within := range []string{"changed my mind", "take it back", "take it down", "take that back", "i withdraw", "do not share", "don t share"} {
		if strings.Contains(start, within) {
			return true
		}
	}
	return false
}

// longestYes is the length from which an answer is for a person to read, in bytes.
const longestYes = 200

// consents records who agreed that something of theirs is shared, and who does not any more: by an answer to our question, of the one
// who was asked.
func (b *Inbox) consents(ctx context.Context, items []store.Item) error {
	var buffer *views.Buffer
	for i := range items {
		it := &items[i]
		if it.Ours || it.Gone || it.Parent == "" {
			continue
		}
		if buffer == nil {
			buffer = views.NewBuffer()
		}
		agrees := len(it.Text) <= longestYes && SaysYes(it.Text, buffer)
		if !agrees && it.Changes == 0 && !SaysNo(it.Text, buffer) {
			continue // most people say something else, and the ledger needs not be asked
		}
		if err := b.answerToQuestion(ctx, it, agrees, buffer); err != nil {
			return err
		}
	}
	return nil
}

// answerToQuestion takes an answer for what it says if it answers a question of ours about sharing.
func (b *Inbox) answerToQuestion(ctx context.Context, it *store.Item, agrees bool, buffer *views.Buffer) error {
	a, said, err := b.Ledger.Said(ctx, it.Key.Namespace, it.Key.Account, it.Parent)
	if err != nil || !said || a.Author == "" || a.Author != it.Author.ID {
		return err
	}
	if p, err := PayloadOf(&a); err != nil || !p.Consent {
		return nil //nolint:nilerr // an action that cannot be read asked nothing
	}
	key, now := store.ItemKey{Namespace: a.Namespace, Account: a.Account, ID: a.Item}, b.Clock.Now()
	if agrees {
		about, known, err := b.Ledger.Item(ctx, key)
		if err != nil || !known || about.Gone {
			return err
		}
		err = b.Ledger.Consent(ctx, store.Consent{Key: key, Policy: a.Policy, Rule: a.Rule, Asked: a.ID, Answer: it.Key.ID, Words: store.WordsOf(about.Text), GivenAt: now})
		if err != nil {
			return err
		}
		if b.Consented != nil {
			b.Consented(key.Namespace)
		}
		return b.agreed(ctx, &a, now)
	}
	before, known, err := b.Ledger.ConsentTo(ctx, key)
	if err != nil || !known || before.Answer != it.Key.ID && !SaysNo(it.Text, buffer) {
		return err // what is no yes and was none before says nothing
	}
	ended, err := b.Ledger.EndConsent(ctx, key, now)
	if err == nil && ended && b.Consented != nil {
		b.Consented(key.Namespace)
	}
	return err
}
