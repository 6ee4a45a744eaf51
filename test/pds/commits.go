package pds

import (
	"context"
	"encoding/base32"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/bluesky-social/indigo/atproto/atdata"
	"github.com/fxamacker/cbor/v2"
	"github.com/gorilla/websocket"
)

// Op is one change of one record, as the server told all the world.
type Op struct {
	// Seq of the commit that holds it; ops of one commit share it.
	Seq int64
	// Action is create, update or delete.
	Action string
	// Collection such as app.bsky.feed.post.
	Collection string
	RKey       string
	// CID of the record; empty for a delete.
	CID string
	// Record as JSON; nil for a delete.
	Record json.RawMessage
}

// Commits is all that an account ever did, from the server's event stream (com.atproto.sync.subscribeRepos from the
// beginning): what was created and deleted again is there too. It ends at the commit that is the newest as it begins.
func (s *Server) Commits(ctx context.Context, did string) ([]Op, error) {
	var latest struct{ CID, Rev string }
	if err := s.call(ctx, "com.atproto.sync.getLatestCommit?did="+url.QueryEscape(did), "", nil, &latest); err != nil {
		return nil, err
	}
	s.replay.mu.Lock()
	defer s.replay.mu.Unlock()
	if s.replay.revs[did] != latest.Rev {
		if err := s.follow(ctx, did, latest.Rev); err != nil {
			return nil, err
		}
	}
	return slices.Clone(s.replay.ops[did]), nil
}

// replay is what was read of the event stream so far; the next reader goes on from there.
type replay struct {
	mu     sync.Mutex
	cursor int64
	ops    map[string][]Op
	revs   map[string]string
}

// follow reads the event stream until it comes to a commit.
func (s *Server) follow(ctx context.Context, did, rev string) error {
	address := fmt.Sprintf("ws%s/xrpc/com.atproto.sync.subscribeRepos?cursor=%d", strings.TrimPrefix(s.URL, "http"), s.replay.cursor)
	conn, resp, err := websocket.DefaultDialer.DialContext(ctx, address, nil)
	if err != nil {
		return err
	}
	_ = resp.Body.Close()
	defer func() { _ = conn.Close() }()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	for s.replay.revs[did] != rev {
		_, frame, err := conn.ReadMessage()
		if err != nil {
			return errors.Join(err, ctx.Err())
		}
		c, err := parseFrame(frame)
		if err != nil {
			return err
		}
		if c == nil {
			continue
		}
		ops, err := c.ops()
		if err != nil {
			return err
		}
		if s.replay.ops == nil {
			s.replay.ops, s.replay.revs = map[string][]Op{}, map[string]string{}
		}
		s.replay.cursor = c.Seq
		s.replay.ops[c.Repo] = append(s.replay.ops[c.Repo], ops...)
		s.replay.revs[c.Repo] = c.Rev
	}
	return nil
}

// commit is the part of com.atproto.sync.subscribeRepos#commit that matters here.
type commit struct {
	Seq  int64  `cbor:"seq"`
	Repo string `cbor:"repo"`
	Rev  string `cbor:"rev"`
	Ops  []struct {
		Action string    `cbor:"action"`
		Path   string    `cbor:"path"`
		CID    *cbor.Tag `cbor:"cid"`
	} `cbor:"ops"`
	Blocks []byte `cbor:"blocks"`
}

// parseFrame reads an event; nil for what is not a commit.
func parseFrame(frame []byte) (*commit, error) {
	var header struct {
		Op int    `cbor:"op"`
		T  string `cbor:"t"`
	}
	body, err := cbor.UnmarshalFirst(frame, &header)
	if err != nil {
		return nil, fmt.Errorf("event header: %w", err)
	}
	if header.Op != 1 {
		return nil, fmt.Errorf("the event stream ended with an error: %q", body)
	}
	if header.T != "#commit" {
		return nil, nil
	}
	var c commit
	if err := cbor.Unmarshal(body, &c); err != nil {
		return nil, fmt.Errorf("commit: %w", err)
	}
	return &c, nil
}

func (c *commit) ops() ([]Op, error) {
	blocks, err := parseCAR(c.Blocks)
	if err != nil {
		return nil, fmt.Errorf("blocks of commit %s: %w", c.Rev, err)
	}
	ops := make([]Op, 0, len(c.Ops))
	for _, o := range c.Ops {
		collection, rkey, _ := strings.Cut(o.Path, "/")
		op := Op{Seq: c.Seq, Action: o.Action, Collection: collection, RKey: rkey}
		if o.CID != nil {
			id, ok := o.CID.Content.([]byte)
			if !ok || len(id) < 2 {
				return nil, fmt.Errorf("op %s: its cid is no link", o.Path)
			}
			op.CID = cidString(id[1:])
			record, err := atdata.UnmarshalCBOR(blocks[string(id[1:])])
			if err != nil {
				return nil, fmt.Errorf("record %s: %w", o.Path, err)
			}
			if op.Record, err = json.Marshal(record); err != nil {
				return nil, err
			}
		}
		ops = append(ops, op)
	}
	return ops, nil
}

// cidBytes is the length of every CID in a repository: version 1, codec, SHA-256.
const cidBytes = 4 + 32

func cidString(b []byte) string {
	return "b" + lowerBase32.EncodeToString(b)
}

// parseCAR reads a content-addressed archive (version 1): a header, then blocks after their CIDs.
func parseCAR(car []byte) (map[string][]byte, error) {
	next := func() ([]byte, error) {
		size, n := binary.Uvarint(car)
		if n <= 0 || size > uint64(len(car)-n) {
			return nil, errors.New("cut archive")
		}
		section := car[n : n+int(size)]
		car = car[n+int(size):]
		return section, nil
	}
	if _, err := next(); err != nil {
		return nil, err
	}
	blocks := map[string][]byte{}
	for len(car) > 0 {
		section, err := next()
		if err != nil {
			return nil, err
		}
		if len(section) < cidBytes {
			return nil, errors.New("cut block")
		}
		blocks[string(section[:cidBytes])] = section[cidBytes:]
	}
	return blocks, nil
}

var lowerBase32 = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)
