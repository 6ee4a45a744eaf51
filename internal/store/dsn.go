package store

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// maxDSN is more than any DSN has.
const maxDSN = 64 << 10

// dsnError is about a DSN that cannot be used. It never shows it: where a DSN is written wrong, nobody can tell which part of
// it is the password.
type dsnError struct{ error }

func (e *dsnError) Unwrap() error { return e.error }

const howToWrite = "write postgres://user:password@host:5432/database?sslmode=verify-full, with %XX for each sign of the password that is " +
	"neither a letter nor a digit, or host=db.example user=tribune password='secret' dbname=tribune"

// runtimeParams that a DSN may set. Others are refused, as a password with a blank would become one.
var runtimeParams = map[string]bool{"application_name": true, "search_path": true, "options": true, "timezone": true, "client_encoding": true,
	"datestyle": true, "statement_timeout": true, "lock_timeout": true, "default_query_exec_mode": true, "statement_cache_capacity": true, "description_cache_capacity": true}

// readDSN says how to connect, as the file says now.
func readDSN(path string) (*pgx.ConnConfig, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, &dsnError{fmt.Errorf("read the DSN: %w", err)}
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(io.LimitReader(f, maxDSN+1))
	if err != nil {
		return nil, &dsnError{fmt.Errorf("read the DSN: %w", err)}
	}
	if len(text) > maxDSN {
		return nil, &dsnError{fmt.Errorf("%s is too large for a DSN: %s", path, howToWrite)}
	}
	dsn := strings.TrimSpace(string(text))
	if dsn == "" {
		return nil, &dsnError{fmt.Errorf("%s is empty: %s", path, howToWrite)}
	}
	config, err := parseDSN(dsn)
	if err != nil {
		return nil, &dsnError{fmt.Errorf("the DSN in %s is wrong: %w", path, err)}
	}
	postgresDefaults(config)
	return config, nil
}

func parseDSN(dsn string) (*pgx.ConnConfig, error) {
	isURL := strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://")
	if isURL {
		u, err := url.Parse(dsn)
		// A password with / ? or # ends the host too early, and what follows would be taken for something that may be told.
		if err != nil || strings.Contains(u.EscapedPath()+u.RawQuery+u.EscapedFragment(), "@") {
			return nil, errors.New(howToWrite)
		}
	} else if !strings.Contains(dsn, "=") {
		return nil, errors.New(howToWrite)
	}
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, errors.New(detail(err) + howToWrite)
	}
	for name := range config.RuntimeParams {
		if !runtimeParams[strings.ToLower(name)] {
			return nil, errors.New("it has a setting that is not known here: " + howToWrite)
		}
	}
	return config, nil
}

// detail is what is wrong, where it is surely not the password.
func detail(err error) string {
	var file *os.PathError
	switch text := err.Error(); {
	case errors.As(err, &file) && file.Path != "":
		return "a file that it names cannot be read: " + file.Err.Error() + ": "
	case strings.Contains(text, "sslmode is invalid"):
		return "sslmode is invalid: use verify-full, verify-ca, require, prefer, allow or disable: "
	case strings.Contains(text, "target_session_attrs"):
		return "target_session_attrs is invalid: "
	}
	return ""
}

var placeholder = regexp.MustCompile(`\?`)

// numbered writes ? as $1, $2 and so on. Queries have no ? elsewhere: texts are arguments.
func numbered(query string) string {
	n := 0
	return placeholder.ReplaceAllStringFunc(query, func(string) string {
		n++
		return "$" + strconv.Itoa(n)
	})
}
