// Package porttest gives tests the addresses of servers that go away and come back.
package porttest

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync/atomic"
	"testing"
)

// The ports are below those that Linux gives to whoever asks for any: another process does
// not get one while its server is away. This process begins anywhere and gives none twice.
const first, ports = 20000, 12000

var begin = 2 * rand.Uint32N(ports/2) // even, so that the port of an even number is

var next atomic.Uint32

// Address is a local address that nobody listens on.
func Address(t testing.TB) string {
	t.Helper()
	for range ports {
		address := local(next.Add(1))
		if l, err := net.Listen("tcp", address); err == nil && closed(l) {
			return address
		}
	}
	t.Fatalf("no port from %d to %d is free", first, first+ports-1)
	return ""
}

// Pair is two local addresses that no UDP socket has: of an even port and the next, as RTP
// and RTCP want them (RFC 3550, section 11).
func Pair(t testing.TB) (rtp, rtcp string) {
	t.Helper()
	for range ports / 2 {
		n := next.Add(4) &^ 1 // of four numbers that nobody else has, two in a row from an even one
		rtp, rtcp = local(n-2), local(n-1)
		even, err := net.ListenPacket("udp", rtp)
		if err != nil {
			continue
		}
		odd, err := net.ListenPacket("udp", rtcp)
		if free := err == nil && closed(odd); closed(even) && free {
			return rtp, rtcp
		}
	}
	t.Fatalf("no two ports from %d to %d are free", first, first+ports-1)
	return "", ""
}

func local(n uint32) string { return fmt.Sprintf("127.0.0.1:%d", first+(begin+n)%ports) }

func closed(c io.Closer) bool { return c.Close() == nil }
