package store

import (
	"context"
	"database/sql"
)

// lane is what a write must not run beside.
type lane int

const (
	// exclusive runs beside no other write, of whichever process.
	exclusive lane = iota
	// listening is Take and judging is Decide. They may run beside each other, as what they write has nothing in common but items and the
	// places of those that wait, and there each looks at a row as the other left it: Take has an edited item decided about anew, and
	// Decide leaves out what changed since it was judged. Each runs alone among its own kind, and beside nothing else.
	listening
	judging

	numLanes
)

// writers of the lanes. Where the database has one place for all that is written, they are one.
type writers [numLanes]*writer

// startWriters starts a writer for each lane that the database has, and the others use the first.
func startWriters(ctx context.Context, e *engine, db *sql.DB) (all writers, err error) {
	for i, begin := range e.begin {
		w, err := startWriter(ctx, e, db, begin)
		if err != nil {
			all.close()
			return all, err
		}
		all[i] = w
	}
	for i := len(e.begin); i < len(all); i++ {
		all[i] = all[exclusive]
	}
	return all, nil
}

func (all *writers) close() {
	for _, w := range all {
		if w != nil {
			w.close() // once more does nothing
		}
	}
}
