package store_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/tribune-dev/tribune/internal/store"
)

const childPath = "TRIBUNE_TEST_LEDGER"

func TestMain(m *testing.M) {
	if path := os.Getenv(childPath); path != "" {
		writeUntilKilled(path)
	}
	os.Exit(m.Run())
}

// writeUntilKilled begins and finishes publications without end and prints what was acknowledged.
func writeUntilKilled(path string) {
	l, err := store.Open(context.Background(), store.Options{Path: path})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	var mu sync.Mutex
	say := func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintf(os.Stdout, format+"\n", args...)
	}
	for worker := range 16 {
		go func() {
			for i := 0; ; i++ {
				p := attempt("a")
				p.Identity = id(fmt.Sprintf("post-%d-%d", worker, i), 0)
				if _, won, err := l.Begin(context.Background(), p); err != nil || !won {
					say("error %v %v", won, err)
				}
				say("Sending %s", p.Post)
				if err := l.Finish(context.Background(), p.Identity, "a", store.Outcome{State: store.Published}); err != nil {
					say("error %v", err)
				}
				say("Published %s", p.Post)
			}
		}()
	}
	select {}
}

// What was acknowledged before a SIGKILL is there after it.
func TestSurvivesKill(t *testing.T) {
	for _, after := range []int{1, 100, 1500} {
		t.Run(fmt.Sprint(after), func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "ledger.db")
			child := exec.Command(os.Args[0])
			child.Env = append(os.Environ(), childPath+"="+path)
			child.Stderr = os.Stderr
			out, err := child.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := child.Start(); err != nil {
				t.Fatal(err)
			}
			acknowledged := map[string]string{}
			lines := bufio.NewScanner(out)
			for n := 1; lines.Scan(); n++ {
				state, post, _ := strings.Cut(lines.Text(), " ")
				if state == "error" {
					t.Error(lines.Text())
				}
				acknowledged[post] = state
				if n == after {
					if err := child.Process.Kill(); err != nil {
						t.Fatal(err)
					}
				}
			}
			_ = child.Wait()
			l := open(t, path)
			for post, state := range acknowledged {
				rows, err := l.ByPost(t.Context(), "acme", post)
				if err != nil || len(rows) != 1 {
					t.Fatalf("%s: %v %v", post, rows, err)
				}
				if got := string(rows[0].State); got != state && (state != "Sending" || got != "Published") {
					t.Errorf("%s: %s was acknowledged, %s is recorded", post, state, got)
				}
			}
			t.Logf("%d publications acknowledged", len(acknowledged))
		})
	}
}
