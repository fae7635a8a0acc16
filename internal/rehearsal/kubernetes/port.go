package kubernetes

import (
	"fmt"
	"net"
	"strconv"

	"golang.org/x/sys/unix"
)

// port is a loopback port that is reserved for a process that is about to listen on it
// with SO_REUSEPORT. It is bound, so that no other process gets it, but not listened on,
// so that no connection ends here.
type port struct{ socket, number int }

func holdPort() (p port, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("reserving a free port on loopback: %w", err)
		}
	}()
	if p.socket, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0); err != nil {
		return p, err
	}
	unix.CloseOnExec(p.socket)
	defer func() {
		if err != nil {
			p.release()
		}
	}()
	if err := unix.SetsockoptInt(p.socket, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1); err != nil {
		return p, err
	}
	if err := unix.Bind(p.socket, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return p, err
	}
	bound, err := unix.Getsockname(p.socket)
	if err != nil {
		return p, err
	}
	address, isIPv4 := bound.(*unix.SockaddrInet4)
	if !isIPv4 {
		return p, fmt.Errorf("bound to %T", bound)
	}
	p.number = address.Port
	return p, nil
}

// address is host and port.
func (p port) address() string { return net.JoinHostPort(loopback, strconv.Itoa(p.number)) }

// release ends the reservation, once the process listens on the port.
func (p port) release() { _ = unix.Close(p.socket) }
