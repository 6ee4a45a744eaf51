package store

import (
	"context"
	"fmt"
	"math/bits"
	"slices"
	"strings"
)

// lists is how many rows, keys or questions are given to a database with one statement. Few different statements may come of it, as each is
// prepared.
type lists interface {
	// chunk is how many of n rows are given at once.
	chunk(n int) int
	// table of rows of one width: what follows the columns of an INSERT, or stands in parentheses after IN and AS. Texts, numbers, and nil
	// for a number that is not known.
	table(values [][]any) (query string, args []any, err error)
	// among is the condition that what stands before it is one of some keys, which are at most maxKeys.
	among(keys []string) (condition string, args []any)
	// oneOf is as among where each key has one row at most, which an index finds.
	oneOf(keys []string) (condition string, args []any)
	// together is how many questions are asked at once. each asks a query, which ends with LIMIT ?, about each of them, which are its other
	// arguments; most answers to each, which begin with the number of their question.
	together() int
	each(query string, questions [][]any, most int64) (whole string, args []any, err error)
}

// maxKeys is the most keys that are looked for with one statement.
const maxKeys = 256

// inChunks calls f for parts of n rows.
func inChunks(l lists, n int, f func(from, to int) error) error {
	for from := 0; from < n; {
		size := l.chunk(n - from)
		if err := f(from, from+size); err != nil {
			return err
		}
		from += size
	}
	return nil
}

// addRows writes rows, as many with one statement as it takes.
func (t *transaction) addRows(ctx context.Context, into, onKnown string, values [][]any) error {
	return inChunks(t.engine.lists, len(values), func(from, to int) error {
		table, args, err := t.engine.lists.table(values[from:to])
		if err != nil {
			return err
		}
		_, err = t.exec(ctx, into+table+onKnown, args...)
		return err
	})
}

// parameters are lists with a parameter for each value: few sizes are prepared, and what is missing is filled up where it changes nothing.
type parameters struct{}

// maxRows is the most rows that one statement has parameters for.
const maxRows = 256

func (parameters) chunk(n int) int { return min(maxRows, 1<<(bits.Len(uint(n))-1)) }

func (parameters) table(values [][]any) (query string, args []any, err error) {
	return "VALUES " + placeholders(len(values), len(values[0])), slices.Concat(values...), nil
}

func (parameters) among(keys []string) (condition string, args []any) {
	size := sizeFor(len(keys))
	args = make([]any, size)
	for i := range args {
		args[i] = keys[min(i, len(keys)-1)]
	}
	return " IN " + placeholders(1, size), args
}

func (p parameters) oneOf(keys []string) (condition string, args []any) { return p.among(keys) }

// together: a union takes 500 parts at most.
func (parameters) together() int { return 64 }

func (parameters) each(query string, questions [][]any, most int64) (whole string, args []any, err error) {
	size := sizeFor(len(questions))
	parts := make([]string, size)
	args = make([]any, 0, size*(len(questions[0])+1))
	for i := range parts {
		parts[i] = fmt.Sprintf("SELECT * FROM (SELECT %d AS nr, %s) AS q%d", i, query, i)
		if i >= len(questions) {
			most = 0 // what fills up has no answer
		}
		args = append(append(args, questions[min(i, len(questions)-1)]...), most)
	}
	return strings.Join(parts, " UNION ALL "), args, nil
}

// sizes of lists of keys in a statement.
var sizes = []int{1, 8, 64, maxKeys}

func sizeFor(n int) int {
	i, _ := slices.BinarySearch(sizes, n)
	return sizes[min(i, len(sizes)-1)]
}

func placeholders(rows, columns int) string {
	one := "(?" + strings.Repeat(", ?", columns-1) + ")"
	return one + strings.Repeat(", "+one, rows-1)
}

// arrays are lists with a parameter for each column: however many rows there are, the statement is the same, and is planned once.
type arrays struct{}

func (arrays) chunk(n int) int { return min(n, 1024) }

func (arrays) table(values [][]any) (query string, args []any, err error) {
	types, args, err := arraysOf(values)
	return "SELECT * FROM unnest(" + types + ")", args, err
}

// among joins with the keys: it would compare each row with each element of an array that it does not know when it plans.
func (arrays) among(keys []string) (condition string, args []any) {
	return " IN (SELECT unnest(CAST(? AS TEXT[])))", []any{keptAll(keys)}
}

// oneOf looks each key up: for a join the server would read all of a table that it takes for a small one.
func (arrays) oneOf(keys []string) (condition string, args []any) {
	return " = ANY(CAST(? AS TEXT[]))", []any{keptAll(keys)}
}

func (arrays) together() int { return maxKeys }

// each joins the questions with their answers, which a server plans once: a union it plans part by part, and that takes longer than to answer.
func (arrays) each(query string, questions [][]any, most int64) (whole string, args []any, err error) {
	types, args, err := arraysOf(questions)
	if err != nil {
		return "", nil, err
	}
	var names strings.Builder
	for i := range args {
		fmt.Fprintf(&names, "a%d, ", i)
		query = strings.Replace(query, "?", fmt.Sprintf("q.a%d", i), 1)
	}
	return "SELECT q.nr - 1, f.* FROM unnest(" + types + ") WITH ORDINALITY AS q (" + names.String() + "nr) CROSS JOIN LATERAL (SELECT " + query + ") AS f", append(args, most), nil
}

// arraysOf rows are their columns as arrays, and their types.
func arraysOf(values [][]any) (types string, arrays []any, err error) {
	arrays, names := make([]any, len(values[0])), make([]string, len(values[0]))
	for c := range arrays {
		switch values[0][c].(type) {
		case string:
			arrays[c], err = textsOf(values, c)
			names[c] = "CAST(? AS TEXT[])"
		default:
			arrays[c], err = numbersOf(values, c)
			names[c] = "CAST(? AS BIGINT[])"
		}
		if err != nil {
			return "", nil, err
		}
	}
	return strings.Join(names, ", "), arrays, nil
}

func textsOf(values [][]any, c int) ([]string, error) {
	out := make([]string, len(values))
	for i, row := range values {
		text, is := row[c].(string)
		if !is {
			return nil, fmt.Errorf("column %d of what is written has a %T among texts", c+1, row[c])
		}
		out[i] = kept(text)
	}
	return out, nil
}

func numbersOf(values [][]any, c int) (any, error) {
	out := make([]int64, len(values))
	var unknown []bool
	for i, row := range values {
		switch n := row[c].(type) {
		case int64:
			out[i] = n
		case int:
			out[i] = int64(n)
		case nil:
			if unknown == nil {
				unknown = make([]bool, len(values))
			}
			unknown[i] = true
		default:
			return nil, fmt.Errorf("column %d of what is written has a %T among numbers", c+1, n)
		}
	}
	if unknown == nil {
		return out, nil
	}
	known := make([]*int64, len(out))
	for i := range out {
		if !unknown[i] {
			known[i] = &out[i]
		}
	}
	return known, nil
}
