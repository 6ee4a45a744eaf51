//go:build unix && !linux

package main

import "syscall"

// childOfOurs keeps a terminal's Ctrl-C from the child, which is stopped in order.
func childOfOurs() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
