package crisis

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// apiServer is the process of the world's API server: a child of this one that listens at its port.
func (w *world) apiServer() (*os.Process, error) {
	_, port, _ := strings.Cut(strings.TrimPrefix(w.RESTConfig().Host, "https://"), ":")
	lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		return nil, err
	}
	for _, file := range lines {
		line, err := os.ReadFile(file) //nolint:gosec // of the kernel
		if err != nil || !bytes.Contains(line, []byte("--secure-port="+port+"\x00")) {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if err != nil {
			return nil, err
		}
		return os.FindProcess(pid)
	}
	return nil, fmt.Errorf("no API server listens at port %s", port)
}

// freeze stops the API server in the middle of what it does; thaw lets it go on.
func (w *world) freeze() (thaw func()) {
	w.Helper()
	server, err := w.apiServer()
	w.must(err)
	w.must(server.Signal(syscall.SIGSTOP))
	frozen := true
	thaw = func() {
		if frozen {
			frozen = false
			_ = server.Signal(syscall.SIGCONT)
		}
	}
	w.Cleanup(thaw)
	return thaw
}
