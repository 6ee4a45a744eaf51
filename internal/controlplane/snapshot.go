package controlplane

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"go.etcd.io/bbolt"
)

// bumpMargin is added to the highest revision that anybody can have seen, so that what was given
// out by requests still running when etcd stopped is passed as well.
const bumpMargin = 1_000_000

// Snapshot writes all that etcd holds at this moment to a file, in the format of `etcdctl snapshot
// save` (the database and its SHA-256). The control plane goes on running.
func (cp *ControlPlane) Snapshot(ctx context.Context, path string) (err error) {
	client, err := cp.etcdClient()
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, cp.etcdURL()+"/v3/maintenance/snapshot", strings.NewReader("{}"))
	if err != nil {
		return fmt.Errorf("ask etcd for a snapshot: %w", err)
	}
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("ask etcd for a snapshot: %w", err)
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	if response.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(io.LimitReader(response.Body, 4<<10)) // only to say more
		return fmt.Errorf("ask etcd for a snapshot: %s: %s", response.Status, bytes.TrimSpace(body))
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("write the snapshot: %w", err)
	}
	if err := errors.Join(receiveSnapshot(response.Body, file), file.Close()); err != nil {
		return errors.Join(fmt.Errorf("write the snapshot %s: %w", path, err), os.Remove(path))
	}
	return nil
}

// receiveSnapshot reads the stream of etcd's gateway: JSON objects with parts of the database, the
// last of them its hash.
func receiveSnapshot(from io.Reader, to io.Writer) error {
	decoder := json.NewDecoder(from)
	for {
		var part struct {
			Result struct {
				Blob []byte `json:"blob"`
			} `json:"result"`
			Error json.RawMessage `json:"error"`
		}
		switch err := decoder.Decode(&part); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("read from etcd: %w", err)
		case part.Error != nil:
			return fmt.Errorf("etcd broke off: %s", part.Error)
		}
		if _, err := to.Write(part.Result.Blob); err != nil {
			return err
		}
	}
}

// Restore brings back what Snapshot saved, from this or another control plane of this package: it
// stops both processes, replaces the data, and starts them again where they were. Revisions go on
// above all that were ever given out, and everything below is marked as compacted: watchers are
// told that their version is gone and list anew, as after `etcdutl snapshot restore
// --bump-revision --mark-compacted`. If the snapshot cannot be used, the data stays as it was.
func (cp *ControlPlane) Restore(ctx context.Context, path string) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	cp.mu.Lock()
	defer cp.mu.Unlock()
	if err := cp.usable(); err != nil {
		return err
	}
	cp.apiServer.stop(apiServerGrace)
	cp.apiServer = nil
	cp.etcd.stop(etcdGrace)
	restoreErr := replaceDatabase(filepath.Join(cp.etcdDir(), "member", "snap", "db"), path)
	if restoreErr != nil {
		restoreErr = fmt.Errorf("restore the snapshot %s: %w", path, restoreErr)
	}
	if err := cp.startEtcd(ctx); err != nil {
		return errors.Join(restoreErr, err)
	}
	return errors.Join(restoreErr, cp.startAPIServer(ctx))
}

// replaceDatabase puts a snapshot in the place of a stopped etcd's database. The raft log stays:
// the restored database is told that it has everything in the log already, so none of it is
// applied again.
func replaceDatabase(live, snapshot string) (err error) {
	next := live + ".restore"
	defer func() {
		if err != nil {
			err = errors.Join(err, removeIfThere(next))
		}
	}()
	if err := copySnapshot(next, snapshot); err != nil {
		return err
	}
	applied, latest, err := raftPosition(live)
	if err != nil {
		return fmt.Errorf("read etcd's present database: %w", err)
	}
	if err := moveToPosition(next, applied, latest); err != nil {
		return fmt.Errorf("prepare the restored database: %w", err)
	}
	return os.Rename(next, live)
}

func removeIfThere(path string) error {
	if err := os.Remove(path); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// copySnapshot copies the database out of a snapshot and checks its hash.
func copySnapshot(to, from string) (err error) {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	info, err := source.Stat()
	if err != nil {
		return err
	}
	size := info.Size() - sha256.Size
	// The database is a whole number of pages, of which 512 bytes is the least size.
	if size <= 0 || size%512 != 0 {
		return errors.New("not a snapshot: its size is not that of a database with a hash")
	}
	target, err := os.OpenFile(to, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	hash := sha256.New()
	if _, err := io.CopyN(io.MultiWriter(target, hash), source, size); err != nil {
		return err
	}
	want, err := io.ReadAll(source)
	if err != nil {
		return err
	}
	if !bytes.Equal(want, hash.Sum(nil)) {
		return errors.New("the snapshot is damaged: its hash does not fit its content")
	}
	return target.Sync()
}

// What this file knows of etcd's database; its storage schema has been the same since version 3.6.
var (
	metaBucket      = []byte("meta")
	keyBucket       = []byte("key") // from revision to key and value
	raftIndexKey    = []byte("consistent_index")
	raftTermKey     = []byte("term")
	compactBelowKey = []byte("scheduledCompactRev")
)

// revision is a key of the key bucket: 8 bytes of revision, '_', 8 bytes of position within it; a
// deletion has one byte more.
const revisionSize = 8 + 1 + 8

func encodeRevision(revision uint64) []byte {
	encoded := make([]byte, revisionSize)
	binary.BigEndian.PutUint64(encoded, revision)
	encoded[8] = '_'
	return encoded
}

// position is how far the raft log has been applied to a database.
type position struct{ index, term []byte }

// raftPosition reads a database's position in the raft log and its latest revision.
func raftPosition(path string) (position, uint64, error) {
	var applied position
	var latest uint64
	err := withDatabase(path, func(tx *bbolt.Tx) error {
		meta, keys, err := buckets(tx)
		if err != nil {
			return err
		}
		applied.index = bytes.Clone(meta.Get(raftIndexKey))
		applied.term = bytes.Clone(meta.Get(raftTermKey))
		if len(applied.index) == 0 || len(applied.term) == 0 {
			return errors.New("it does not say how far the log was applied")
		}
		latest, err = latestRevision(meta, keys)
		return err
	})
	return applied, latest, err
}

// moveToPosition makes a database start at the given position and above the given revision.
func moveToPosition(path string, applied position, above uint64) error {
	return withDatabase(path, func(tx *bbolt.Tx) error {
		meta, keys, err := buckets(tx)
		if err != nil {
			return err
		}
		latest, err := latestRevision(meta, keys)
		if err != nil {
			return err
		}
		bumped := encodeRevision(max(latest, above) + bumpMargin)
		return errors.Join(
			meta.Put(raftIndexKey, applied.index),
			meta.Put(raftTermKey, applied.term),
			keys.Put(bumped, []byte{}),
			meta.Put(compactBelowKey, bumped),
		)
	})
}

// latestRevision is the highest that the database knows. Compaction may have removed the latest
// change, so the mark of the compaction counts as well.
func latestRevision(meta, keys *bbolt.Bucket) (uint64, error) {
	var latest uint64
	last, _ := keys.Cursor().Last()
	for _, encoded := range [][]byte{last, meta.Get(compactBelowKey)} {
		if encoded == nil {
			continue
		}
		if len(encoded) < revisionSize || encoded[8] != '_' {
			return 0, fmt.Errorf("a revision is written as %x, which this version does not know", encoded)
		}
		latest = max(latest, binary.BigEndian.Uint64(encoded))
	}
	return latest, nil
}

func buckets(tx *bbolt.Tx) (meta, keys *bbolt.Bucket, err error) {
	meta, keys = tx.Bucket(metaBucket), tx.Bucket(keyBucket)
	if meta == nil || keys == nil {
		return nil, nil, errors.New("not a database of etcd")
	}
	return meta, keys, nil
}

// withDatabase runs one transaction on a database that nobody else has open.
func withDatabase(path string, do func(*bbolt.Tx) error) (err error) {
	if !isFile(path) {
		return fmt.Errorf("%s: %w", path, os.ErrNotExist)
	}
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: probeTimeout})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return db.Update(do)
}
