package community

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/tribune-dev/tribune/internal/inbox"
	"github.com/tribune-dev/tribune/internal/network"
)

const (
	// maxHook is the most of a request that is read, in bytes.
	maxHook = 4 << 20
	// hookTimeout bounds reading a request, and answering it.
	hookTimeout = 15 * time.Second
	// maxHooks are how many requests are answered at a time; more are told to come back.
	maxHooks = 32
)

// hooks is where networks call us. A request is answered when what it brings is kept, so that who calls again after any other answer
// loses nothing.
type hooks struct {
	inbox    *inbox.Inbox
	log      *slog.Logger
	listener net.Listener
	server   *http.Server
	room     chan struct{}
}

func hookPath(c inbox.Channel) string { return "/hooks/" + c.Namespace + "/" + c.Name }

func newHooks(ctx context.Context, box *inbox.Inbox, address string, log *slog.Logger) (*hooks, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen for networks that call us: %w", err)
	}
	h := &hooks{inbox: box, log: log, listener: listener, room: make(chan struct{}, maxHooks)}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /hooks/{namespace}/{channel}", h.receive)
	h.server = &http.Server{Handler: mux, ReadHeaderTimeout: hookTimeout, ReadTimeout: hookTimeout, WriteTimeout: 2 * hookTimeout, IdleTimeout: time.Minute, MaxHeaderBytes: 64 << 10}
	log.Info("Networks are heard that call us", "address", listener.Addr().String())
	return h, nil
}

func (h *hooks) serve(ctx context.Context) {
	go func() {
		<-ctx.Done()
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), hookTimeout)
		defer cancel()
		_ = h.server.Shutdown(ending)
	}()
	if err := h.server.Serve(h.listener); err != nil && !errors.Is(err, http.ErrServerClosed) {
		h.log.Error("Networks cannot call us any more", "error", err)
	}
}

func (h *hooks) receive(w http.ResponseWriter, r *http.Request) {
	select {
	case h.room <- struct{}{}:
		defer func() { <-h.room }()
	default:
		w.Header().Set("Retry-After", "1")
		http.Error(w, "too many requests at once: call again", http.StatusServiceUnavailable)
		return
	}
	c := inbox.Channel{Namespace: r.PathValue("namespace"), Name: r.PathValue("channel")}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxHook))
	if err != nil {
		http.Error(w, fmt.Sprintf("the request could not be read; at most %d bytes are", maxHook), http.StatusRequestEntityTooLarge)
		return
	}
	n, err := h.inbox.Receive(r.Context(), c, r.Header, body)
	if err == nil {
		h.log.Debug("A network brought what is new", "namespace", c.Namespace, "channel", c.Name, "items", n)
		w.WriteHeader(http.StatusNoContent)
		return
	}
	status, text := refusal(err)
	if status == http.StatusServiceUnavailable {
		h.log.Warn("What a network brought could not be kept; it was told to call again", "namespace", c.Namespace, "channel", c.Name, "error", err)
		w.Header().Set("Retry-After", "5")
	}
	http.Error(w, text, status)
}

// refusal says no. To who did not sign it says nothing of which channels there are.
func refusal(err error) (status int, text string) {
	var e *network.Error
	switch {
	case errors.Is(err, inbox.ErrDeaf):
		return http.StatusNotFound, "nothing is taken here now"
	case errors.As(err, &e) && e.Kind == network.Unauthorized:
		return http.StatusUnauthorized, "the signature is missing or wrong"
	case errors.As(err, &e) && e.Kind == network.Refused:
		return http.StatusBadRequest, e.Message
	}
	return http.StatusServiceUnavailable, "it could not be kept: call again"
}
