package search

import (
	"slices"

	"braid/accel"
	"braid/accel/plan"
)

// twinOf finds the nearest device before device i that could take its place in any
// layout without a difference.
func (m *machine) twinOf(i int) int {
	for j := i - 1; j >= 0; j-- {
		if m.alike(i, j) {
			return j
		}
	}
	return -1
}

func (m *machine) alike(i, j int) bool {
	a, b := m.devices[i], m.devices[j]
	if a.id.Kind() != b.id.Kind() || a.fifo != b.fifo || a.dynamic != b.dynamic || a.bytes != b.bytes || len(a.series) != len(b.series) {
		return false
	}
	for k := range a.series {
		if !sameSeries(&m.series[a.series[k]], &m.series[b.series[k]]) {
			return false
		}
	}
	if a.slow[j] != b.slow[i] || !m.sameCopies(a.memory, b.memory, b.memory, a.memory) {
		return false
	}
	for k, other := range m.devices {
		if k == i || k == j {
			continue
		}
		if a.slow[k] != b.slow[k] || other.slow[i] != other.slow[j] ||
			!m.sameCopies(a.memory, other.memory, b.memory, other.memory) ||
			!m.sameCopies(other.memory, a.memory, other.memory, b.memory) {
			return false
		}
	}
	return m.sameCopies(a.memory, "cpu", b.memory, "cpu") && m.sameCopies("cpu", a.memory, "cpu", b.memory)
}

func sameSeries(s, t *series) bool {
	return s.threads == t.threads && s.precision == t.precision && s.most == t.most &&
		slices.Equal(s.sum, t.sum) && slices.Equal(s.half, t.half) && slices.Equal(s.full, t.full) && slices.Equal(s.seam, t.seam) && slices.Equal(s.away, t.away) && slices.Equal(s.bytes, t.bytes) && slices.Equal(s.tensors, t.tensors) &&
		slices.Equal(s.stop, t.stop) && slices.Equal(s.gain, t.gain)
}

// sameCopies is whether copies between two pairs of memories take the same time.
func (m *machine) sameCopies(from, to, from2, to2 accel.DeviceID) bool {
	if (from == to) != (from2 == to2) {
		return false
	}
	return slices.EqualFunc(m.copies[[2]accel.DeviceID{from, to}], m.copies[[2]accel.DeviceID{from2, to2}],
		func(a, b plan.Transfer) bool { return a.Bytes == b.Bytes && a.MS == b.MS })
}

// inTurn is whether devices can be the next that a layout uses: of twins the
// first comes first.
func (m *machine) inTurn(next, used uint) bool {
	for d := range m.devices {
		twin := m.devices[d].twin
		if next&(1<<d) != 0 && used&(1<<d) == 0 && twin >= 0 && (next|used)&(1<<twin) == 0 {
			return false
		}
	}
	return true
}
