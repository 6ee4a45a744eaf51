//go:build breakable

package post

import "os"

// Built with the tag breakable, TRIBUNE_BREAK takes one part of the protocol away, so that the crash test can be seen to fail.
var (
	breakNoIntent = os.Getenv("TRIBUNE_BREAK") == "no-intent"
	breakNoKey    = os.Getenv("TRIBUNE_BREAK") == "no-key"
	breakNoSettle = os.Getenv("TRIBUNE_BREAK") == "no-settle"
	breakLockless = os.Getenv("TRIBUNE_BREAK") == "lockless"
	breakNoGate   = os.Getenv("TRIBUNE_BREAK") == "no-gate"
	// Who goes on looks for nothing that others left, public or not.
	breakNoTidy = os.Getenv("TRIBUNE_BREAK") == "no-tidy" || breakNoDraft
	// The id of a draft is not saved either.
	breakNoDraft = os.Getenv("TRIBUNE_BREAK") == "no-draft"
)
