package controlplane

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// childEnv makes this test binary start a control plane in its value's directory, print the
// processes' ids and wait to be killed.
const childEnv = "CONTROLPLANE_TEST_CHILD_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childEnv); dir != "" {
		runChild(dir)
	}
	os.Exit(m.Run())
}

func runChild(dir string) {
	cp, err := Start(context.Background(), Options{DataDir: dir, UnsafeNoFsync: true})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Fprintln(os.Stdout, cp.etcd.cmd.Process.Pid, cp.apiServer.cmd.Process.Pid)
	fmt.Fprintln(os.Stderr, <-cp.Failed())
	os.Exit(1)
}

// A parent that is killed leaves no processes, and its data directory can be used again.
func TestKilledParentLeavesNoProcesses(t *testing.T) {
	binaries(t)
	dir := t.TempDir()
	parent := exec.Command(os.Args[0])
	parent.Env = append(os.Environ(), childEnv+"="+dir)
	parent.Stderr = os.Stderr
	stdout, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = parent.Process.Kill() }() // for a test that fails early
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("the child did not start: %v", err)
	}
	var pids [2]int
	if _, err := fmt.Sscan(line, &pids[0], &pids[1]); err != nil {
		t.Fatal(err)
	}
	for _, pid := range pids {
		if !isAlive(pid) {
			t.Fatalf("process %d is not there before the kill", pid)
		}
		if group, err := unix.Getpgid(pid); err != nil || group != pid {
			t.Errorf("process %d is in group %d (%v), want one of its own", pid, group, err)
		}
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait() // it was killed, which is an error
	for _, pid := range pids {
		eventually(t, fmt.Sprintf("the end of process %d", pid), func(context.Context) error {
			if isAlive(pid) {
				return fmt.Errorf("process %d lives", pid)
			}
			return nil
		})
	}
	start(t, Options{DataDir: dir})
}

// isAlive tells whether a process runs; one that has ended and was not waited for does not.
func isAlive(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	var id int
	var name, state string
	if _, err := fmt.Sscan(string(stat), &id, &name, &state); err != nil {
		return false
	}
	return state != "Z" && state != "X"
}
