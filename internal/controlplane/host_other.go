//go:build !unix

package controlplane

import (
	"fmt"
	"net"
	"os"
	"syscall"
)

// portSharing tells whether the children must listen with SO_REUSEPORT, on ports that we hold.
const portSharing = false

// reservedPort is a port of 127.0.0.1 that was free when asked. This system cannot hold it for the
// children; if somebody else takes it first, the start fails and says so.
type reservedPort struct {
	number int
}

func reservePort() (*reservedPort, error) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("find a free port: %w", err)
	}
	p := &reservedPort{number: listener.Addr().(*net.TCPAddr).Port}
	return p, listener.Close()
}

func (*reservedPort) release() error { return nil }

// lockFile makes the file; this system's etcd refuses a database that is open.
func lockFile(path string) (unlock func() error, err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	return file.Close, nil
}

func sysProcAttr() *syscall.SysProcAttr { return nil }
