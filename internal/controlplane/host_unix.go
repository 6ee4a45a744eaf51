//go:build unix

package controlplane

import (
	"errors"
	"fmt"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// portSharing tells whether the children must listen with SO_REUSEPORT, on ports that we hold.
const portSharing = true

// reservedPort is a port of 127.0.0.1 that is ours from before a child listens until after it has
// ended, so that nobody else can get it while the child starts or during an outage. We hold it with
// a bound socket that never listens; the children, being of the same user, may listen beside it.
type reservedPort struct {
	number int
	fd     int
}

func reservePort() (*reservedPort, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err != nil {
		return nil, fmt.Errorf("reserve a port: %w", err)
	}
	p := &reservedPort{fd: fd}
	unix.CloseOnExec(fd)
	if err := p.bind(); err != nil {
		return nil, errors.Join(fmt.Errorf("reserve a port: %w", err), p.release())
	}
	return p, nil
}

func (p *reservedPort) bind() error {
	if err := unix.SetsockoptInt(p.fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1); err != nil {
		return err
	}
	loopback := unix.SockaddrInet4{Addr: [4]byte(net.IPv4(127, 0, 0, 1).To4())}
	if err := unix.Bind(p.fd, &loopback); err != nil {
		return err
	}
	bound, err := unix.Getsockname(p.fd)
	if err != nil {
		return err
	}
	address, ok := bound.(*unix.SockaddrInet4)
	if !ok {
		return fmt.Errorf("unexpected address %T", bound)
	}
	p.number = address.Port
	return nil
}

func (p *reservedPort) release() error {
	if p == nil || p.fd < 0 {
		return nil
	}
	err := unix.Close(p.fd)
	p.fd = -1
	return err
}

// lockFile takes a lock that ends with the returned function or with this process.
func lockFile(path string) (unlock func() error, err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), file.Close())
	}
	return file.Close, nil
}
