package app

import (
	"testing"

	"braid/internal/frame"
)

// TestLostFrames: frames without a result are an error that says how many, and where.
func TestLostFrames(t *testing.T) {
	whole, broken := &feed{ledger: &frame.Ledger{}}, &feed{ledger: &frame.Ledger{}}
	for range 3 {
		whole.ledger.CountIn()
		whole.ledger.CountPublished()
		broken.ledger.CountIn()
	}
	broken.ledger.CountFailed("nats")
	broken.ledger.CountFailed("nats")
	if err := lostFrames([]*feed{whole}); err != nil {
		t.Errorf("all are there: %v", err)
	}
	if err := lostFrames([]*feed{whole, broken}); err == nil || err.Error() != "2 of 6 frames failed: 2 (nats 2)" || ExitCode(err) != 1 {
		t.Errorf("%v, exit %d", err, ExitCode(err))
	}
}
