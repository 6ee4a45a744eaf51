package crash

import "syscall"

// dieWithTest has the kernel kill the process when the test ends, however it ends.
func dieWithTest() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
