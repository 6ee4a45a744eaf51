package bluesky_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/bluesky-social/indigo/atproto/atdata"
	"github.com/bluesky-social/indigo/atproto/lexicon"
)

// lexicons are the network's own description of its calls and records; nil where they are not at hand.
type lexicons struct {
	catalog *lexicon.BaseCatalog
	// inputs that were made into records for checking, by method.
	inputs map[string]string
}

const lexiconsMissing = "the lexicons are not at hand, so requests go unchecked: put lexicons/ of github.com/bluesky-social/atproto " +
	"into specs/atproto-lexicons of a folder that TRIBUNE_CONFORMANCE names"

func lexiconsDir() string {
	conformance := os.Getenv("TRIBUNE_CONFORMANCE")
	if conformance == "" {
		conformance = filepath.Join("..", "..", "..", "..", "shared", "conformance")
	}
	return filepath.Join(conformance, "specs", "atproto-lexicons")
}

func loadLexicons(t *testing.T) *lexicons {
	t.Helper()
	dir := lexiconsDir()
	if _, err := os.Stat(dir); err != nil {
		t.Log(lexiconsMissing)
		return nil
	}
	l := &lexicons{catalog: lexicon.NewBaseCatalog(), inputs: map[string]string{}}
	for _, sub := range []string{"app/bsky/embed", "app/bsky/richtext", "com/atproto/repo", "com/atproto/label"} {
		if err := l.catalog.LoadDirectory(filepath.Join(dir, sub)); err != nil {
			t.Fatal(err)
		}
	}
	l.addRecords(t, dir)
	for _, method := range []string{
		"com.atproto.server.createSession", "com.atproto.identity.resolveHandle", "app.bsky.actor.getProfile",
		"com.atproto.repo.putRecord", "com.atproto.repo.getRecord", "com.atproto.repo.deleteRecord", "com.atproto.repo.listRecords",
		"app.bsky.notification.listNotifications", "app.bsky.feed.searchPosts", "app.bsky.actor.getProfiles",
		"app.bsky.graph.muteActor", "app.bsky.graph.unmuteActor", "com.atproto.moderation.createReport",
	} {
		l.addInput(t, dir, method)
	}
	return l
}

// addRecords adds the records that the adapter writes, and what they refer to.
func (l *lexicons) addRecords(t *testing.T, dir string) {
	t.Helper()
	for _, file := range []string{
		"app/bsky/feed/post", "app/bsky/feed/threadgate", "app/bsky/feed/like", "app/bsky/graph/block", "com/atproto/moderation/defs",
	} {
		raw, err := os.ReadFile(filepath.Join(dir, file+".json"))
		if err != nil {
			t.Fatal(err)
		}
		l.add(t, raw)
	}
}

func (l *lexicons) add(t *testing.T, raw []byte) {
	t.Helper()
	var file lexicon.SchemaFile
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	if err := l.catalog.AddSchemaFile(file); err != nil {
		t.Fatal(err)
	}
}

// addInput makes a record's schema of a call's input, as the library checks records only.
func (l *lexicons) addInput(t *testing.T, dir, method string) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, strings.ReplaceAll(method, ".", "/")+".json"))
	if errors.Is(err, fs.ErrNotExist) {
		return // a selection of the lexicons may lack it
	}
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Defs struct {
			Main struct {
				Input      struct{ Schema map[string]any }
				Parameters map[string]any
			}
		}
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	schema := file.Defs.Main.Input.Schema
	if schema == nil {
		schema = maps.Clone(file.Defs.Main.Parameters)
		schema["type"] = "object"
	}
	id := "dev.tribune.test." + method[strings.LastIndex(method, ".")+1:]
	made, err := json.Marshal(map[string]any{
		"lexicon": 1, "id": id, "defs": map[string]any{"main": map[string]any{"type": "record", "key": "any", "record": schema}},
	})
	if err != nil {
		t.Fatal(err)
	}
	l.add(t, made)
	l.inputs[method] = id
}

// check fails the test if a call is not as the lexicons say.
func (l *lexicons) check(t *testing.T, method string, r *http.Request, body []byte) {
	if l == nil || l.inputs[method] == "" {
		return
	}
	input := map[string]any{}
	if r.Method == http.MethodGet {
		for k, v := range r.URL.Query() {
			input[k] = parameter(k, v)
		}
	} else {
		parsed, err := atdata.UnmarshalJSON(body)
		if err != nil {
			t.Errorf("%s: %v", method, err)
			return
		}
		input = parsed
	}
	input["$type"] = l.inputs[method]
	if err := lexicon.ValidateRecord(l.catalog, input, l.inputs[method], 0); err != nil {
		t.Errorf("%s: the input is not as its lexicon says: %v", method, err)
	}
	record, ok := input["record"].(map[string]any)
	if !ok {
		return
	}
	record = maps.Clone(record)
	// The text's length is the server's to refuse, and the library counts some scripts differently.
	record["text"] = "text"
	if embed, ok := record["embed"].(map[string]any); ok && tooLarge(embed) {
		delete(record, "embed")
	}
	kind, _ := record["$type"].(string)
	if kind != "app.bsky.feed.post" {
		delete(record, "text")
	}
	if err := lexicon.ValidateRecord(l.catalog, record, kind, 0); err != nil {
		t.Errorf("%s: the record is not as its lexicon says: %v", method, err)
	}
}

// parameter is a query's parameter in the type that its lexicon gives it.
func parameter(name string, values []string) any {
	switch name {
	case "limit":
		if n, err := strconv.ParseInt(values[0], 10, 64); err == nil {
			return n
		}
	case "reverse":
		return values[0] == "true"
	case "reasons", "actors", "tag":
		list := make([]any, len(values))
		for i, v := range values {
			list[i] = v
		}
		return list
	}
	return values[0]
}

func tooLarge(embed map[string]any) bool {
	images, _ := embed["images"].([]any)
	for _, i := range images {
		image, _ := i.(map[string]any)
		if blob, ok := image["image"].(atdata.Blob); ok && blob.Size > 2_000_000 {
			return true
		}
	}
	return false
}

func TestLexiconsAreUsed(t *testing.T) {
	l := loadLexicons(t)
	if l == nil {
		t.Skip(lexiconsMissing)
	}
	post := map[string]any{"$type": "app.bsky.feed.post", "text": "hello"}
	if err := lexicon.ValidateRecord(l.catalog, post, "app.bsky.feed.post", 0); err == nil {
		t.Error("a post without createdAt passes")
	}
	post["createdAt"] = "2026-01-02T03:04:05.000Z"
	if err := lexicon.ValidateRecord(l.catalog, post, "app.bsky.feed.post", 0); err != nil {
		t.Error(err)
	}
	input := map[string]any{"$type": l.inputs["com.atproto.repo.putRecord"], "repo": "did:plc:abc", "collection": "no nsid", "rkey": "a"}
	if err := lexicon.ValidateRecord(l.catalog, input, l.inputs["com.atproto.repo.putRecord"], 0); err == nil {
		t.Error("an input with a wrong collection passes")
	}
}
