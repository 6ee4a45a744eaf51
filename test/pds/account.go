package pds

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// Account is an account on the server, with a session of its own beside those of what is tested.
type Account struct {
	DID, Handle string
	token       string
	server      *Server
}

// CreateAccount makes an account; handles end in .test and have at most 18 characters before that. Names that
// companies have, such as acme.test, are reserved.
func (s *Server) CreateAccount(ctx context.Context, handle, password string) (*Account, error) {
	var made struct{ DID, Handle, AccessJWT string }
	err := s.call(ctx, "com.atproto.server.createAccount", "", map[string]any{
		"handle": handle, "password": password, "email": handle + "@example.test",
	}, &made)
	if err != nil {
		return nil, err
	}
	return &Account{DID: made.DID, Handle: made.Handle, token: made.AccessJWT, server: s}, nil
}

// AppPassword makes an app password, as people make them in their settings.
func (a *Account) AppPassword(ctx context.Context, name string) (string, error) {
	var made struct{ Password string }
	err := a.server.call(ctx, "com.atproto.server.createAppPassword", "Bearer "+a.token, map[string]any{"name": name}, &made)
	return made.Password, err
}

// Put stores a post under a key, as another client of the account would.
func (a *Account) Put(ctx context.Context, rkey string, record map[string]any) error {
	return a.server.call(ctx, "com.atproto.repo.putRecord", "Bearer "+a.token, map[string]any{
		"repo": a.DID, "collection": "app.bsky.feed.post", "rkey": rkey, "record": record,
	}, nil)
}

// Delete removes a post, as another client of the account would.
func (a *Account) Delete(ctx context.Context, rkey string) error {
	return a.server.call(ctx, "com.atproto.repo.deleteRecord", "Bearer "+a.token, map[string]any{
		"repo": a.DID, "collection": "app.bsky.feed.post", "rkey": rkey,
	}, nil)
}

// TakeDown hides a post, as moderators of the server do. Its key stays taken.
func (s *Server) TakeDown(ctx context.Context, uri, cid string) error {
	return s.call(ctx, "com.atproto.admin.updateSubjectStatus", s.admin(), map[string]any{
		"subject":  map[string]any{"$type": "com.atproto.repo.strongRef", "uri": uri, "cid": cid},
		"takedown": map[string]any{"applied": true, "ref": "test"},
	}, nil)
}

// TakeDownAccount suspends a whole account.
func (s *Server) TakeDownAccount(ctx context.Context, did string) error {
	return s.call(ctx, "com.atproto.admin.updateSubjectStatus", s.admin(), map[string]any{
		"subject":  map[string]any{"$type": "com.atproto.admin.defs#repoRef", "did": did},
		"takedown": map[string]any{"applied": true, "ref": "test"},
	}, nil)
}

func (s *Server) admin() string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte("admin:"+s.adminPassword))
}

// ExpiredTokens are access and refresh tokens that the server itself signed, so to say, and that ran out an hour ago.
func (s *Server) ExpiredTokens(did string) (access, refresh string) {
	past := time.Now().Add(-time.Hour).Unix()
	access = s.sign("at+jwt", map[string]any{"scope": "com.atproto.appPass", "aud": s.serviceDID, "sub": did, "iat": past - 60, "exp": past})
	refresh = s.sign("refresh+jwt", map[string]any{"scope": "com.atproto.refresh", "aud": s.serviceDID, "sub": did, "jti": "gone", "iat": past - 60, "exp": past})
	return access, refresh
}

func (s *Server) sign(typ string, claims map[string]any) string {
	part := func(v any) string {
		b, _ := json.Marshal(v)
		return base64.RawURLEncoding.EncodeToString(b)
	}
	signed := part(map[string]string{"typ": typ, "alg": "HS256"}) + "." + part(claims)
	mac := hmac.New(sha256.New, []byte(s.jwtSecret))
	mac.Write([]byte(signed))
	return signed + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// call posts input (or gets, where input is nil) and reads the answer into out.
func (s *Server) call(ctx context.Context, method, authorization string, input, out any) error {
	httpMethod, body := http.MethodGet, io.Reader(nil)
	if input != nil {
		b, err := json.Marshal(input)
		if err != nil {
			return err
		}
		httpMethod, body = http.MethodPost, bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, httpMethod, s.URL+"/xrpc/"+method, body)
	if err != nil {
		return err
	}
	if input != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s: %s", method, resp.Status, answer)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(answer, out)
}
