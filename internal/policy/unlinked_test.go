package policy

import "testing"

// What is taken out of others' words leaves no name of a server behind.
func TestHarmlessLinksNowhere(t *testing.T) {
	for text, want := range map[string]string{
		"see evil.example now":       "see evil[.]example now",
		"@@everyone.#ad":             "everyone[.]ad",
		"evil.\u200bexample":         "evil[.]example",
		"evil`.`example":             "evil[.]example",
		"It was good. See you there": "It was good. See you there",
		"3.5 or ...":                 "3.5 or ...",
		"$GME and ($$aapl) $ï":       "GME and (aapl) ï",
		"$\u200bGME\x04$\x8bw":       "GME w",
		"$5, 5$, A$AP and pa$$word":  "$5, 5$, A$AP and pa$$word",
		"\uff03ad \ufe5fpaid":        "ad paid",
	} {
		if got := Harmless(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}
