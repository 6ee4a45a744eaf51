package store_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tribune-dev/tribune/internal/store"
	"github.com/tribune-dev/tribune/internal/store/storetest"
)

// No way to write a DSN wrong shows any part of the password.
func TestWrongDSNShowsNoPassword(t *testing.T) {
	for _, dsn := range []string{
		"",
		"TOPsecret1",
		"postgres://user:TOPsecret1@127.0.0.1:notaport/db",
		"postgres://user:TOPsecret1/SECRET2@127.0.0.1:1/db",
		"postgres://user:TOPsecret1?SECRET2@127.0.0.1:1/db",
		"postgres://user:12345?SECRET2@127.0.0.1:1/db",
		"postgres://user:12345#SECRET2@127.0.0.1:1/db",
		"postgres://user:12345/SECRET2@127.0.0.1:1/db",
		"postgres://user:TOPsecret1%@127.0.0.1:1/db",
		"postgres://user:TOPsecret1 SECRET2@127.0.0.1:1/db",
		"postgres://user:TOPsecret1@127.0.0.1:1/db?sslmode=nonsense",
		"postgres://user:TOPsecret1@127.0.0.1:1/db?sslmode=disable&nonsense=SECRET2",
		"postgres://user:TOPsecret1@127.0.0.1:1/db?sslmode=verify-full&sslrootcert=/nowhere/ca.pem",
		"host=127.0.0.1 port=1 user=u password=TOPsecret1 SECRET2 dbname=d",
		"host=127.0.0.1 port=1 user=u password=TOPsecret1 SECRET2=x dbname=d",
		"host=127.0.0.1 port=1 user=u password='TOPsecret1",
		"host=127.0.0.1 port=1 user=u password=TOPsecret1 sslmode=nonsense",
		"mysql://user:TOPsecret1@127.0.0.1:1/db",
		"postgres://user:TOPsecret1@127.0.0.1:1/db", // nobody listens there
		"host=127.0.0.1 port=1 user=u password=TOPsecret1 dbname=d",
	} {
		var log bytes.Buffer
		o := store.Options{DSNFile: storetest.DSNFile(t, dsn), Wait: time.Millisecond, Log: slog.New(slog.NewTextHandler(&log, nil))}
		l, err := store.Open(t.Context(), o)
		if err == nil {
			_ = l.Close()
			t.Errorf("%q was taken", dsn)
			continue
		}
		_, reading := store.OpenReader(t.Context(), o)
		if reading == nil {
			t.Errorf("%q was taken by a reader", dsn)
			continue
		}
		said := fmt.Sprintf("%v %+v %s %v", err, err, log.String(), reading)
		for _, part := range []string{"TOPsecret1", "SECRET2", "12345"} {
			if strings.Contains(said, part) {
				t.Errorf("%q shows the password: %s", dsn, said)
			}
		}
		if !strings.Contains(err.Error(), o.DSNFile) {
			t.Errorf("%q: the error does not name the file: %v", dsn, err)
		}
	}
}

// What is wrong with a server is said, with what to do, and time is not lost where it does not help.
func TestOpenSaysWhatIsWrong(t *testing.T) {
	server := storetest.Shared(t)
	good := server.Schema(t)
	change := func(f func(u *url.URL, q url.Values)) string {
		u := *good
		q := u.Query()
		f(&u, q)
		u.RawQuery = strings.ReplaceAll(q.Encode(), "+", "%20")
		return storetest.DSNFile(t, u.String())
	}
	for name, tc := range map[string]struct {
		o    store.Options
		want string
	}{
		"no file":           {store.Options{DSNFile: "/nowhere/dsn"}, "no such file"},
		"two ledgers":       {store.Options{DSNFile: "x", Path: "y"}, "the ledger is in one of them"},
		"wrong password":    {store.Options{DSNFile: change(func(u *url.URL, _ url.Values) { u.User = url.UserPassword("tribune", "wrong") })}, "password authentication failed"},
		"no database":       {store.Options{DSNFile: change(func(u *url.URL, _ url.Values) { u.Path = "/nothing" })}, "does not exist"},
		"no schema":         {store.Options{DSNFile: change(func(_ *url.URL, q url.Values) { q.Set("search_path", "nothing") })}, "create it, or leave search_path out"},
		"no TLS there":      {store.Options{DSNFile: change(func(_ *url.URL, q url.Values) { q.Set("sslmode", "require") }), Wait: 600 * time.Millisecond}, "refused TLS"},
		"read-only":         {store.Options{DSNFile: change(func(_ *url.URL, q url.Values) { q.Set("options", "-c default_transaction_read_only=on") })}, "takes no writes"},
		"nobody is there":   {store.Options{DSNFile: change(func(u *url.URL, _ url.Values) { u.Host = "127.0.0.1:1" }), Wait: 600 * time.Millisecond}, "no answer for 600ms"},
		"no right to write": {store.Options{DSNFile: change(func(u *url.URL, _ url.Values) { u.User = limited(t, good) })}, "may not create tables"},
	} {
		begun := time.Now()
		var log bytes.Buffer
		tc.o.Log = slog.New(slog.NewTextHandler(&log, nil))
		l, err := store.Open(t.Context(), tc.o)
		if err == nil {
			_ = l.Close()
		}
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
		if took := time.Since(begun); took > 5*time.Second {
			t.Errorf("%s: it took %s to say so", name, took)
		}
		if waited := strings.Contains(log.String(), "tried again"); waited != (tc.o.Wait > 0) {
			t.Errorf("%s: waited %v: %s", name, waited, &log)
		}
	}
}

// limited is a role that may look and nothing else.
func limited(t *testing.T, dsn *url.URL) *url.Userinfo {
	t.Helper()
	storetest.Exec(t, dsn, "DROP ROLE IF EXISTS limited; CREATE ROLE limited LOGIN PASSWORD 'limited'; GRANT USAGE ON SCHEMA "+dsn.Query().Get("search_path")+" TO limited")
	return url.UserPassword("limited", "limited")
}

// A server that comes later is waited for.
func TestOpenWaitsForTheServer(t *testing.T) {
	server := storetest.Start(t)
	there := place{store.Options{DSNFile: storetest.DSNFile(t, server.Schema(t).String()), Wait: time.Minute}}
	server.Stop()
	waits := make(chan struct{})
	there.Log = slog.New(slog.NewTextHandler(&once{ch: waits}, nil))
	started := make(chan error, 1)
	go func() { <-waits; started <- server.Run() }()
	l := there.open(t)
	if err := <-started; err != nil {
		t.Fatal(err)
	}
	begin(t, l, attempt("a"))

	// A server that goes later fails the write, and the next one goes on when it is back, without help.
	server.Stop()
	if err := l.Finish(t.Context(), id("launch", 0), "a", store.Outcome{State: store.Published}); err == nil {
		t.Error("written without a server")
	}
	if _, err := l.HasAny(t.Context(), "acme", "launch"); err == nil {
		t.Error("read without a server")
	}
	if err := server.Run(); err != nil {
		t.Fatal(err)
	}
	finish(t, l, "a", store.Outcome{State: store.Published})
	if has, err := l.HasAny(t.Context(), "acme", "launch"); err != nil || !has {
		t.Errorf("%v %v", has, err)
	}
	// The same for connections that were good a moment ago.
	server.Stop()
	if err := server.Run(); err != nil {
		t.Fatal(err)
	}
	finish(t, l, "a", store.Outcome{State: store.Deleted})

	// A changed password needs no restart: the file is read again.
	text, err := os.ReadFile(there.DSNFile)
	if err != nil {
		t.Fatal(err)
	}
	storetest.Exec(t, server.Schema(t), "ALTER ROLE tribune PASSWORD 'another'")
	if err := os.WriteFile(there.DSNFile, bytes.ReplaceAll(text, []byte(server.Password), []byte("another")), 0o600); err != nil {
		t.Fatal(err)
	}
	server.Password = "another"
	server.Stop()
	if err := server.Run(); err != nil {
		t.Fatal(err)
	}
	p := attempt("b")
	p.Post = "after"
	begin(t, l, p)
}

// once closes its channel when something is written.
type once struct{ ch chan struct{} }

func (o *once) Write(p []byte) (int, error) {
	if o.ch != nil {
		close(o.ch)
		o.ch = nil
	}
	return len(p), nil
}
