//go:build unix && !linux

package controlplane

import "syscall"

// sysProcAttr gives the child its own process group. These systems have no death signal.
func sysProcAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
