package store_test

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tribune-dev/tribune/internal/store"
)

// TestOpenedTwiceInOneProcess: a process loses its locks on a file when it closes it, however often it has opened it. So a ledger that is
// open must not be opened by anybody but SQLite, which knows of that.
func TestOpenedTwiceInOneProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	first, err := store.Open(t.Context(), store.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := first.HasAny(t.Context(), "acme", "post"); err != nil {
		t.Fatal(err)
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	// Closed after the ledger, for the reason above.
	t.Cleanup(func() { _ = first.Close(); _ = file.Close() })
	locked := func() bool {
		t.Helper()
		// Where SQLite locks: https://www.sqlite.org/fileformat.html#the_lock_byte_page
		asked := unix.Flock_t{Type: unix.F_WRLCK, Whence: io.SeekStart, Start: 0x40000002, Len: 510}
		if err := unix.FcntlFlock(file.Fd(), unix.F_OFD_GETLK, &asked); err != nil {
			t.Fatal(err)
		}
		return asked.Type != unix.F_UNLCK
	}
	if !locked() {
		t.Fatal("an open ledger holds no lock, so that this test shows nothing")
	}
	second, err := store.Open(t.Context(), store.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
	if !locked() {
		t.Error("the first ledger has lost its lock: another process may take it for unused")
	}
}
