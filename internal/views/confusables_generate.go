//go:build ignore

// This program writes confusables.txt: what letters look like, by the confusables of Unicode (UTS #39), by the names of letters
// that are a Latin letter with something on it, and by a few letters that people use for their looks.
package main

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/unicode/runenames"
)

// looks are letters that stand for a Latin one by their looks, though Unicode does not call them confusable: people see
// whole words, not letters.
var looks = map[string]string{
	"a": "α₳ΛʌᴧᐱᗩᎪ∀Ꮧ", "b": "฿₿вВβΒьЬъЪбᗷᏰ", "c": "сСςᑕፈ", "d": "дԁδ∂Ꮄժ", "e": "εЕеэзΕЄєᗴΣ∃Ꮛ", "f": "ƒҒғᎦ", "g": "₲ᘜᎶ", "h": "нНΗ",
	"i": "ιΙіІᏆ", "j": "јЈᒍᏠյ", "k": "₭кКκΚĸҟ", "l": "ŀĿᏝ", "m": "₥мМΜᗰ", "n": "₦ηΝиИйЙпПπΠᑎ∩Ꮑ", "o": "σοΟθᎧ", "p": "₱℘ρΡрРᑭᎮթ",
	"q": "ᑫᎤ", "r": "яЯгГ", "s": "ѕЅᔕƧ", "t": "₮тТτΤᏖէ", "u": "υцЦμµʊƱ∪Ꮼմ", "v": "νѵᐯᏉ", "w": "₩шШщЩωѡԝᗯᏇ", "x": "χΧхХжЖ᙭ጀ",
	"y": "уУγΥվ", "z": "ζΖᘔፚ",
}

var named = regexp.MustCompile(`^LATIN (?:SMALL LETTER |CAPITAL LETTER |LETTER |SUBSCRIPT SMALL LETTER )` +
	`(?:SMALL CAPITAL |TURNED |REVERSED |DOTLESS |OPEN |SCRIPT |SIDEWAYS |BARRED |STRETCHED |CLOSED |BLACKLETTER |VOLAPUK )*([A-Z])(?: (?:WITH|BAR|DIGRAPH).*)?$`)

var enclosed = regexp.MustCompile(`^(?:NEGATIVE |TORTOISE SHELL BRACKETED |PARENTHESIZED )?(?:CIRCLED |SQUARED )?(?:CIRCLED |SQUARED )?` +
	`(?:CIRCLED |SQUARED )?(?:CROSSED NEGATIVE SQUARED |RAISED )?LATIN (?:CAPITAL|SMALL) LETTER ([A-Z])(?: WITH .*)?$`)

func main() {
	if len(os.Args) != 2 {
		log.Fatal("name the confusables.txt of Unicode: a file or a URL")
	}
	version, table := read(open(os.Args[1]))
	for r := rune(0x80); r < 0x20000; r++ {
		name := runenames.Name(r)
		for _, pattern := range []*regexp.Regexp{named, enclosed} {
			if found := pattern.FindStringSubmatch(name); found != nil {
				table[r] = strings.ToLower(found[1])
			}
		}
	}
	for letter, others := range looks {
		for _, r := range others {
			table[r] = letter
		}
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "# What letters look like; written by confusables_generate.go. Do not edit.\n"+
		"# From https://www.unicode.org/Public/security/%[1]s/confusables.txt, Unicode %[1]s, © Unicode, Inc., under the Unicode License v3\n"+
		"# (https://www.unicode.org/license.txt), from the names of letters (Unicode %[2]s), and from the generator's own list.\n"+
		"# A line: what it looks like, and the code points that look so.\n", version, unicode.Version)
	sources := map[string][]rune{}
	for r, target := range table {
		sources[target] = append(sources[target], r)
	}
	targets := slices.SortedFunc(func(yield func(string) bool) {
		for t := range sources {
			if !yield(t) {
				return
			}
		}
	}, cmp.Compare[string])
	for _, target := range targets {
		slices.Sort(sources[target])
		out.WriteString(target)
		for _, r := range sources[target] {
			fmt.Fprintf(&out, " %x", r)
		}
		out.WriteByte('\n')
	}
	if err := os.WriteFile("confusables.txt", out.Bytes(), 0o644); err != nil {
		log.Fatal(err)
	}
}

func open(name string) io.ReadCloser {
	if !strings.HasPrefix(name, "https://") {
		file, err := os.Open(name)
		if err != nil {
			log.Fatal(err)
		}
		return file
	}
	answer, err := http.Get(name)
	if err != nil {
		log.Fatal(err)
	}
	if answer.StatusCode != http.StatusOK {
		log.Fatal(name, ": ", answer.Status)
	}
	return answer.Body
}

// read takes what is confusable with letters: the target folded and without marks.
func read(in io.ReadCloser) (version string, table map[rune]string) {
	defer in.Close()
	table = map[rune]string{}
	scanner := bufio.NewScanner(in)
	for scanner.Scan() {
		line := strings.TrimPrefix(scanner.Text(), "\ufeff")
		if v, ok := strings.CutPrefix(line, "# Version: "); ok {
			version = v
		}
		line, _, _ = strings.Cut(line, "#")
		fields := strings.Split(line, ";")
		if len(fields) < 3 {
			continue
		}
		source := []rune(parse(fields[0]))[0]
		// ASCII looks like itself here: what differs only within ASCII (rn and m, 1 and l) is told apart by its context.
		if source < 0x80 || unicode.IsMark(source) {
			continue
		}
		if target := plain(source, parse(fields[1])); target != "" && target != string(source) {
			table[source] = target
		}
	}
	if err := scanner.Err(); err != nil {
		log.Fatal(err)
	}
	return version, table
}

func plain(source rune, target string) string {
	switch {
	case target == "rn":
		return "m" // m has the prototype rn
	case target == "l" && !unicode.IsLower(source):
		return "i" // I has the prototype l
	}
	var out strings.Builder
	for _, r := range norm.NFKD.String(cases.Fold().String(norm.NFKD.String(target))) {
		switch {
		case unicode.IsMark(r):
		case unicode.IsLetter(r):
			out.WriteRune(r)
		default:
			return "" // looks like punctuation or a digit
		}
	}
	return out.String()
}

func parse(hex string) string {
	var out strings.Builder
	for field := range strings.FieldsSeq(hex) {
		r, err := strconv.ParseUint(field, 16, 32)
		if err != nil {
			log.Fatal(err)
		}
		out.WriteRune(rune(r))
	}
	return out.String()
}
