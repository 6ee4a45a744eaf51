package compose

import "unicode"

// IsPictograph lets the table be tested.
func IsPictograph(r rune) bool { return unicode.Is(pictographs, r) }
