package cli

import "syscall"

// ownGroup keeps Ctrl-C from reaching a child before its turn, and lets it not outlive its parent.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
