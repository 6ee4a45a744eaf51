package match

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// filter tells where in a text no key begins, by the first bytes at that place: most text is not worth the while of the automaton,
// whose rows do not fit into the caches of a processor.
type filter struct {
	shortest int // key, in bytes
	// long is of keys that have as many bytes as prefix holds, short of shorter ones; nil if there are none.
	long   bloom
	prefix uint64
	short  *bitmap
}

const (
	mostPrefix  = 6
	leastPrefix = 4 // for all keys; if there are shorter ones, they are looked for besides
	shortPrefix = 3
	ahead       = 8 // the bytes of a word, which is what is looked at together
	stride      = ahead - mostPrefix + 1
)

// newFilter gives nil if keys are too short to tell anything, or if so many are short that most places would pass.
func newFilter(keys []string) *filter {
	size := shortest(keys)
	if size < shortPrefix-1 {
		return nil
	}
	n := min(size, mostPrefix)
	if n < leastPrefix {
		n = mostPrefix
	}
	var long, short []uint64
	for _, key := range keys {
		switch {
		case len(key) >= n:
			long = prefixes(long, key[:n], 0)
		case len(key) >= shortPrefix:
			short = prefixes(short, key[:shortPrefix], 0)
		default:
			for next := range uint64(256) {
				short = prefixes(short, key, next<<(8*len(key)))
			}
		}
	}
	if len(short) > maxShort {
		return nil
	}
	f := &filter{shortest: size, long: newBloom(long), prefix: 1<<(8*n) - 1}
	if len(short) > 0 {
		f.short = newBitmap(short)
	}
	return f
}

// prefixes adds a prefix as a number, with each kind of white space for any.
func prefixes(to []uint64, prefix string, number uint64) []uint64 {
	for i := range len(prefix) {
		if !isBlank(prefix[i]) {
			number |= uint64(prefix[i]) << (8 * i)
			continue
		}
		rest := string(make([]byte, i+1)) + prefix[i+1:]
		for _, c := range []byte(blanks) {
			to = prefixes(to, rest, number|uint64(c)<<(8*i))
		}
		return to
	}
	return append(to, number)
}

// next gives the first place from i on where a key may begin. The last bytes of a text, which are too few to look at, are such a place.
func (f *filter) next(text []byte, i int) int {
	if f.short != nil {
		return f.nextOfTwo(text, i)
	}
	prefix, long := f.prefix, f.long
	for ; i+ahead <= len(text); i += stride {
		w := binary.LittleEndian.Uint64(text[i : i+ahead])
		switch {
		case long.has(w & prefix):
			return i
		case long.has(w >> 8 & prefix):
			return i + 1
		case long.has(w >> 16 & prefix):
			return i + 2
		}
	}
	return i
}

// nextOfTwo is next where there are short keys.
func (f *filter) nextOfTwo(text []byte, i int) int {
	const least = 1<<(8*shortPrefix) - 1
	prefix, long, short := f.prefix, f.long, f.short
	for ; i+ahead <= len(text); i += stride {
		w := binary.LittleEndian.Uint64(text[i : i+ahead])
		switch {
		case long.has(w&prefix) || short.has(w&least):
			return i
		case long.has(w>>8&prefix) || short.has(w>>8&least):
			return i + 1
		case long.has(w>>16&prefix) || short.has(w>>16&least):
			return i + 2
		}
	}
	return i
}

// bloom is a set of numbers that may say yes for one that it has not (a Bloom filter of two bits in one word).
type bloom struct {
	words []uint64
	shift uint8
}

// bitsPer is how many bits there are at least for a number: then one in some hundreds of others is taken for one of them.
const bitsPer = 24

func newBloom(numbers []uint64) bloom {
	slices.Sort(numbers)
	numbers = slices.Compact(numbers)
	size := max(1, bits.Len(uint(bitsPer*len(numbers)/64)))
	b := bloom{words: make([]uint64, 1<<size), shift: uint8(64 - 6 - size)}
	for _, n := range numbers {
		h := n * spread
		x := h >> (b.shift & 63)
		b.words[x>>6] |= 1<<(x&63) | 1<<(h>>second&63)
	}
	return b
}

const (
	// spread makes numbers that are alike differ in their high bits, which are the place of a word and of its first bit.
	spread = 0x9e3779b97f4a7c15
	// second is where those of the other bit are.
	second = 30
)

func (b *bloom) has(n uint64) bool {
	h := n * spread
	x := h >> (b.shift & 63)
	word := b.words[x>>6]
	return word>>(x&63)&1 != 0 && word>>(h>>second&63)&1 != 0
}

// bitmap is a set like bloom for few numbers, of one bit each.
type bitmap [1 << 10]uint64

// maxShort is how many numbers a bitmap may have: then one in eight others is taken for one of them.
const maxShort = len(bitmap{}) * 64 / 8

func newBitmap(numbers []uint64) *bitmap {
	b := new(bitmap)
	for _, n := range numbers {
		x := n * spread >> 48
		b[x>>6] |= 1 << (x & 63)
	}
	return b
}

func (b *bitmap) has(n uint64) bool {
	x := n * spread >> 48
	return b[x>>6]>>(x&63)&1 != 0
}
