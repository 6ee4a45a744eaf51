package views

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxGap is how many characters may stand between two letters of one word, maxSpan how many letters a term may be stretched to.
const (
	maxGap  = 4
	maxSpan = 4096
)

// Place says where in a text a term may stand.
type Place uint8

// Places.
const (
	// Anywhere: also within words.
	Anywhere Place = iota
	// Whole: words of their own.
	Whole
	// AtStart, AtEnd and Alone: the text begins with it, ends with it, is it.
	AtStart
	AtEnd
	Alone
)

// Spelling is a term as Deobfuscated looks for it.
type Spelling struct {
	// Key is what must be found in Letters.Key.
	Key string
	// letters are those of the term, and border is true where a new word begins.
	letters []rune
	border  []bool
	// first and last are the lengths of the first and the last run.
	first, last int
	// drawn is true if it is spelled rn for m.
	drawn bool
}

// Spell gives the ways in which a term is spelled: as it is, with rn for m, with vv for w, with ph for f. There are none if it holds digits or
// symbols, which then mean themselves: look for it in Skeleton.
func Spell(b *Buffer, term string) []Spelling {
	b.letters.once = true
	defer func() { b.letters.once = false }()
	b.Reset(strings.TrimSpace(term))
	l := b.Letters()
	l.need()
	if len(l.all) == 0 || b.letters.gapAfter(b) {
		return nil
	}
	var (
		letters []rune
		border  []bool
	)
	for i, at := range l.all {
		if !at.plain && !at.noSpace || at.Gap&^(gapSpace|gapHyphen|gapApostrophe|gapMiddleDot) != 0 || i == 0 && at.Gap != 0 {
			return nil
		}
		letters, border = append(letters, at.Rune), append(border, at.Gap != 0)
	}
	all := []Spelling{spelling(b, letters, border)}
	for _, as := range []struct {
		letter rune
		drawn  string
	}{{'m', "rn"}, {'w', "vv"}, {'f', "ph"}} {
		n := len(all)
		for _, s := range all[:n] {
			if drawn, borders, ok := s.redraw(as.letter, as.drawn); ok {
				next := spelling(b, drawn, borders)
				next.drawn = s.drawn || as.letter == 'm'
				all = append(all, next)
			}
		}
	}
	return all
}

// gapAfter is true if something that means itself follows the last letter.
func (l *Letters) gapAfter(b *Buffer) bool {
	last := l.all[len(l.all)-1]
	skeleton := b.View(Skeleton)
	return int(last.at+last.size) < len(skeleton.Text)
}

func (s *Spelling) redraw(letter rune, as string) (letters []rune, border []bool, ok bool) {
	for i, r := range s.letters {
		if r != letter {
			letters, border = append(letters, r), append(border, s.border[i])
			continue
		}
		ok = true
		for k, d := range as {
			letters, border = append(letters, d), append(border, k == 0 && s.border[i])
		}
	}
	return letters, border, ok
}

func spelling(b *Buffer, letters []rune, border []bool) Spelling {
	b.Reset(string(letters))
	l := b.Letters()
	second, last := l.runsOf(0, len(l.key))
	end := l.starts[len(l.key)]
	return Spelling{Key: string(l.key), letters: letters, border: border, first: int(second.letters), last: int(end.letters - last.letters)}
}

// At looks whether the term is spelled by the runs of letters that end with the key's byte at keyEnd, where its Key was found. It
// gives the place in the raw text, in bytes.
func (l *Letters) At(s *Spelling, keyEnd int, place Place) (from, to int, ok bool) {
	at := keyEnd - len(s.Key)
	first, stop := int(l.starts[at].letters), int(l.starts[keyEnd].letters)
	if stop-first < len(s.letters) || place == Whole && l.isPart(at, keyEnd) {
		return 0, 0, false
	}
	l.need()
	second, last := l.runsOf(at, keyEnd)
	next, begin := int(second.letters), int(last.letters)
	if begin-next > maxSpan {
		return 0, 0, false
	}
	oneRun := begin == first
	first, stop = max(first, next-maxSpan), min(stop, begin+maxSpan)
	starts := [3]int{next - s.first, l.block(first, next), first}
	ends := [3]int{begin + s.last, l.pieceWithin(begin, stop), stop}
	if oneRun {
		starts, ends = [3]int{first, first, first}, [3]int{first + s.first, l.pieceWithin(first, stop), stop}
	}
	for i, start := range starts {
		if start < first || i > 0 && start == starts[i-1] {
			continue
		}
		for k, end := range ends {
			if end > stop || end <= start || k > 0 && end == ends[k-1] || end-start > maxSpan {
				continue
			}
			if l.spelled(s, start, end, place) {
				from, to = l.span(start, end)
				return from, to, true
			}
		}
	}
	return 0, 0, false
}

// span is where all[start:end] comes from: letters that are read backwards come from right to left.
func (l *Letters) span(start, end int) (from, to int) {
	first, last := &l.all[start], &l.all[end-1]
	return int(min(first.From, last.From)), int(max(first.To, last.To))
}

// block is the first of the letters that touch one another at the end of all[first:next].
func (l *Letters) block(first, next int) int {
	i := next - 1
	for i > first && l.all[i].Gap == 0 {
		i--
	}
	return i
}

// spelled tells whether all[start:end] spells the term.
func (l *Letters) spelled(s *Spelling, start, end int, place Place) bool {
	var e evidence
	return l.align(s, start, end, &e) && l.placed(s, start, end, place, &e) && e.holds(s, l.all[start:end]) && (!s.drawn || l.drawnM(s, start, end))
}

// align puts letters to those of the term: one to one, or with repetitions.
func (l *Letters) align(s *Spelling, start, end int, e *evidence) bool {
	n := end - start
	if n < len(s.letters) {
		return false
	}
	exact, k := n == len(s.letters), start
	var word pieces
	for j := 0; j < len(s.letters); {
		want, least := s.letters[j], 1
		if !exact {
			for j+least < len(s.letters) && s.letters[j+least] == want && !s.border[j+least] {
				least++
			}
		}
		taken := 0
		for k < end && l.means(s, k, want) {
			if taken >= least && (exact || j+least < len(s.letters) && l.means(s, k, s.letters[j+least])) {
				break
			}
			at := &l.all[k]
			if k > start && (at.Gap != 0 || taken == 0 && s.border[j]) {
				word.close()
				if taken == 0 && s.border[j] {
					e.missing = e.missing || at.Gap == 0
					e.take(&word)
				} else {
					e.part(at)
				}
			}
			if word.letters == 0 || k == start || at.Rune != l.all[k-1].Rune {
				word.letters++
			}
			if !e.write(at) {
				word.odd = true
			}
			taken++
			k++
		}
		if taken < least {
			return false
		}
		l.repeated(k, taken, least, start, end, e)
		j += least
	}
	word.close()
	e.take(&word)
	return k == end
}

// repeated judges taken letters before k where the term has fewer.
func (l *Letters) repeated(k, taken, least, start, end int, e *evidence) {
	switch {
	case taken == least:
	case taken >= 3 && (end-start-taken > 2 || !strings.ContainsRune("eo", l.all[k-1].Rune)):
		e.tripled++ // but "goood" is rather good than god
	default:
		e.doubled++
		e.unnatural = e.unnatural || l.unnatural(k, taken, start, end)
		e.absurd = e.absurd || strings.ContainsRune("iuyhjqvwx", l.all[k-1].Rune)
	}
}

// unnatural tells whether taken letters before k in all[start:end] are more than languages have there.
func (l *Letters) unnatural(k, taken, start, end int) bool {
	r := l.all[k-1].Rune
	first := k - taken
	switch {
	case strings.ContainsRune("aiuyhjqvwxуъюяйбгжкмпфхцчшщ", r):
		return true
	case r == 'o':
		return first > start && isVowel(l.all[first-1].Rune) || k < end && isVowel(l.all[k].Rune)
	case !isConsonant(r):
		return false
	case first > start && isConsonant(l.all[first-1].Rune), k < end && isConsonant(l.all[k].Rune), first == start && r != 'l':
		return true
	case k < end:
		return false
	}
	return end-start > 6 || first > start+1 && isVowel(l.all[first-1].Rune) && isVowel(l.all[first-2].Rune)
}

// means tells whether letter k can be meant as want.
func (l *Letters) means(s *Spelling, k int, want rune) bool {
	at := &l.all[k]
	if at.Rune == want {
		return true
	}
	switch {
	case want == 'i' && at.Rune == 'l' || want == 'l' && at.Rune == 'i':
		switch {
		case !at.plain || at.Was >= utf8.RuneSelf && (l.characters.of(at.Was).script != latin || at.Was == 'ı' || at.Was == 'ɪ'):
			return true
		case at.Was == 'l' && want == 'i':
			return len(s.letters) > 3 && l.unspeakable(s, k)
		case at.Was == 'I' && want == 'l':
			before, after := l.neighbours(k)
			return before != nil && unicode.IsLower(before.Was) || before != nil && before.Was == 'I' && k > 1 && unicode.IsLower(l.all[k-2].Was) ||
				before == nil && after != nil && unicode.IsLower(after.Was) && len(s.letters) > 4
		}
	case want == 'u' && at.Rune == 'v' && at.Was != 'V':
		before, after := l.neighbours(k)
		if before == nil && after == nil { // alone in a row of single letters
			before, after = l.around(k)
		}
		return (before == nil || isConsonant(before.Rune)) && (after == nil || isConsonant(after.Rune)) && (before != nil || after != nil)
	}
	return false
}

// neighbours are the letters that touch letter k.
func (l *Letters) neighbours(k int) (before, after *Letter) {
	if k > 0 && l.all[k].Gap == 0 {
		before = &l.all[k-1]
	}
	if k+1 < len(l.all) && l.all[k+1].Gap == 0 {
		after = &l.all[k+1]
	}
	return before, after
}

// around are the letters before and after letter k, whatever stands between.
func (l *Letters) around(k int) (before, after *Letter) {
	if k > 0 {
		before = &l.all[k-1]
	}
	if k+1 < len(l.all) {
		after = &l.all[k+1]
	}
	return before, after
}

// unspeakable tells whether an l stands where no word has one, so that it can be an i: between consonants; in long words also
// after a consonant.
func (l *Letters) unspeakable(s *Spelling, k int) bool {
	before, after := l.neighbours(k)
	if before != nil && before.Rune == 'l' || after != nil && after.Rune == 'l' {
		return false
	}
	if before == nil && after == nil {
		return true
	}
	consonantBefore := before == nil || isConsonant(before.Rune)
	return consonantBefore && (after != nil && isConsonant(after.Rune) || after == nil || before != nil && len(s.letters) > 4)
}

func isVowel(r rune) bool { return strings.ContainsRune("aeiou", r) }

func isConsonant(r rune) bool {
	return r >= 'a' && r <= 'z' && !strings.ContainsRune("aeiouy", r) || isCyrillic(r) && !strings.ContainsRune(cyrillicVowels, r)
}

// drawnM tells whether rn is an m in disguise: where no word has rn, or in words too long for chance.
func (l *Letters) drawnM(s *Spelling, start, end int) bool {
	if len(s.letters) >= 8 {
		return true
	}
	for k := start; k+1 < end; k++ {
		if l.all[k].Rune == 'r' && l.all[k+1].Rune == 'n' && k > start && !isConsonant(l.all[k-1].Rune) {
			return false
		}
	}
	return true
}

// String is the term as the view has it.
func (s *Spelling) String() string {
	var out strings.Builder
	for i, r := range s.letters {
		if s.border[i] {
			out.WriteByte(' ')
		}
		out.WriteRune(r)
	}
	return out.String()
}
