package store

import (
	"context"
	"crypto/tls"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

const (
	// maxPostgresReaders bounds the connections that read at one time.
	maxPostgresReaders = 8
	// postgresPatience bounds a transaction and a read: a server that died without a word keeps nobody waiting for ever.
	postgresPatience = 30 * time.Second
	// connectTimeout is for one attempt to connect, unless the DSN has another.
	connectTimeout = 5 * time.Second
	// DefaultWait is how long a server that does not answer is tried again when the ledger is opened.
	DefaultWait = 30 * time.Second
	// firstPause before the server is tried again; it doubles each time.
	firstPause = 250 * time.Millisecond
	maxPause   = 5 * time.Second
)

// beginExclusive begins a transaction that runs alone among all writers of this ledger (the schema in the search path names
// it), as BEGIN IMMEDIATE does in SQLite: the lock is held until its end, and every statement after it sees what those before
// committed, because READ COMMITTED looks anew for each. So nothing that is written can depend on what another changes
// meanwhile, and there is nothing to repeat. It costs one round trip for many writes. beginListening and beginJudging share that lock,
// and each holds one of its own kind.
//
// What each sets is for its transaction alone, so that it holds behind a pooler too: an acknowledged commit is on the disk,
// whatever the server's default; a writer that was frozen is thrown out, as the others wait for it. And all that is written is found by
// its key: while a table is small the server would plan to read all of it, and go on so when it has become large.
const (
	beginPostgres = `BEGIN ISOLATION LEVEL READ COMMITTED;
SELECT set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, true);
SET LOCAL lock_timeout = '10s';
SET LOCAL enable_seqscan = off;
SET LOCAL idle_in_transaction_session_timeout = '10s';
`
	beginExclusive = beginPostgres + `SELECT pg_advisory_xact_lock(1414678850, hashtext(current_schema()))`
	beginBeside    = beginPostgres + `SELECT pg_advisory_xact_lock_shared(1414678850, hashtext(current_schema()));`
	beginListening = beginBeside + `SELECT pg_advisory_xact_lock(1414678852, hashtext(current_schema()))`
	beginJudging   = beginBeside + `SELECT pg_advisory_xact_lock(1414678853, hashtext(current_schema()))`
)

// learnPostgres looks at few rows, and at what statements look for: enough to see which table is large, and which index finds few rows.
const learnPostgres = `BEGIN; SET LOCAL default_statistics_target = 10;
ANALYZE items (namespace, account, id, channel, author, post, text_key, seen_at, created_at), people (namespace, account, id), actions, matches, strikes; COMMIT`

// postgresEngine keeps the ledger in a PostgreSQL database.
func postgresEngine(dsnFile string) *engine {
	return &engine{
		name: "PostgreSQL", dialect: goose.DialectPostgres,
		begin: []string{exclusive: beginExclusive, listening: beginListening, judging: beginJudging}, patience: postgresPatience,
		open: func() (writers, readers *sql.DB, err error) {
			if _, err := readDSN(dsnFile); err != nil {
				return nil, nil, err
			}
			writers = sql.OpenDB(&connector{dsnFile: dsnFile, writes: true})
			writers.SetMaxOpenConns(int(numLanes))
			writers.SetMaxIdleConns(int(numLanes))
			readers = sql.OpenDB(&connector{dsnFile: dsnFile, writes: true}) // where it is written: elsewhere is behind
			readers.SetMaxOpenConns(maxPostgresReaders)
			readers.SetMaxIdleConns(maxPostgresReaders)
			readers.SetConnMaxIdleTime(10 * time.Minute)
			return writers, readers, nil
		},
		reach: reachPostgres, learn: learnPostgres,
		look: func() (*sql.DB, error) {
			if _, err := readDSN(dsnFile); err != nil {
				return nil, err
			}
			return sql.OpenDB(&connector{dsnFile: dsnFile}), nil
		},
		bind:       numbered,
		migrations: func(files fs.FS) fs.FS { return collated{files} },
		migrationOptions: func() ([]goose.ProviderOption, error) {
			return []goose.ProviderOption{goose.WithSessionLocker(migrationLock{})}, nil
		},
		lost: lostPostgres, undone: deadlocked,
		sizes: `SELECT relname, pg_total_relation_size(oid) FROM pg_class
			WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace`,
		lists:    arrays{},
		snapshot: sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true},
	}
}

// migrationLock lets one process after the other bring up the schema of a ledger.
type migrationLock struct{}

// SessionLock implements lock.SessionLocker.
func (migrationLock) SessionLock(ctx context.Context, conn *sql.Conn) error {
	_, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock(1414678851, hashtext(current_schema()))")
	return err
}

// SessionUnlock implements lock.SessionLocker.
func (migrationLock) SessionUnlock(ctx context.Context, conn *sql.Conn) error {
	_, err := conn.ExecContext(ctx, "SELECT pg_advisory_unlock(1414678851, hashtext(current_schema()))")
	return err
}

// connector makes connections as the DSN file says at that time.
type connector struct {
	dsnFile string
	// writes asks for a server that can be written, where the DSN does not say what it wants: of several hosts the first
	// such one is taken.
	writes bool
}

// Driver implements driver.Connector.
func (c *connector) Driver() driver.Driver { return stdlib.GetDefaultDriver() }

// Connect implements driver.Connector.
func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	config, err := readDSN(c.dsnFile)
	if err != nil {
		return nil, err
	}
	if c.writes && config.ValidateConnect == nil {
		config.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	}
	conn, err := stdlib.GetConnector(*config).Connect(ctx)
	if errors.Is(err, pgconn.ErrReadOnlyConnection) {
		err = &readOnlyError{err}
	}
	return conn, err
}

// readOnlyError says what to do about a server that takes no writes.
type readOnlyError struct{ error }

func (e *readOnlyError) Error() string {
	return "the server takes no writes (a standby, or default_transaction_read_only is on): name the primary, or several hosts of which one is: " + e.error.Error()
}

func (e *readOnlyError) Unwrap() error { return e.error }

// reachPostgres waits for the server, and asks whether it will do.
func reachPostgres(ctx context.Context, db *sql.DB, o Options) error {
	wait := o.Wait
	if wait == 0 {
		wait = DefaultWait
	}
	ctx, cancel := context.WithTimeoutCause(ctx, wait, fmt.Errorf("no answer for %s", wait))
	defer cancel()
	log := o.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	for pause := firstPause; ; pause = min(2*pause, maxPause) {
		err := db.PingContext(ctx)
		if err == nil {
			break
		}
		if final(err) {
			return err
		}
		log.Warn("The ledger's PostgreSQL server does not answer; it is tried again", "dsnFile", o.DSNFile, "again", pause.String(), "error", err.Error())
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: see whether the server runs and whether it can be reached from here: %w", context.Cause(ctx), err)
		case <-time.After(pause):
		}
	}
	return suits(ctx, db)
}

// suits is nil if the database can hold a ledger.
func suits(ctx context.Context, db *sql.DB) error {
	var encoding, role string
	var schema sql.NullString
	var mayBegin sql.NullBool
	if err := db.QueryRowContext(ctx, `SELECT current_setting('server_encoding'), current_schema(), current_user,
			to_regclass('`+versionTable+`') IS NOT NULL OR has_schema_privilege(current_schema(), 'CREATE')`).Scan(&encoding, &schema, &role, &mayBegin); err != nil {
		return fmt.Errorf("ask the server: %w", err)
	}
	if encoding != "UTF8" {
		return fmt.Errorf("the database is encoded in %s: make one with ENCODING 'UTF8'", encoding)
	}
	if !schema.Valid {
		return errors.New("no schema of the search path exists: create it, or leave search_path out of the DSN")
	}
	if !mayBegin.Bool {
		return fmt.Errorf("role %s may not create tables in schema %[2]s: let it own the database, or GRANT CREATE ON SCHEMA %[2]s TO %[1]s", role, schema.String)
	}
	return nil
}

// final tells the errors that time does not heal.
func final(err error) bool {
	var server *pgconn.PgError
	var certificate *tls.CertificateVerificationError
	var readOnly *readOnlyError
	var invalid *dsnError
	if errors.As(err, &readOnly) || errors.As(err, &certificate) || errors.As(err, &invalid) {
		return true
	}
	if !errors.As(err, &server) {
		return false
	}
	switch server.Code[:min(2, len(server.Code))] {
	case "57", "53", "08": // starting, stopping, full
		return false
	}
	return true
}

// lostPostgres is true if the connection cannot be used any more: it is broken, or the server became one that takes no writes.
func lostPostgres(err error) bool {
	var server *pgconn.PgError
	if errors.As(err, &server) {
		switch server.Code {
		case "57P01", "57P02", "57P03", "25006", "25P03":
			return true
		}
		return server.Severity == "FATAL"
	}
	var network net.Error
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, context.DeadlineExceeded) || errors.As(err, &network) || errors.Is(err, net.ErrClosed) || pgconn.SafeToRetry(err)
}

// deadlocked is true if the server undid a transaction because it and another waited for each other's rows.
func deadlocked(err error) bool {
	var server *pgconn.PgError
	return errors.As(err, &server) && server.Code == "40P01"
}

// postgresDefaults for what a DSN leaves open.
func postgresDefaults(c *pgx.ConnConfig) {
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = connectTimeout
	}
	if c.RuntimeParams["application_name"] == "" {
		c.RuntimeParams["application_name"] = "tribune"
	}
}
