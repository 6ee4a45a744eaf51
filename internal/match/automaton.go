package match

import (
	"cmp"
	"slices"
)

// automaton finds many keys in one pass (Aho and Corasick). Bytes are reduced to the classes that keys tell apart. States are
// numbered by their depth: the first have a row with the next state for each class, so that a byte costs one look-up; if
// there are very many keys, deep states, which few texts reach, have only their children and the state to fall back to.
type automaton struct {
	class  [256]uint8
	stride int32
	// rows are the next states of dense states, as references.
	rows []int32
	// child, sibling, byClass and fail are of each state; 0 ends a list.
	child, sibling, fail []int32
	byClass              []uint8
	dense                int32 // the number of dense states
	// level are the first references of states of a depth.
	level [shallow + 1]int32
	// out is the first key that ends in a state, plus one; link the next state to look for keys that are suffixes.
	out, link []int32
}

// shallow is the least depth of states that are worth going on from, rather than look again where a key may begin.
const shallow = mostPrefix

// maxRows bounds the memory of rows, in bytes.
const maxRows = 48 << 20

// A reference to a state is the place of its row, or len(rows) plus what its number exceeds dense by. The sign says that keys
// end there.
const ends = -1 << 31

// newAutomaton takes keys, no two alike and none empty. White space is alike.
func newAutomaton(keys []string) *automaton {
	return newBounded(keys, maxRows)
}

// newBounded is newAutomaton with as many bytes for rows.
func newBounded(keys []string, rows int32) *automaton {
	a := &automaton{stride: 1}
	a.classes(keys)
	depths := a.trie(keys)
	a.links(rows)
	for depth := range a.level {
		// Beyond the deepest state there is none.
		a.level[depth] = a.place(depths[min(depth, len(depths)-1)])
	}
	return a
}

func (a *automaton) classes(keys []string) {
	var used [256]bool
	for _, key := range keys {
		for i := range len(key) {
			used[key[i]] = true
		}
	}
	for b, is := range used {
		if is && !isBlank(byte(b)) && a.stride < 255 {
			a.class[b] = uint8(a.stride)
			a.stride++
		}
	}
	for _, b := range []byte(blanks) {
		a.class[b] = uint8(a.stride)
	}
	a.stride++
}

const blanks = " \t\n\r"

func isBlank(b byte) bool { return b == ' ' || b == '\t' || b == '\n' || b == '\r' }

// span is the keys that share a prefix.
type span struct{ from, to, state int32 }

// trie makes the states level by level, from the keys in order, and gives the first state of each depth and one more than all.
func (a *automaton) trie(keys []string) (depths []int32) {
	order := make([]int32, len(keys))
	for i := range order {
		order[i] = int32(i)
	}
	sorted := make([]string, len(keys))
	for i, key := range keys {
		b := []byte(key)
		for k := range b {
			b[k] = a.class[b[k]]
		}
		sorted[i] = string(b)
	}
	slices.SortFunc(order, func(x, y int32) int { return cmp.Compare(sorted[x], sorted[y]) })
	a.state(0)
	level := []span{{to: int32(len(keys))}}
	for depth := 0; len(level) > 0; depth++ {
		depths = append(depths, level[0].state)
		var next []span
		for _, s := range level {
			for s.from < s.to && len(sorted[order[s.from]]) == depth {
				a.out[s.state] = order[s.from] + 1
				s.from++
			}
			last := int32(0)
			for from := s.from; from < s.to; {
				c := sorted[order[from]][depth]
				to := from + 1
				for to < s.to && sorted[order[to]][depth] == c {
					to++
				}
				child := a.state(c)
				if last == 0 {
					a.child[s.state] = child
				} else {
					a.sibling[last] = child
				}
				last = child
				next = append(next, span{from: from, to: to, state: child})
				from = to
			}
		}
		level = next
	}
	return append(depths, int32(len(a.child)))
}

func (a *automaton) state(c uint8) int32 {
	a.child, a.sibling, a.fail = append(a.child, 0), append(a.sibling, 0), append(a.fail, 0)
	a.byClass, a.out, a.link = append(a.byClass, c), append(a.out, 0), append(a.link, 0)
	return int32(len(a.child) - 1)
}

// links makes the rows and the ways back. States are in the order of their depth, so what a state falls back to is ready.
func (a *automaton) links(rows int32) {
	a.dense = min(int32(len(a.child)), max(1, rows/4/a.stride))
	a.rows = make([]int32, a.dense*a.stride)
	for s := range int32(len(a.child)) {
		if s < a.dense {
			row := a.rows[s*a.stride : (s+1)*a.stride]
			if s > 0 {
				copy(row, a.rows[a.fail[s]*a.stride:(a.fail[s]+1)*a.stride])
			}
		}
		for c := a.child[s]; c != 0; c = a.sibling[c] {
			if s > 0 {
				a.fail[c] = a.number(a.step(a.reference(a.fail[s]), a.byClass[c]))
			}
			f := a.fail[c]
			if a.link[c] = f; a.out[f] == 0 {
				a.link[c] = a.link[f]
			}
		}
		if s < a.dense {
			for c := a.child[s]; c != 0; c = a.sibling[c] {
				a.rows[s*a.stride+int32(a.byClass[c])] = a.reference(c)
			}
		}
	}
}

// place is a reference without its sign.
func (a *automaton) place(s int32) int32 {
	if s >= a.dense {
		return int32(len(a.rows)) + s - a.dense
	}
	return s * a.stride
}

func (a *automaton) reference(s int32) int32 {
	r := a.place(s)
	if a.out[s] != 0 || a.link[s] != 0 {
		r |= ends
	}
	return r
}

func (a *automaton) number(reference int32) int32 {
	reference &^= ends
	if reference >= int32(len(a.rows)) {
		return reference - int32(len(a.rows)) + a.dense
	}
	return reference / a.stride
}

// step gives the state after a byte of class c.
func (a *automaton) step(reference int32, c uint8) int32 {
	reference &^= ends
	if int(reference) < len(a.rows) {
		return a.rows[reference+int32(c)]
	}
	return a.walk(a.number(reference), c)
}

// walk steps from a state without a row.
func (a *automaton) walk(s int32, c uint8) int32 {
	for {
		if s < a.dense {
			return a.rows[s*a.stride+int32(c)]
		}
		for child := a.child[s]; child != 0; child = a.sibling[child] {
			if a.byClass[child] == c {
				return a.reference(child)
			}
		}
		s = a.fail[s]
	}
}
