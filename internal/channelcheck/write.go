package channelcheck

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"
)

// WriteJSON writes reports as one JSON list.
func WriteJSON(w io.Writer, reports []*Report) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(reports)
}

// Write writes the report for people. What servers said is shown without control characters.
func (r *Report) Write(w io.Writer) error {
	var b strings.Builder
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "  %-12s %s\n", name, tidy(fmt.Sprintf(format, args...)))
	}
	fmt.Fprintf(&b, "%s (%s, %s)\n", tidy(r.Channel), r.Network, r.Mode)
	if r.Account != nil {
		r.writeAccount(line)
	}
	if len(r.Rules) > 0 {
		b.WriteString("  The server's rules:\n")
		for i, rule := range r.Rules {
			fmt.Fprintf(&b, "    %d. %s\n", i+1, tidy(rule))
		}
	}
	for _, a := range r.Advice {
		line("Mind", "%s", a)
	}
	for _, p := range r.Problems {
		line("Problem", "%s", p)
	}
	switch {
	case r.Works && r.ByHand:
		b.WriteString("It works by hand. Nothing was published.\n")
	case r.Works:
		b.WriteString("It works. Nothing was published.\n")
	default:
		b.WriteString("It does not work. Nothing was published.\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (r *Report) writeAccount(line func(name, format string, args ...any)) {
	a := r.Account
	name := a.DisplayName
	if name == a.Handle {
		name = ""
	}
	line("Account", "%s %s", a.Handle, name)
	if a.URL != "" {
		line("", "%s", a.URL)
	}
	line("", "id %s%s", a.ID, followers(a))
	if r.Server != "" {
		line("Server", "%s", r.Server)
	}
	line("Once", "%s: %s", r.Once, r.OnceMeans)
	line("Limits", "%s", r.Limits.words())
	if len(r.Can) > 0 {
		line("Can", "%s", strings.Join(r.Can, ", "))
	}
	if len(r.Cannot) > 0 {
		line("Cannot", "%s", strings.Join(r.Cannot, ", "))
	}
	if len(r.Automation) > 0 {
		line("Automation", "%s; the server's own rules come first", strings.Join(r.Automation, ", "))
	}
	for i, s := range r.Scopes {
		name, has := "", "yes"
		if i == 0 {
			name = "Token may"
		}
		if !s.Granted {
			has = "NO"
		}
		line(name, "%-16s %-3s (%s)", s.Name, has, s.For)
	}
	if r.ExpireAt != nil {
		line("Expires", "%s", r.ExpireAt.Format("2006-01-02 15:04 MST"))
	}
}

func followers(a *Account) string {
	if a.Followers == nil {
		return ""
	}
	text := fmt.Sprintf(", %d followers", *a.Followers)
	if a.Following != nil {
		text += fmt.Sprintf(", following %d", *a.Following)
	}
	return text
}

func (l *Limits) words() string {
	var parts []string
	if l.MaxLength > 0 {
		parts = append(parts, fmt.Sprintf("%d %s a text", l.MaxLength, l.Unit))
	}
	if l.MaxBytes > 0 {
		parts = append(parts, fmt.Sprintf("%d bytes a text", l.MaxBytes))
	}
	if l.MaxMedia > 0 {
		parts = append(parts, fmt.Sprintf("%d pictures", l.MaxMedia))
	}
	if l.MaxMediaBytes > 0 {
		parts = append(parts, fmt.Sprintf("%.1f MB a picture", float64(l.MaxMediaBytes)/1e6))
	}
	if l.MaxAltText > 0 {
		parts = append(parts, fmt.Sprintf("%d graphemes of alt text", l.MaxAltText))
	}
	if len(parts) == 0 {
		return "none that it states"
	}
	return strings.Join(parts, ", ")
}

// tidy keeps a server's words to one line of a terminal.
func tidy(s string) string {
	return strings.TrimRight(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' {
			return ' '
		}
		return r
	}, s), " ")
}

// scrub takes credentials out of all that is said: servers have been seen to repeat what they were sent.
func (r *Report) scrub(credentials map[string][]byte) {
	const shortest = 6 // shorter ones, such as a name, would tear holes into words
	var pairs []string
	for key, value := range credentials {
		if secret := strings.TrimSpace(string(value)); len(secret) >= shortest && !public[key] {
			pairs = append(pairs, secret, "…")
		}
	}
	clean := strings.NewReplacer(pairs...)
	for _, list := range [][]string{r.Problems, r.Advice, r.Rules} {
		for i := range list {
			list[i] = clean.Replace(list[i])
		}
	}
	r.Server = clean.Replace(r.Server)
	if a := r.Account; a != nil {
		for _, text := range []*string{&a.ID, &a.Handle, &a.DisplayName, &a.URL} {
			*text = clean.Replace(*text)
		}
	}
}

// public keys of Secrets hold what everybody may see.
var public = map[string]bool{"identifier": true, "username": true}
