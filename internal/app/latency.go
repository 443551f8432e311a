package app

import (
	"time"

	"braid/internal/histogram"
)

// latency is the histogram of a bench row's frames.
type latency struct{ histogram.Histogram }

func (l *latency) add(d time.Duration)              { l.Add(d) }
func (l *latency) quantile(q float64) time.Duration { return l.Quantile(q) }
