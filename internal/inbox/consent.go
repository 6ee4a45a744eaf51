package inbox

import (
	"context"
	"strings"
	"unicode"

	"github.com/tribune-dev/tribune/internal/store"
	"github.com/tribune-dev/tribune/internal/views"
)

// LabelConsent is on items whose author agreed that they are shared; nothing is shared without.
const LabelConsent = "consent"

// yes in the languages that questions are known in, as Folded has them.
var yes = map[string]bool{
	"yes": true, "yep": true, "yeah": true, "sure": true, "ok": true, "okay": true, "si": true, "claro": true, "vale": true, "oui": true, "ja": true, "gerne": true,
	"certo": true, "sim": true, "da": true, "\u0434\u0430": true, "\u043c\u043e\u0436\u0435": true, "tak": true,
}

// SaysYes is true for an answer whose first word is yes. A question is no answer, and "yes, but" is for a person to read.
func SaysYes(text string, buffer *views.Buffer) bool {
	if views.Asks(text, "") {
		return false
	}
	buffer.Reset(text)
	words := strings.FieldsFunc(string(buffer.View(views.Folded).Text), func(r rune) bool { return !unicode.IsLetter(r) })
	for len(words) > 0 && strings.Contains(text, "@"+words[0]) {
		words = words[1:] // whom it is said to
	}
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

// consents records who agreed that something of theirs is shared: an answer to our question, by the one who was asked.
func (b *Inbox) consents(ctx context.Context, items []store.Item) error {
	var buffer *views.Buffer
	for i := range items {
		it := &items[i]
		if it.Ours || it.Gone || it.Parent == "" || len(it.Text) > 200 {
			continue
		}
		if buffer == nil {
			buffer = views.NewBuffer()
		}
		if !SaysYes(it.Text, buffer) {
			continue // most people say something else, and the ledger needs not be asked
		}
		a, said, err := b.Ledger.Said(ctx, it.Key.Namespace, it.Key.Account, it.Parent)
		if err != nil {
			return err
		}
		if !said || a.Author != it.Author.ID {
			continue
		}
		if p, err := PayloadOf(&a); err != nil || !p.Consent {
			continue
		}
		if err := b.Ledger.Label(ctx, store.ItemKey{Namespace: a.Namespace, Account: a.Account, ID: a.Item}, LabelConsent, b.Clock.Now()); err != nil {
			return err
		}
	}
	return nil
}
