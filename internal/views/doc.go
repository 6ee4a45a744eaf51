// Package views makes the forms of a text in which words are looked for, so that what is written in disguise is found and what is
// innocent is not. It knows characters and nothing of patterns, rules and networks.
//
//   - [Raw] is the text as it is.
//   - [Cased] is Raw without the difference between upper and lower case.
//   - [Folded] is for people who just write: Unicode case folding, compatibility forms resolved (NFKD: fullwidth, circled and
//     mathematical letters, ligatures), accents and other marks removed ("cómo" is "como"), what is invisible removed (zero width,
//     soft hyphens, variation selectors, direction marks, control characters, tatweel), typographic quotes and dashes made ASCII.
//     Marks that make another letter stay: vowel signs of India and Thailand, the marks of kana. Hangul is composed.
//   - [Skeleton] is Folded with letters replaced by what they look like (UTS #39), in the case in which they are written. It is
//     made word by word. A word that mixes scripts is read in the script that it cannot do without: "nitwіt" with a Cyrillic
//     letter is Latin, "глупaк" with a Latin one Cyrillic. A word in one other script is that word and no disguise ("но" is not
//     "ho"), if the text has letters of its script that look like no Latin one, or no Latin letters at all; in a Latin text it
//     is read as Latin. ASCII looks like itself: that rn looks like m and 1 like l is a matter of Deobfuscated.
//   - [Deobfuscated] is Skeleton with digits and symbols among letters read as letters ("n1tw!t"), with single letters joined
//     ("n.i.t", "n i t") and with letters repeated three times or more written once. Its text is for regular expressions
//     and for people; terms are compared letter by letter, by [Buffer.Letters], where each knows what it was written as. There follow other
//     readings of what can be read in several ways: a word that mixes Cyrillic letters with others in both scripts, what is shown
//     backwards as it is shown, a mark in the place of a vowel (n*twit) as each vowel.
//
// Each view knows for each of its bytes where it comes from, so that what is found can be shown in the text as written.
//
// The data come from Unicode 17.0 (confusables.txt) and from golang.org/x/text.
package views
