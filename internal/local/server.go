// Package local is the built-in network: a small social network of its own, with accounts, posts, threads, pictures,
// comments, reactions and follows, kept in SQLite and served as web pages and a JSON API. Teams use it for a first run
// and to rehearse; tests use it as a network whose log tells what was really asked of it, and which fails on request.
//
// It must not know Kubernetes, Tribune's objects or its controllers: they meet it over HTTP only.
package local

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tribune-dev/tribune/internal/local/wire"
)

// Options are what New needs; the zero value is a network in memory that anyone on this machine may write to.
type Options struct {
	// DBPath is the database file, made if need be. Empty: in memory, gone after Close.
	DBPath string
	// Token must come with every write ("Authorization: Bearer ..."). Empty: no token is needed, and only requests
	// that name this machine (localhost, a loopback address) or URL's host are answered.
	Token string
	// URL is where people reach the pages, such as https://rehearsal.example; links begin with it. Empty: links begin
	// with the host that a request names.
	URL string
	// Faults are what the network does wrong on purpose.
	Faults Faults
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Logger gets what an operator of the server must know; nil means none.
	Logger *slog.Logger
}

// Server is the network, an http.Handler. It must be closed.
type Server struct {
	store  *store
	token  string
	url    *url.URL
	now    func() time.Time
	log    *slog.Logger
	api    *http.ServeMux
	pages  *http.ServeMux
	faults atomic.Pointer[misfortune]
	// late counts what is stored after its client has gone.
	late      sync.WaitGroup
	closeOnce sync.Once
	closing   chan struct{}
	closeErr  error
}

// New opens the database and makes the server. Errors say which option is wrong.
func New(o Options) (*Server, error) {
	s := &Server{token: o.Token, now: o.Now, log: o.Logger, closing: make(chan struct{})}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if o.URL != "" {
		u, err := url.Parse(strings.TrimSuffix(o.URL, "/"))
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
			return nil, fmt.Errorf("the URL %q must be http:// or https:// with a host and no query", o.URL)
		}
		s.url = u
	}
	var err error
	if s.store, err = openStore(o.DBPath); err != nil {
		return nil, err
	}
	s.SetFaults(o.Faults)
	if f := o.Faults.String(); f != "" {
		s.log.Warn("The built-in network fails on purpose", "faults", f)
	}
	s.api, s.pages = s.apiRoutes(), s.pageRoutes()
	return s, nil
}

// SetFaults changes what the network does wrong from the next call on, for tests in this process; dice and counters
// begin anew. No HTTP call can do this.
func (s *Server) SetFaults(f Faults) { s.faults.Store(newMisfortune(f)) }

// Close finishes what was received, posts stored late included, and closes the database. Calls that come afterwards
// are answered with 503.
func (s *Server) Close() error {
	s.closeOnce.Do(func() {
		close(s.closing)
		s.late.Wait()
		s.closeErr = s.store.Close()
	})
	return s.closeErr
}

func (s *Server) apiRoutes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/{ns}/{ch}", s.read(ours, s.getAccount))
	mux.HandleFunc("PUT /api/v1/{ns}/{ch}", s.write(maxJSONBody, ours, s.putAccount))
	mux.HandleFunc("GET /api/v1/{ns}/{ch}/posts", s.read(ours, s.listPosts))
	mux.HandleFunc("POST /api/v1/{ns}/{ch}/posts", s.write(maxJSONBody, ours, s.createPost))
	mux.HandleFunc("GET /api/v1/{ns}/{ch}/posts/{id}", s.read(ours, s.getPost))
	mux.HandleFunc("PUT /api/v1/{ns}/{ch}/posts/{id}", s.write(maxJSONBody, ours, s.editPost))
	mux.HandleFunc("DELETE /api/v1/{ns}/{ch}/posts/{id}", s.write(0, ours, s.deletePost))
	mux.HandleFunc("GET /api/v1/{ns}/{ch}/posts/{id}/thread", s.read(ours, s.getThread))
	mux.HandleFunc("PUT /api/v1/{ns}/{ch}/posts/{id}/lock", s.write(maxJSONBody, ours, s.lockThread))
	mux.HandleFunc("DELETE /api/v1/{ns}/{ch}/posts/{id}/lock", s.write(0, ours, s.unlockThread))
	mux.HandleFunc("PUT /api/v1/{ns}/{ch}/posts/{id}/slow", s.write(maxJSONBody, ours, s.slowThread))
	mux.HandleFunc("DELETE /api/v1/{ns}/{ch}/posts/{id}/slow", s.write(0, ours, s.endSlowThread))
	mux.HandleFunc("GET /api/v1/{ns}/{ch}/drafts", s.read(ours, s.listDrafts))
	mux.HandleFunc("POST /api/v1/{ns}/{ch}/drafts", s.write(maxJSONBody, ours, s.createDraft))
	mux.HandleFunc("POST /api/v1/{ns}/{ch}/drafts/{id}", s.write(maxJSONBody, ours, s.publishDraft))
	mux.HandleFunc("DELETE /api/v1/{ns}/{ch}/drafts/{id}", s.write(0, ours, s.deleteDraft))
	mux.HandleFunc("POST /api/v1/{ns}/{ch}/media", s.write(maxMediaBody, ours, s.createMedia))
	mux.HandleFunc("GET /api/v1/{ns}/{ch}/items", s.read(ours, s.listItems))
	mux.HandleFunc("POST /api/v1/{ns}/{ch}/items", s.write(maxJSONBody, theirs, s.createItem))
	mux.HandleFunc("GET /api/v1/{ns}/{ch}/items/{id}", s.read(ours, s.getItem))
	mux.HandleFunc("DELETE /api/v1/{ns}/{ch}/items/{id}", s.write(0, theirs, s.deleteItem))
	mux.HandleFunc("PUT /api/v1/{ns}/{ch}/items/{id}", s.write(maxJSONBody, theirs, s.editItem))
	mux.HandleFunc("POST /api/v1/{ns}/{ch}/items/{id}/reports", s.write(maxJSONBody, theirs, s.reportByPerson))
	for action, becomes := range moderations {
		mux.HandleFunc("POST /api/v1/{ns}/{ch}/items/{id}/"+action, s.write(maxJSONBody, ours, s.moderate(becomes)))
	}
	mux.HandleFunc("PUT /api/v1/{ns}/{ch}/items/{id}/reaction", s.write(maxJSONBody, ours, s.react))
	mux.HandleFunc("DELETE /api/v1/{ns}/{ch}/items/{id}/reaction", s.write(0, ours, s.unreact))
	mux.HandleFunc("POST /api/v1/{ns}/{ch}/items/{id}/report", s.write(maxJSONBody, ours, s.report))
	mux.HandleFunc("GET /api/v1/{ns}/{ch}/changes", s.read(ours, s.getChanges))
	mux.HandleFunc("GET /api/v1/{ns}/{ch}/reports", s.read(ours, s.listReports))
	mux.HandleFunc("GET /api/v1/{ns}/{ch}/people/{handle}", s.read(ours, s.getPerson))
	mux.HandleFunc("PUT /api/v1/{ns}/{ch}/people/{handle}/mute", s.write(maxJSONBody, ours, s.mute))
	mux.HandleFunc("DELETE /api/v1/{ns}/{ch}/people/{handle}/mute", s.write(0, ours, s.unmute))
	mux.HandleFunc("PUT /api/v1/{ns}/{ch}/people/{handle}/block", s.write(maxJSONBody, ours, s.block))
	mux.HandleFunc("DELETE /api/v1/{ns}/{ch}/people/{handle}/block", s.write(0, ours, s.unblock))
	mux.HandleFunc("GET /api/v1/log", s.read(theirs, s.getLog))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.refuse(w, refused(http.StatusNotFound, wire.CodeNotFound, "there is no %s %s: see the API's description", r.Method, r.URL.Path))
	})
	return mux
}

func (s *Server) pageRoutes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", s.healthz)
	mux.HandleFunc("GET /media/{id}", s.getMedia)
	mux.HandleFunc("GET /style.css", s.style)
	mux.HandleFunc("GET /{$}", s.homePage)
	mux.HandleFunc("GET /{at}/{ch}", s.timelinePage)
	mux.HandleFunc("GET /{at}/{ch}/{id}", s.postPage)
	mux.HandleFunc("POST /{at}/{ch}/say", s.say)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.errorPage(w, r, http.StatusNotFound, "There is no such page here.")
	})
	return mux
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.hostAllowed(r.Host) {
		// Without this a page elsewhere could point its own name at this machine and read and write as the user.
		s.refuse(w, refused(http.StatusMisdirectedRequest, "Misdirected",
			"this server does not answer for the host %q: use localhost, or start it with a token", r.Host))
		return
	}
	if err := crossOrigin.Check(r); err != nil {
		s.refuse(w, refused(http.StatusForbidden, wire.CodeForbidden, "a page from elsewhere may not write here"))
		return
	}
	if m := s.faults.Load(); !m.CloseReused.never() {
		r = r.WithContext(context.WithValue(r.Context(), reusedKey{}, m.connections.reused(r.RemoteAddr)))
	}
	if strings.HasPrefix(r.URL.Path, "/api/") {
		s.api.ServeHTTP(w, r)
		return
	}
	s.pages.ServeHTTP(w, r)
}

// reusedKey holds whether the call's connection had carried a call before.
type reusedKey struct{}

var crossOrigin = http.NewCrossOriginProtection()

func (s *Server) hostAllowed(host string) bool {
	if s.token != "" || s.url != nil && strings.EqualFold(host, s.url.Host) {
		return true
	}
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = strings.Trim(host, "[]")
	}
	if strings.EqualFold(name, "localhost") {
		return true
	}
	ip := net.ParseIP(name)
	return ip != nil && ip.IsLoopback()
}

// base is what links begin with.
func (s *Server) base(r *http.Request) string {
	if s.url != nil {
		return s.url.String()
	}
	return "http://" + r.Host
}

func (s *Server) healthz(w http.ResponseWriter, _ *http.Request) {
	var one int
	if err := s.store.row("SELECT 1").Scan(&one); err != nil {
		s.log.Error("The database did not answer", "error", err)
		s.refuse(w, refused(http.StatusServiceUnavailable, wire.CodeUnavailable, "the database does not answer"))
		return
	}
	answer(w, http.StatusOK, map[string]string{"status": "ok", "faults": s.faults.Load().String()})
}

// Time-outs of Serve.
const (
	readHeaderTimeout = 10 * time.Second
	readTimeout       = 60 * time.Second
	writeTimeout      = 5 * time.Minute // a slow fault may hold an answer for long
	idleTimeout       = 2 * time.Minute
	shutdownTimeout   = 10 * time.Second
	maxHeaderBytes    = 64 << 10
)

// Serve answers on l until ctx ends, then finishes the calls that are running (ten seconds at most) and returns nil. On
// an address that is not loopback the server must have a token. It closes l, not s.
func Serve(ctx context.Context, l net.Listener, s *Server) error {
	if tcp, ok := l.Addr().(*net.TCPAddr); ok && !tcp.IP.IsLoopback() && s.token == "" {
		return errors.Join(
			fmt.Errorf("the address %s can be reached from elsewhere: give a token for writing, or listen on 127.0.0.1", l.Addr()),
			l.Close())
	}
	server := &http.Server{
		Handler:           s,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	err := server.Shutdown(stop)
	if errors.Is(err, context.DeadlineExceeded) {
		err = server.Close()
	}
	<-ended //nolint:errcheck // what Serve says after Shutdown is no news
	return err
}
