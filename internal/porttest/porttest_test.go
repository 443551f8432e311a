package porttest

import (
	"net"
	"strconv"
	"sync"
	"testing"
)

// TestNoneTwice takes addresses and pairs from several goroutines at once.
func TestNoneTwice(t *testing.T) {
	var mu sync.Mutex
	seen := map[string]bool{}
	note := func(addresses ...string) {
		mu.Lock()
		defer mu.Unlock()
		for _, a := range addresses {
			if seen[a] {
				t.Errorf("%s was given twice", a)
			}
			seen[a] = true
		}
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				note(Address(t))
				rtp, rtcp := Pair(t)
				note(rtp, rtcp)
				if a, b := port(t, rtp), port(t, rtcp); a%2 != 0 || b != a+1 {
					t.Errorf("%s and %s are no pair", rtp, rtcp)
				}
			}
		})
	}
	all.Wait()
}

// TestTakenIsNotGiven: a port that somebody listens on is left out.
func TestTakenIsNotGiven(t *testing.T) {
	ahead := local(next.Load() + 1)
	l, err := net.Listen("tcp", ahead)
	if err != nil {
		t.Skip(err)
	}
	defer l.Close()
	if got := Address(t); got == ahead {
		t.Errorf("%s is taken", got)
	}
}

func port(t *testing.T, address string) int {
	_, text, err := net.SplitHostPort(address)
	if err != nil {
		t.Error(err)
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Error(err)
	}
	return n
}
