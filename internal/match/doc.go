// Package match finds many patterns in a text at once: words and regular expressions on views of the text (package views), and
// domains in its links. It knows nothing of rules and of what follows from a hit.
//
// # Terms
//
// A [Term] is taken through the view on which it is looked for, so "Cómo" finds "como" on Folded. White space in a term is any one
// white space character. [As] says where it has to stand:
//
//   - [Word]: between borders of words, by Unicode: letters, digits and marks of any script belong together. An underscore separates.
//     An apostrophe between letters does not ("j'ai" does not hold "ai", "who're" not "who"), but after an elision of French, Italian or
//     Catalan (l', d', qu', dell') for terms of three letters or more ("l'idiot" holds "idiot"), and before the s of a possessive
//     ("nitwit's"). So neither does the middle dot of Catalan (col·legi), nor a dot or comma between digits. Han, kana, Thai, Lao, Khmer,
//     Burmese and Tibetan put no spaces between words: at their letters there is always a border. A term that begins or ends with
//     something else than a letter or digit (#tag, c++) needs no border there.
//   - [Substring]: anywhere. - [Exact], [Prefix], [Suffix]: the whole text, its beginning, its end, but for white space.
//
// # Terms on Deobfuscated
//
// There a term is compared letter by letter with what the text's letters can mean, and what is innocent stays so:
//
//   - Digits and symbols are letters beside letters: n1tw!t, a$$hole. At least two plain letters are needed, one if the rest are symbols:
//     "A55" is a telephone; one does in a term of seven letters, or of five if two of the rest are symbols. Digits around a word do not hide it: nitwit123.
//   - 1, ! and | are i or l; a capital I is an l after small letters, an l an i where no word has an l (nltwit); v is a u, rn an m and vv
//     a w where no word has them so, ph an f. A mark in the place of a vowel is any one (n*twit), in terms of four letters or more.
//   - Single letters are joined: n.i.t.w.i.t, n i t w i t. Longer pieces are joined over hyphens and their like (nit-wit), over full
//     stops only in long words and not at the end of a sentence, over spaces never but for one piece among single letters ("the pen is").
//   - A letter three times or more is any number of it (niiitwit). Twice is what it is (good is not god), unless three letters are doubled, or
//     two in a word of five, or in such a word one that languages do not double.
//   - URLs are read as they are.
//   - A term that holds digits or symbols means them, and is looked for on Skeleton.
//
// For Exact, Prefix and Suffix only letters count there.
//
// # Regular expressions
//
// A [Regex] has the syntax and the meaning of RE2, which is that of Go's package regexp: no look-around, no back references, linear time;
// \b and \w know ASCII only. What it has as plain text is folded as the view is, and case counts only on Raw with CaseSensitive. As
// Word it must match between borders of words, found among its matches without overlap. An expression is tried only on texts with a
// string that its matches need, so one without such a string (\d+, .*) costs time on each text: [Matcher.Slow] counts those.
//
// # Speed
//
// All keys are one automaton (Aho and Corasick), which reads each view once, and views that are alike once together; a filter tells it
// where no key can begin, which is most of a text. Keys of one byte, such as a term of one letter, leave it nothing to tell. A text
// without a hit allocates nothing. Time is linear in the text.
package match
