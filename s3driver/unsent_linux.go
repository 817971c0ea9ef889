package s3driver

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// unsent is how many bytes the system has taken on for a connection that the
// other end has not confirmed, or 0 where that cannot be told.
func unsent(conn net.Conn) int {
	for {
		outer, ok := conn.(interface{ NetConn() net.Conn }) // of TLS, for one
		if !ok {
			break
		}
		conn = outer.NetConn()
	}
	c, ok := conn.(syscall.Conn)
	if !ok {
		return 0
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return 0
	}
	n := 0
	err = raw.Control(func(fd uintptr) {
		if n, err = unix.IoctlGetInt(int(fd), unix.SIOCOUTQ); err != nil {
			n = 0 // not a socket
		}
	})
	if err != nil {
		return 0 // it is closed
	}
	return n
}
