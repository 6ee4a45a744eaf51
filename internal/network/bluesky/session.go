package bluesky

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/tribune-dev/tribune/internal/httpx"
	"github.com/tribune-dev/tribune/internal/network"
)

// session is what createSession and refreshSession give, as it is kept over restarts.
type session struct {
	// Service that gave it: its tokens go nowhere else.
	Service string `json:"service"`
	DID     string `json:"did"`
	Handle  string `json:"handle"`
	// Access is good for minutes to hours, Refresh for months, but once: refreshing gives another one.
	Access  string `json:"accessJwt"`
	Refresh string `json:"refreshJwt"`
}

func (s *session) complete() bool {
	return s.Service != "" && s.DID != "" && s.Access != "" && s.Refresh != ""
}

// sessions keeps the session of one account. Signing in is limited to 30 times in 5 minutes and 300 a day, so one
// session is shared by all calls, kept over restarts, and refreshed rather than made anew.
type sessions struct {
	api                  *client
	store                network.SessionStore
	identifier, password string
	log                  *slog.Logger

	flights singleflight.Group
	mu      sync.Mutex
	now     *session
}

// sessionTimeout bounds a sign-in, whoever waits for it.
const sessionTimeout = 30 * time.Second

// authorized makes a call with the account's token. A refused token was no call: it is made again with another one.
func (b *Bluesky) authorized(ctx context.Context, r request) (answer, error) {
	s, err := b.sessions.get(ctx)
	if err != nil {
		return answer{}, before(err)
	}
	for renewals := 0; ; renewals++ {
		a, err := b.api.call(ctx, s.Access, r)
		var no *refusal
		if !errors.As(err, &no) || !isAboutToken(no) || renewals == 1 {
			return a, err
		}
		if s, err = b.sessions.renew(ctx, s); err != nil {
			return answer{}, before(err)
		}
	}
}

// get tells the session, made if there is none.
func (s *sessions) get(ctx context.Context) (*session, error) {
	if now := s.current(); now != nil {
		return now, nil
	}
	return s.fly(ctx, "get", func(ctx context.Context) (*session, error) {
		if now := s.current(); now != nil {
			return now, nil
		}
		if kept := s.load(ctx); kept != nil {
			s.set(kept)
			return kept, nil
		}
		return s.create(ctx)
	})
}

// renew tells a session other than the stale one.
func (s *sessions) renew(ctx context.Context, stale *session) (*session, error) {
	return s.fly(ctx, "renew "+stale.Access, func(ctx context.Context) (*session, error) {
		if now := s.current(); now != nil && now.Access != stale.Access {
			return now, nil
		}
		refreshing := stale
		if kept := s.load(ctx); kept != nil && kept.Refresh != stale.Refresh {
			refreshing = kept // another process refreshed it; the refresh token here is used up
		}
		fresh, err := s.refresh(ctx, refreshing)
		var no *refusal
		if errors.As(err, &no) {
			return s.create(ctx)
		}
		return fresh, err
	})
}

// fly lets only one of many callers do the work. The work goes on if its caller gives up, as the others wait for it and
// a refresh token that was used must not be lost.
func (s *sessions) fly(ctx context.Context, key string, work func(context.Context) (*session, error)) (*session, error) {
	done := s.flights.DoChan(key, func() (any, error) {
		ctx, cancel := context.WithTimeout(httpx.Auxiliary(context.WithoutCancel(ctx)), sessionTimeout)
		defer cancel()
		return work(ctx)
	})
	select {
	case <-ctx.Done():
		return nil, httpx.Classify(nil, context.Cause(ctx), false)
	case r := <-done:
		got, _ := r.Val.(*session)
		return got, r.Err
	}
}

// tokens is the answer of createSession and refreshSession.
type tokens struct {
	DID     string `json:"did"`
	Handle  string `json:"handle"`
	Access  string `json:"accessJwt"`
	Refresh string `json:"refreshJwt"`
}

func (s *sessions) create(ctx context.Context) (*session, error) {
	var t tokens
	_, err := s.api.call(ctx, "", request{
		method: "com.atproto.server.createSession",
		input:  map[string]string{"identifier": s.identifier, "password": s.password},
		out:    &t,
	})
	if err != nil {
		return nil, err
	}
	return s.keep(ctx, t)
}

func (s *sessions) refresh(ctx context.Context, stale *session) (*session, error) {
	var t tokens
	_, err := s.api.call(ctx, stale.Refresh, request{method: "com.atproto.server.refreshSession", post: true, out: &t})
	if err != nil {
		return nil, err
	}
	if t.DID != stale.DID {
		return nil, notUnderstood(network.NotSent, "refreshSession spoke of another account")
	}
	return s.keep(ctx, t)
}

// keep saves new tokens before anything is done with them. If they cannot be saved they are used all the same: the app
// password makes others.
func (s *sessions) keep(ctx context.Context, t tokens) (*session, error) {
	made := &session{Service: s.api.service, DID: t.DID, Handle: t.Handle, Access: t.Access, Refresh: t.Refresh}
	if !made.complete() {
		return nil, notUnderstood(network.NotSent, "a session without account or tokens")
	}
	if s.store != nil {
		kept, err := json.Marshal(made)
		if err == nil {
			err = s.store.Save(ctx, kept)
		}
		if err != nil {
			s.log.WarnContext(ctx, "the session could not be saved; it is made anew after a restart", "err", err)
		}
	}
	s.set(made)
	return made, nil
}

// load reads the kept session; nil if there is none of use.
func (s *sessions) load(ctx context.Context) *session {
	if s.store == nil {
		return nil
	}
	raw, err := s.store.Load(ctx)
	if err != nil {
		s.log.WarnContext(ctx, "the kept session could not be read; signing in anew", "err", err)
		return nil
	}
	var kept session
	if len(raw) == 0 || json.Unmarshal(raw, &kept) != nil || !kept.complete() || kept.Service != s.api.service {
		return nil
	}
	if strings.HasPrefix(s.identifier, "did:") && kept.DID != s.identifier {
		return nil
	}
	return &kept
}

func (s *sessions) current() *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *sessions) set(to *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = to
}

// rename takes over a handle that was changed since the session was made.
func (s *sessions) rename(did, handle string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now == nil || s.now.DID != did || s.now.Handle == handle {
		return
	}
	renamed := *s.now
	renamed.Handle = handle
	s.now = &renamed
}
