package crash

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tribune-dev/tribune/internal/local/wire"
)

// square is the built-in network as a process of its own. It goes on while managers are killed.
type square struct {
	*process
	url  string
	http *http.Client
}

func startSquare(t *testing.T, faults ...string) *square {
	t.Helper()
	path, err := buildSound()
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"local", "--address", "127.0.0.1:0", "--db", filepath.Join(t.TempDir(), "square.db")}
	for _, f := range faults {
		args = append(args, "--fault", f)
	}
	s := &square{process: start(t, "tribune local", nil, path, args...), http: &http.Client{}}
	s.url, err = s.says(t.Context(), func(line []byte) (string, bool) {
		u, ok := strings.CutPrefix(strings.TrimSpace(string(line)), "Local listens on ")
		return strings.TrimSuffix(u, "/"), ok
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *square) get(ctx context.Context, path string, query url.Values, out any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+path+"?"+query.Encode(), http.NoBody)
	if err != nil {
		return err
	}
	resp, err := s.http.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: %s: %s", path, resp.Status, body)
	}
	return json.Unmarshal(body, out)
}

// publishes is every call that wanted to publish on an account of the namespace, by marker, in the order of arrival.
func (s *square) publishes(ctx context.Context, namespace string) (map[string][]wire.Call, error) {
	calls := map[string][]wire.Call{}
	after := "0"
	for after != "" {
		var page wire.Log
		if err := s.get(ctx, "/api/v1/log", url.Values{"after": {after}, "limit": {fmt.Sprint(wire.MaxPage)}}, &page); err != nil {
			return nil, err
		}
		for _, c := range page.Calls {
			if c.Method == http.MethodPost && strings.HasPrefix(c.Account, namespace+"/") && (strings.HasSuffix(c.Path, "/posts") || strings.Contains(c.Path, "/drafts/")) {
				calls[c.Marker] = append(calls[c.Marker], c)
			}
		}
		after = page.Next
	}
	return calls, nil
}

// drafts of an account: what is stored there and hidden.
func (s *square) drafts(ctx context.Context, account string) ([]wire.Draft, error) {
	var list wire.Drafts
	err := s.get(ctx, "/api/v1/"+account+"/drafts", nil, &list)
	return list.Drafts, err
}

// posts of an account, in the order in which they were stored.
func (s *square) posts(ctx context.Context, account string) ([]wire.Post, error) {
	var all []wire.Post
	after := "0"
	for after != "" {
		var page wire.Posts
		if err := s.get(ctx, "/api/v1/"+account+"/posts", url.Values{"after": {after}, "limit": {fmt.Sprint(wire.MaxPage)}}, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Posts...)
		after = page.Next
	}
	return all, nil
}
