package app

import (
	"errors"
	"math"
	"time"
)

// benchWindows is how many parts of a row's time are counted apart: their spread
// gives the interval.
const benchWindows = 5

// benchMeter counts the frames that end in a measured time.
type benchMeter struct {
	begin    time.Time // of the measured time
	duration time.Duration
	done     int
	windows  [benchWindows]int
	latency  latency
}

// count takes in a frame that ended now and took so long. It allocates nothing.
func (m *benchMeter) count(now time.Time, took time.Duration) {
	at := now.Sub(m.begin)
	if at < 0 || at >= m.duration {
		return
	}
	m.done++
	m.windows[int64(at)*benchWindows/int64(m.duration)]++
	m.latency.add(took)
}

// over says whether the measured time has ended.
func (m *benchMeter) over(now time.Time) bool { return now.Sub(m.begin) > m.duration }

// row is what was counted.
func (m *benchMeter) row() (benchRow, error) {
	if m.done == 0 {
		return benchRow{}, errors.New("no frame came out in that time: give it a longer --duration")
	}
	r := benchRow{Frames: m.done}
	r.FPS, r.CI = rate(m.windows[:], m.duration/benchWindows)
	r.P50 = float64(m.latency.quantile(0.5).Microseconds()) / 1000
	r.P99 = float64(m.latency.quantile(0.99).Microseconds()) / 1000
	return r, nil
}

// rate is the mean of windows' counts in a second, and half of its 95 % interval
// (Student's t with benchWindows-1 degrees of freedom).
func rate(counts []int, window time.Duration) (fps, half float64) {
	const t = 2.776
	var sum, squares float64
	for _, c := range counts {
		f := float64(c) / window.Seconds()
		sum += f
		squares += f * f
	}
	n := float64(len(counts))
	mean := sum / n
	variance := math.Max(0, squares-n*mean*mean) / (n - 1)
	return mean, t * math.Sqrt(variance/n)
}
