//go:build unix && !linux

package cli

import "syscall"

// ownGroup keeps Ctrl-C from reaching a child before its turn.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
