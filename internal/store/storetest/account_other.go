//go:build !unix

package storetest

import "os/exec"

type account struct{}

// unprivileged: PostgreSQL is started on Unix only.
func unprivileged() (*account, error) { return nil, errMissing }

func (a *account) own(...string) error { return nil }
func (a *account) run(*exec.Cmd)       {}
