package embeddedtest

import (
	"fmt"
	"math/rand/v2"
	"net"
	"testing"
)

// Address is a local address that nobody listens on, for a server that goes away and
// comes back. Its port is below those that Linux gives to whoever asks for any: another
// process does not get it meanwhile.
func Address(t testing.TB) string {
	t.Helper()
	const first, ports = 20000, 12000
	for range 1000 {
		address := fmt.Sprintf("127.0.0.1:%d", first+rand.IntN(ports))
		if l, err := net.Listen("tcp", address); err == nil {
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			return address
		}
	}
	t.Fatalf("no port from %d to %d is free", first, first+ports-1)
	return ""
}
