package controlplane

import "syscall"

// sysProcAttr gives the child its own process group, and a death signal for when we end without
// stopping it. SIGKILL, because nobody is left to wait for an orderly end.
func sysProcAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
