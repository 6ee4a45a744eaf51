package store_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/tribune-dev/tribune/internal/store"
	"github.com/tribune-dev/tribune/internal/store/storetest"
)

// Where a child of the test writes until it is killed.
const childPath, childDSN = "TRIBUNE_TEST_LEDGER", "TRIBUNE_TEST_LEDGER_DSN_FILE"

func TestMain(m *testing.M) {
	if path, dsn := os.Getenv(childPath), os.Getenv(childDSN); path != "" || dsn != "" {
		writeUntilKilled(store.Options{Path: path, DSNFile: dsn})
	}
	os.Exit(m.Run())
}

// writeUntilKilled begins and finishes publications without end and prints what was acknowledged.
func writeUntilKilled(o store.Options) {
	l, err := store.Open(context.Background(), o)
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
func TestSurvivesKill(t *testing.T) { onEach(t, testSurvivesKill) }

func testSurvivesKill(t *testing.T, fresh func(testing.TB) place) {
	for _, after := range []int{1, 100, 1500} {
		t.Run(fmt.Sprint(after), func(t *testing.T) {
			there := fresh(t)
			child := exec.Command(os.Args[0])
			child.Env = append(os.Environ(), childPath+"="+there.Path, childDSN+"="+there.DSNFile)
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
			compare(t, there.open(t), acknowledged)
		})
	}
}

// compare what was acknowledged with what is recorded.
func compare(t *testing.T, l *store.Database, acknowledged map[string]string) {
	t.Helper()
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
}

// The server is killed again and again, and started again, while 16 write. A write fails or is there; who goes on writing
// needs to do nothing for it.
func TestSurvivesKillOfTheServer(t *testing.T) {
	server := storetest.Start(t)
	there := place{store.Options{DSNFile: storetest.DSNFile(t, server.Schema(t).String())}}
	l := there.open(t)
	var (
		mu           sync.Mutex
		acknowledged = map[string]string{}
		failed       int
		wg           sync.WaitGroup
	)
	written := make(chan struct{}, 1)
	note := func(post, state string, err error) {
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			failed++
			return
		}
		acknowledged[post] = state
		select {
		case written <- struct{}{}:
		default:
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	for worker := range 16 {
		wg.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				p := attempt("a")
				p.Identity = id(fmt.Sprintf("post-%d-%d", worker, i), 0)
				_, won, err := l.Begin(context.Background(), p)
				note(p.Post, "Sending", err)
				if err == nil && !won {
					t.Errorf("%s lost against nobody", p.Post)
				}
				if err == nil {
					note(p.Post, "Published", l.Finish(context.Background(), p.Identity, "a", store.Outcome{State: store.Published}))
				}
			}
		})
	}
	for range 4 {
		for range 200 {
			<-written
		}
		server.Kill()
		for len(written) > 0 {
			<-written
		}
		if err := server.Run(); err != nil {
			t.Fatal(err)
		}
		<-written // it goes on by itself
	}
	stop()
	wg.Wait()
	compare(t, l, acknowledged)
	t.Logf("%d writes failed", failed)
	if failed == 0 {
		t.Error("no write failed: the server was not killed while it was written to")
	}
}
