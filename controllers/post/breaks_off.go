//go:build !breakable

package post

// The parts of the protocol that crash tests take away to see themselves fail. In every build but theirs they are constants.
const (
	breakNoIntent = false
	breakNoKey    = false
	breakNoSettle = false
	breakLockless = false
	breakNoGate   = false
	breakNoTidy   = false
	breakNoDraft  = false
)
