// Package matchtest makes patterns and texts to measure a matcher with: the same ones from the same seed. It knows nothing of how
// they are matched.
package matchtest

import (
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/tribune-dev/tribune/internal/match"
	"github.com/tribune-dev/tribune/internal/views"
)

// Corpus is patterns and the texts that people write.
type Corpus struct {
	Patterns []match.Pattern
	Domains  []string
	Texts    []string
}

// Sizes are how much of each a Corpus has.
type Sizes struct {
	Terms, Regexes, Domains, Texts, TextBytes int
}

// Law is what the speed of the policy engine is promised for.
var Law = Sizes{Terms: 10000, Regexes: 1000, Domains: 100000, Texts: 2000, TextBytes: 220}

// sentences are what comments are made of, by language and how common it is: English, Spanish, Catalan, Italian, French, German,
// Portuguese, Bulgarian, with emoji and links.
var sentences = strings.Split(`Thank you for the update, this is exactly what I was hoping for|How do I start the engine after the last release?|
I have been using it for two years and it never failed me|Does anybody know when the next launch is planned?|The new version works great on my machine|
Congratulations to the whole team, what a beautiful landing!|I'd love to see more pictures from the workshop 😀|It doesn't work for me, I get an error about permissions|
We went there last summer with the kids and they loved it|See https://acme.example/docs/start?x=1 for details|Nice one 🚀🚀|Can't wait for the weekend...|
Please fix the login page, it is slow since Tuesday|My order #48213 has not arrived yet, it was 29.90 EUR|I agree with @ada, that's the best way to do it|
¿Cómo puedo arrancar el motor?|Muchas gracias por la información, muy útil|No me funciona desde ayer por la mañana|Enhorabuena a todo el equipo, qué ilusión|
El próximo año volveremos seguro|Moltes gràcies per la feina feta|Com puc canviar la contrasenya?|L'enhorabona a tot l'equip|Grazie mille per il vostro lavoro|
Come faccio a vedere le foto?|Non funziona più dopo l'aggiornamento|Merci beaucoup, c'est vraiment génial|Où est-ce que je peux acheter ça?|J'adore cette équipe|
Vielen Dank für die schnelle Antwort|Wann kommt die nächste Version?|Das ist wirklich schön geworden|Obrigado pela ajuda, funcionou muito bem|
Благодаря за бързия отговор|Кога ще има нова версия?|Много хубави снимки, поздравления|Не работи от вчера, моля помогнете|
So happy for you all ❤️|lol that was a good one|Same here|It's 5 o'clock somewhere|What a time to be alive!`, "|")

var syllables = strings.Fields(`ba be bi bo bu ca ce ci co cu da de di do du fa fe fi fo ga ge gi go gra gre kla kle la le li lo lu ma me mi mo mu na ne ni no nu
pa pe pi po pra pre qua ra re ri ro ru sa se si so su sta ste stri ta te ti to tra tri va ve vi vo wa we wi xa ya za ze zi zo shl krum plon drisk blat zwerg`)

// New makes a corpus. Terms stand in three views each, regular expressions on Folded.
func New(seed uint64, sizes Sizes) Corpus {
	random := rand.New(rand.NewPCG(seed, 1))
	var c Corpus
	word := func(n int) string {
		var out strings.Builder
		for range n {
			out.WriteString(syllables[random.IntN(len(syllables))])
		}
		return out.String()
	}
	for i := range sizes.Terms {
		term := word(3 + random.IntN(3))
		switch random.IntN(12) {
		case 0:
			term += " " + word(2+random.IntN(2))
		case 1:
			term = cyrillic.Replace(term)
		}
		for _, view := range []views.ID{views.Folded, views.Skeleton, views.Deobfuscated} {
			c.Patterns = append(c.Patterns, match.Pattern{Set: 0, ID: i, View: view, Text: term})
		}
	}
	for i := range sizes.Regexes {
		c.Patterns = append(c.Patterns, match.Pattern{Set: 1, ID: i, Kind: match.Regex, As: match.Substring, View: views.Folded, Text: expression(random, word)})
	}
	for i := range sizes.Domains {
		c.Domains = append(c.Domains, word(2)+"-"+word(1)+strconv.Itoa(i)+".example")
	}
	for range sizes.Texts {
		var text strings.Builder
		for text.Len() < sizes.TextBytes {
			text.WriteString(strings.TrimSpace(sentences[random.IntN(len(sentences))]))
			text.WriteString([]string{" ", ". ", "\n", " "}[random.IntN(4)])
		}
		c.Texts = append(c.Texts, strings.ToValidUTF8(text.String()[:sizes.TextBytes], ""))
	}
	return c
}

// expression is of the kinds that moderators write.
func expression(random *rand.Rand, word func(int) string) string {
	a, b := word(3), word(3)
	switch random.IntN(7) {
	case 0:
		return `\b` + a + `s?\b`
	case 1:
		return a + `[\s\W]{0,5}` + b
	case 2:
		return `(?:` + a + `|` + b + `|` + word(4) + `)`
	case 3:
		return `\b(?:buy|get|win) .{0,20}` + a
	case 4:
		return a + `\d{2,4}`
	case 5:
		return `^` + a + `.*` + b + `$`
	}
	return `(?i)\b` + a + `(?:ing|ed|er)\b`
}

var cyrillic = strings.NewReplacer("a", "а", "b", "б", "c", "ц", "d", "д", "e", "е", "f", "ф", "g", "г", "h", "х", "i", "и", "k", "к", "l", "л", "m", "м",
	"n", "н", "o", "о", "p", "п", "q", "я", "r", "р", "s", "с", "t", "т", "u", "у", "v", "в", "w", "ш", "x", "ж", "y", "й", "z", "з")
