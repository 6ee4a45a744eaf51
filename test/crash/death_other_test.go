//go:build !linux

package crash

import "syscall"

func dieWithTest() *syscall.SysProcAttr { return nil }
