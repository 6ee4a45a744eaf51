package bluesky_test

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/clipperhouse/uax29/v2/graphemes"
)

// fake is a PDS in memory that behaves as the real one was seen to behave; the conformance suite runs over both. What
// it is asked is checked against the network's lexicons where they are at hand.
type fake struct {
	t        *testing.T
	server   *httptest.Server
	lexicons *lexicons

	mu       sync.Mutex
	accounts map[string]*fakeAccount // by DID
	tokens   map[string]fakeToken
	serial   int
	calls    map[string]int // by method
}

type fakeAccount struct {
	did, handle, password string
	records               map[string]fakeRecord // by rkey
	log                   []op
	blobs                 map[string]bool // by CID
	takenDown             bool
	social                fakeSocial
}

type fakeRecord struct {
	cid    string
	value  json.RawMessage
	hidden bool
}

type fakeToken struct {
	did              string
	refresh, expired bool
}

func newFake(t *testing.T) *fake {
	f := &fake{
		t: t, lexicons: loadLexicons(t),
		accounts: map[string]*fakeAccount{}, tokens: map[string]fakeToken{}, calls: map[string]int{},
	}
	f.server = httptest.NewServer(f)
	t.Cleanup(f.server.Close)
	return f
}

// user makes an account.
func (f *fake) user() user {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.serial++
	a := &fakeAccount{
		did:      fmt.Sprintf("did:plc:fake%020d", f.serial),
		handle:   fmt.Sprintf("fake-%d.test", f.serial),
		password: fmt.Sprintf("aaaa-bbbb-cccc-%04d", f.serial),
		records:  map[string]fakeRecord{}, blobs: map[string]bool{},
	}
	f.accounts[a.did] = a
	return user{
		server: f.server.URL, did: a.did, handle: a.handle, appPassword: a.password, community: f.community(a),
		log: func(*testing.T) []op {
			f.mu.Lock()
			defer f.mu.Unlock()
			return append([]op(nil), a.log...)
		},
		put: func(_ *testing.T, rkey, text string) {
			f.mu.Lock()
			defer f.mu.Unlock()
			record, _ := json.Marshal(map[string]any{"$type": "app.bsky.feed.post", "text": text, "createdAt": "2026-01-02T03:04:05.000Z"})
			a.records[rkey] = fakeRecord{cid: cid(0x71, record), value: record}
			a.log = append(a.log, op{"create", rkey, record})
		},
		expired: func() (string, string) {
			f.mu.Lock()
			defer f.mu.Unlock()
			access, refresh := f.issue(a.did)
			f.tokens[access], f.tokens[refresh] = fakeToken{a.did, false, true}, fakeToken{a.did, true, true}
			return access, refresh
		},
		remove: func(_ *testing.T, rkey string) {
			f.mu.Lock()
			defer f.mu.Unlock()
			delete(a.records, rkey)
			a.log = append(a.log, op{action: "delete", rkey: rkey})
		},
		takeDown: func(_ *testing.T, rkey, _ string) {
			f.mu.Lock()
			defer f.mu.Unlock()
			r := a.records[rkey]
			r.hidden = true
			a.records[rkey] = r
		},
		suspend: func(*testing.T) {
			f.mu.Lock()
			defer f.mu.Unlock()
			a.takenDown = true
		},
	}
}

// expireAccess lets all access tokens run out.
func (f *fake) expireAccess() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for token, is := range f.tokens {
		if !is.refresh {
			is.expired = true
			f.tokens[token] = is
		}
	}
}

func (f *fake) called(method string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls[method]
}

// issue makes a pair of tokens; f.mu is held.
func (f *fake) issue(did string) (access, refresh string) {
	f.serial++
	access, refresh = fmt.Sprintf("eyJ.access.%d", f.serial), fmt.Sprintf("eyJ.refresh.%d", f.serial)
	f.tokens[access], f.tokens[refresh] = fakeToken{did: did}, fakeToken{did: did, refresh: true}
	return access, refresh
}

// no is an XRPC error.
type no struct {
	status        int
	name, message string
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	method := r.URL.Path[len("/xrpc/"):]
	f.calls[method]++
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	f.lexicons.check(f.t, method, r, body)
	out, refusal := f.dispatch(method, r, body)
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if refusal != nil {
		w.WriteHeader(refusal.status)
		out = map[string]string{"error": refusal.name, "message": refusal.message}
	}
	_ = json.NewEncoder(w).Encode(out)
}

func (f *fake) dispatch(method string, r *http.Request, body []byte) (any, *no) {
	get, post := r.Method == http.MethodGet, r.Method == http.MethodPost
	switch {
	case method == "com.atproto.server.createSession" && post:
		return f.createSession(body)
	case method == "com.atproto.identity.resolveHandle" && get:
		for _, a := range f.accounts {
			if a.handle == r.URL.Query().Get("handle") {
				return map[string]string{"did": a.did}, nil
			}
		}
		return nil, &no{400, "InvalidRequest", "Unable to resolve handle"}
	case method == "com.atproto.server.refreshSession" && post:
		a, refusal := f.authorize(r, true)
		if refusal != nil {
			return nil, refusal
		}
		delete(f.tokens, bearer(r))
		return f.session(a), nil
	}
	a, refusal := f.authorize(r, false)
	if refusal != nil {
		return nil, refusal
	}
	if out, refusal, handled := f.aside(a, method, r, body); handled {
		return out, refusal
	}
	switch {
	case method == "com.atproto.server.getSession" && get:
		return map[string]any{"did": a.did, "handle": a.handle, "active": true}, nil
	case method == "app.bsky.actor.getProfile" && get:
		return map[string]any{"did": a.did, "handle": a.handle, "displayName": "Fake", "followersCount": 3, "followsCount": 5}, nil
	case method == "app.bsky.feed.getPosts" && get:
		posts := []any{}
		for _, who := range f.accounts {
			for rkey, record := range who.records {
				if slices.Contains(r.URL.Query()["uris"], uri(who, rkey)) && !record.hidden {
					posts = append(posts, map[string]any{
						"uri": uri(who, rkey), "cid": record.cid, "likeCount": 0, "repostCount": 0, "quoteCount": 0, "replyCount": 0,
						"author": map[string]any{"did": who.did, "handle": who.handle}, "record": record.value, "indexedAt": time.Now().UTC(),
					})
				}
			}
		}
		return map[string]any{"posts": posts}, nil
	case method == "com.atproto.repo.putRecord" && post:
		return f.putRecord(a, body)
	case method == "com.atproto.repo.getRecord" && get:
		rkey := r.URL.Query().Get("rkey")
		record, ok := a.records[rkey]
		if !ok || record.hidden {
			return nil, &no{400, "RecordNotFound", "Could not locate record: " + uri(a, rkey)}
		}
		return map[string]any{"uri": uri(a, rkey), "cid": record.cid, "value": record.value}, nil
	case method == "com.atproto.repo.deleteRecord" && post:
		return f.deleteRecord(a, body)
	case method == "com.atproto.repo.uploadBlob" && post:
		if len(body) > 5<<20 {
			return nil, &no{413, "PayloadTooLarge", "request entity too large"}
		}
		id := cid(0x55, body)
		a.blobs[id] = true
		return map[string]any{"blob": map[string]any{
			"$type": "blob", "ref": map[string]string{"$link": id}, "mimeType": r.Header.Get("Content-Type"), "size": len(body),
		}}, nil
	}
	return nil, &no{501, "MethodNotImplemented", "Method Not Implemented"}
}

func (f *fake) createSession(body []byte) (any, *no) {
	var in struct{ Identifier, Password string }
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, &no{400, "InvalidRequest", "Invalid JSON"}
	}
	for _, a := range f.accounts {
		if (a.handle == in.Identifier || a.did == in.Identifier) && a.password == in.Password {
			if a.takenDown {
				break // with an app password the real server says no more than this
			}
			return f.session(a), nil
		}
	}
	return nil, &no{401, "AuthenticationRequired", "Invalid identifier or password"}
}

func (f *fake) session(a *fakeAccount) any {
	access, refresh := f.issue(a.did)
	return map[string]any{"did": a.did, "handle": a.handle, "accessJwt": access, "refreshJwt": refresh, "active": true}
}

func bearer(r *http.Request) string {
	const prefix = "Bearer "
	if h := r.Header.Get("Authorization"); len(h) > len(prefix) {
		return h[len(prefix):]
	}
	return ""
}

func (f *fake) authorize(r *http.Request, refresh bool) (*fakeAccount, *no) {
	if bearer(r) == "" {
		return nil, &no{401, "AuthMissing", "Authentication Required"}
	}
	token, ok := f.tokens[bearer(r)]
	switch {
	case ok && token.expired:
		return nil, &no{400, "ExpiredToken", "Token has expired"}
	case !ok || token.refresh != refresh:
		return nil, &no{400, "InvalidToken", "Token could not be verified"}
	}
	a := f.accounts[token.did]
	if a.takenDown {
		return nil, &no{401, "AccountTakedown", "Account has been taken down"}
	}
	return a, nil
}

func (f *fake) putRecord(a *fakeAccount, body []byte) (any, *no) {
	var in struct {
		Repo, Collection, RKey string
		SwapRecord             *json.RawMessage
		Record                 json.RawMessage
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(body, &in) != nil || json.Unmarshal(body, &fields) != nil {
		return nil, &no{400, "InvalidRequest", "Invalid JSON"}
	}
	if in.Repo != a.did {
		return nil, &no{401, "AuthenticationRequired", "Authentication Required"}
	}
	if refusal := f.validate(a, in.Record); refusal != nil {
		return nil, refusal
	}
	id := cid(0x71, canonical(in.Record))
	current, exists := a.records[in.RKey]
	if exists && current.cid == id {
		return map[string]any{"uri": uri(a, in.RKey), "cid": id, "validationStatus": "valid"}, nil
	}
	if swap, sent := fields["swapRecord"]; sent && exists && string(swap) == "null" {
		return nil, &no{400, "InvalidSwap", "Record was at " + current.cid}
	}
	action := "create"
	if exists {
		action = "update"
	}
	a.records[in.RKey] = fakeRecord{cid: id, value: in.Record}
	a.log = append(a.log, op{action, in.RKey, in.Record})
	return map[string]any{
		"uri": uri(a, in.RKey), "cid": id, "validationStatus": "valid",
		"commit": map[string]string{"cid": id, "rev": in.RKey},
	}, nil
}

// validate keeps the limits of a post's text and pictures.
func (f *fake) validate(a *fakeAccount, record json.RawMessage) *no {
	var post struct {
		Text  string
		Embed struct {
			Images []struct {
				Image struct {
					Size int
					Ref  struct {
						Link string `json:"$link"`
					}
				}
			}
		}
	}
	if err := json.Unmarshal(record, &post); err != nil {
		return &no{400, "InvalidRequest", "Invalid record"}
	}
	invalid := func(what string) *no {
		return &no{400, "InvalidRequest", "Invalid app.bsky.feed.post record: " + what}
	}
	count := 0
	for g := graphemes.FromString(post.Text); g.Next(); {
		count++
	}
	if count > 300 {
		return invalid("string too big (maximum 300 graphemes)")
	}
	if len(post.Text) > 3000 {
		return invalid("string too big (maximum 3000 bytes)")
	}
	if len(post.Embed.Images) > 4 {
		return invalid("array too big (maximum 4)")
	}
	for _, i := range post.Embed.Images {
		if i.Image.Size > 2_000_000 {
			return invalid("blob too big (maximum 2000000)")
		}
		if !a.blobs[i.Image.Ref.Link] {
			return &no{400, "BlobNotFound", "Could not find blob: " + i.Image.Ref.Link}
		}
	}
	return nil
}

func (f *fake) deleteRecord(a *fakeAccount, body []byte) (any, *no) {
	var in struct{ Repo, Collection, RKey string }
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, &no{400, "InvalidRequest", "Invalid JSON"}
	}
	if _, ok := a.records[in.RKey]; ok {
		delete(a.records, in.RKey)
		a.log = append(a.log, op{action: "delete", rkey: in.RKey})
	}
	return map[string]any{}, nil
}

func uri(a *fakeAccount, rkey string) string {
	return "at://" + a.did + "/app.bsky.feed.post/" + rkey
}

// canonical makes equal records equal, as DAG-CBOR does.
func canonical(record json.RawMessage) []byte {
	var v any
	_ = json.Unmarshal(record, &v)
	b, _ := json.Marshal(v)
	return b
}

// cid has the form of a real one.
func cid(codec byte, content []byte) string {
	sum := sha256.Sum256(content)
	raw := append([]byte{1, codec, 0x12, 0x20}, sum[:]...)
	return "b" + base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding).EncodeToString(raw)
}
