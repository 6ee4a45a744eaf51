package store

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Erasing someone reaches what others said to them, and what we did: their name in it is replaced. The words of others are their own
// and stay.

// erasedName is what stands where somebody was named.
const erasedName = "[erased]"

const (
	naming = ` LOWER(%[1]s) LIKE ? ESCAPE '!'`
	// unnamedAtOnce is how many items are looked at in memory at one time.
	unnamedAtOnce = 1000

	queryUnnameItem = `UPDATE items SET text = ?, mentions = ?, explanation = ? WHERE namespace = ? AND account = ? AND id = ?`
	queryPayloads   = `SELECT id, payload, reason FROM actions WHERE namespace = ? AND account = ? AND item = ?`
	// Greetings name several, of whom their item is by one.
	queryGreetings     = `SELECT id, payload, reason FROM actions WHERE namespace = ? AND account = ? AND kind = 'welcome' AND LOWER(payload) LIKE ? ESCAPE '!'`
	queryUnnameAction  = `UPDATE actions SET payload = ?, reason = ? WHERE id = ?`
	queryMessagesAbout = `SELECT receiver, id, title, payload FROM messages WHERE namespace = ? AND (id = ? OR payload LIKE ? ESCAPE '!')`
	queryUnnameMessage = `UPDATE messages SET title = ?, payload = ? WHERE namespace = ? AND receiver = ? AND id = ?`
	// What is open gets a new object; what is over loses the one it has. What is just being carried out is left to end.
	queryUnnameCase = `UPDATE cases SET explanation = ?, state = CASE WHEN state IN ('Waiting', 'Open') THEN 'Redrawn' WHEN state IN ('Done', 'Failed') THEN 'Erased' ELSE state END
		WHERE namespace = ? AND name = ?`
)

var (
	queryItemsNaming = `SELECT id, ours, text, mentions, explanation FROM items WHERE namespace = ? AND account = ? AND (` +
		strings.ReplaceAll(naming, "%[1]s", "text") + ` OR` + strings.ReplaceAll(naming, "%[1]s", "mentions") + `) AND id > ? ORDER BY id LIMIT ?`
	queryCasesNaming = `SELECT name, explanation FROM cases WHERE namespace = ? AND account = ? AND state <> 'Erased' AND (item = ? OR` +
		strings.ReplaceAll(naming, "%[1]s", "explanation") + `)`
)

var literally = strings.NewReplacer("!", "!!", "%", "!%", "_", "!_")

// containing is a pattern for what contains a text.
func containing(text string) string { return "%" + literally.Replace(text) + "%" }

// resembling is a pattern that finds a text in whatever case, and others like it, where LOWER was asked for. Beyond ASCII it depends on
// the database what that does, so that there each letter stands for any: who asks looks which are meant.
func resembling(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r < utf8.RuneSelf {
			b.WriteString(literally.Replace(string(unicode.ToLower(r))))
		} else {
			b.WriteByte('_')
		}
	}
	return b.String()
}

// holding is a pattern for what holds such a text.
func holding(text string) string { return "%" + resembling(text) + "%" }

// unname takes someone's name out of what others said to them, and out of what was done about that.
func (t *transaction) unname(ctx context.Context, namespace string, who *erasedPerson) error {
	for _, name := range who.names() {
		if err := t.unnameItems(ctx, namespace, who, name); err != nil {
			return err
		}
		if err := t.unnameActions(ctx, namespace, name, queryGreetings, namespace, who.account, holding(name)); err != nil {
			return err
		}
		if err := t.unnameCases(ctx, namespace, who.account, "", name); err != nil { // those that bring people together
			return err
		}
	}
	return nil
}

// unnameItems takes a name out of what others said, and out of what was done about that.
func (t *transaction) unnameItems(ctx context.Context, namespace string, who *erasedPerson, name string) error {
	type item struct {
		id                          string
		ours                        bool
		text, mentions, explanation string
	}
	for last, more := "", true; more; {
		items, err := rows(ctx, t.statements, func(row scanner) (i item, err error) {
			var ours int64
			err = row.Scan(&i.id, &ours, &i.text, &i.mentions, &i.explanation)
			i.ours = ours != 0
			return i, err
		}, queryItemsNaming, namespace, who.account, holding(name), holding(name), last, unnamedAtOnce)
		if err != nil {
			return err
		}
		if more = len(items) == unnamedAtOnce; more {
			last = items[len(items)-1].id
		}
		for _, i := range items {
			// Our own words name people as they are called; in those of others, who is called is meant, and not every word that is the same.
			text := withoutName(i.text, name, !i.ours)
			mentions := slices.DeleteFunc(unlist(i.mentions), func(m string) bool {
				m = strings.TrimPrefix(m, "@")
				return strings.EqualFold(m, name) || m == who.id
			})
			if text == i.text && list(mentions) == i.mentions {
				continue
			}
			if _, err := t.exec(ctx, queryUnnameItem, text, list(mentions), withoutName(i.explanation, name, false), namespace, who.account, i.id); err != nil {
				return err
			}
			if err := t.unnameDeeds(ctx, namespace, who.account, i.id, name); err != nil {
				return err
			}
			if err := t.unnameCases(ctx, namespace, who.account, i.id, name); err != nil {
				return err
			}
		}
	}
	return nil
}

// unnameDeeds does so in the actions about an item, and in what is told of them.
func (t *transaction) unnameDeeds(ctx context.Context, namespace, account, item, name string) error {
	return t.unnameActions(ctx, namespace, name, queryPayloads, namespace, account, item)
}

func (t *transaction) unnameActions(ctx context.Context, namespace, name, query string, args ...any) error {
	actions, err := rows(ctx, t.statements, func(row scanner) (a [3]string, err error) { err = row.Scan(&a[0], &a[1], &a[2]); return a, err }, query, args...)
	if err != nil {
		return err
	}
	for _, a := range actions {
		if _, err := t.exec(ctx, queryUnnameAction, withoutName(a[1], name, false), withoutName(a[2], name, false), a[0]); err != nil {
			return err
		}
		if err := t.unnameMessages(ctx, namespace, a[0], a[0], name); err != nil {
			return err
		}
	}
	return nil
}

func (t *transaction) unnameMessages(ctx context.Context, namespace, id, about, name string) error {
	messages, err := rows(ctx, t.statements, func(row scanner) (m [4]string, err error) { err = row.Scan(&m[0], &m[1], &m[2], &m[3]); return m, err },
		queryMessagesAbout, namespace, id, containing(about))
	if err != nil {
		return err
	}
	for _, m := range messages {
		if _, err := t.exec(ctx, queryUnnameMessage, withoutName(m[2], name, false), withoutName(m[3], name, false), namespace, m[0], m[1]); err != nil {
			return err
		}
	}
	return nil
}

// unnameCases does so in the cases about an item, or in those that name them for another reason.
func (t *transaction) unnameCases(ctx context.Context, namespace, account, item, name string) error {
	cases, err := rows(ctx, t.statements, func(row scanner) (c [2]string, err error) { err = row.Scan(&c[0], &c[1]); return c, err },
		queryCasesNaming, namespace, account, item, holding(name))
	if err != nil {
		return err
	}
	for _, c := range cases {
		explanation := withoutName(c[1], name, false)
		if item == "" && explanation == c[1] {
			continue
		}
		if _, err := t.exec(ctx, queryUnnameCase, explanation, namespace, c[0]); err != nil {
			return err
		}
		if err := t.unnameMessages(ctx, namespace, c[0], c[0], name); err != nil {
			return err
		}
	}
	return nil
}

// names that someone is called by: their handles, and these as our messages write them.
func (who *erasedPerson) names() []string {
	var all []string
	for _, handle := range who.handles {
		plain := strings.Trim(strings.Map(func(r rune) rune {
			if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("@._-", r) {
				return r
			}
			return -1
		}, handle), "@._-")
		for _, name := range []string{strings.TrimPrefix(handle, "@"), plain} {
			if name != "" && !slices.Contains(all, name) {
				all = append(all, name)
			}
		}
	}
	slices.SortFunc(all, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	return all
}

// withoutName replaces a name where it stands alone, in whatever case; called: only behind @.
func withoutName(text, name string, called bool) string {
	var out strings.Builder
	from := 0
	for at := 0; at < len(text); {
		size := begins(text[at:], name)
		if size == 0 || !alone(text, at, at+size, called) {
			_, size = utf8.DecodeRuneInString(text[at:])
			at += size
			continue
		}
		out.WriteString(text[from:at])
		out.WriteString(erasedName)
		at += size
		from = at
	}
	if from == 0 {
		return text
	}
	out.WriteString(text[from:])
	return out.String()
}

// begins is how many bytes of a text are a name, in whatever case, that it begins with; 0 for none. Some letters are longer in one case
// than in the other.
func begins(text, name string) int {
	at := 0
	for name != "" {
		want, long := utf8.DecodeRuneInString(name)
		_, size := utf8.DecodeRuneInString(text[at:])
		given, wanted := text[at:at+size], name[:long]
		if given != wanted && (want == utf8.RuneError || !strings.EqualFold(given, wanted)) {
			return 0
		}
		at, name = at+size, name[long:]
	}
	return at
}

// alone is true if a part of a text is no part of a longer name.
func alone(text string, from, to int, called bool) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:from])
	if called && before != '@' {
		return false
	}
	if from > 0 && before != '@' && (named(before) || strings.ContainsRune("._-", before)) {
		return false
	}
	after, size := utf8.DecodeRuneInString(text[to:])
	if to < len(text) && strings.ContainsRune("._-@", after) {
		after, size = utf8.DecodeRuneInString(text[to+size:])
	}
	return size == 0 || !named(after)
}

func named(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' }
