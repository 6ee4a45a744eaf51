package cli

import (
	"errors"

	"github.com/spf13/pflag"

	"github.com/tribune-dev/tribune/internal/store"
)

const ledgerDSNFile = "file that says where the ledger's PostgreSQL database is, as postgres://user:password@host:5432/database?sslmode=verify-full"

// ledgerFlags say where the ledger is. A DSN holds a password, so it comes from a file and stands on no command line.
type ledgerFlags struct{ ledger, dsnFile string }

func (f *ledgerFlags) add(flags *pflag.FlagSet, path, usage string) {
	flags.StringVar(&f.ledger, "ledger", path, usage)
	flags.StringVar(&f.dsnFile, "ledger-dsn-file", "", ledgerDSNFile+", in the place of --ledger")
}

// check that one ledger is named. The default of --ledger gives way to --ledger-dsn-file.
func (f *ledgerFlags) check(flags *pflag.FlagSet) error {
	if f.dsnFile == "" {
		if f.ledger == "" {
			return usageError{errors.New("name the ledger: --ledger FILE, or --ledger-dsn-file FILE")}
		}
		return nil
	}
	if flags.Changed("ledger") && f.ledger != "" {
		return usageError{errors.New("--ledger and --ledger-dsn-file: give one of them, as there is one ledger")}
	}
	f.ledger = ""
	return nil
}

func (f *ledgerFlags) options() store.Options {
	return store.Options{Path: f.ledger, DSNFile: f.dsnFile}
}

// named is true if a ledger is.
func (f *ledgerFlags) named() bool { return f.ledger != "" || f.dsnFile != "" }
