package app

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"braid/accel/network"
	"braid/accel/network/testnet"
)

// A seed stands for the same sets for ever: results name it.
func TestSetsOfASeed(t *testing.T) {
	s := cutSets{named: [][]string{{"conv"}}, random: 6, cuts: someCuts(), rng: rand.New(rand.NewPCG(7, 2))}
	var got []string
	for at := range s.each {
		got = append(got, strings.Join(at, " "))
	}
	want := []string{"conv", "neck/a neck/b", "stem neck/a neck/b", "neck/a neck/b conv", "neck/a neck/b conv", "stem boxes", "boxes"}
	if !slices.Equal(got, want) || s.count() != len(want) {
		t.Errorf("got %q, %d in all", got, s.count())
	}
}

// More sets than any memory holds are drawn one at a time, until the user stops.
func TestSetsAreDrawnInTurn(t *testing.T) {
	n, err := network.Parse(testnet.Chain(t, 4, 8, 1))
	if err != nil {
		t.Fatal(err)
	}
	sets, err := VerifyOptions{Random: 1 << 50, Seed: 1}.sets(n)
	if err != nil {
		t.Fatal(err)
	}
	for at := range sets.each {
		if len(at) == 0 {
			t.Error("the first set is empty")
		}
		break
	}
	ctx, stop := context.WithCancelCause(t.Context())
	stop(ErrInterrupted)
	env, _ := cachedIn(t)
	if err := (&verifier{net: n}).all(ctx, env, sets, nil, &verifyReport{}); !errors.Is(err, ErrInterrupted) {
		t.Errorf("stopped: %v", err)
	}
}

func TestVerifyRefuses(t *testing.T) {
	for _, tt := range []struct {
		random int
		want   string
	}{
		{0, "nothing to verify"},
		{-1, "want 0 to 100000 sets"},
		{MaxRandomSets + 1, "--random 100001: want 0 to 100000 sets"},
	} {
		env, _ := cachedIn(t)
		err := ModelVerify(t.Context(), env, VerifyOptions{Random: tt.random})
		if ExitCode(err) != 2 || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%d: exit %d, %v", tt.random, ExitCode(err), err)
		}
	}
}
