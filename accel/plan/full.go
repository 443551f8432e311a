package plan

// Work is what a stretch of units asks of a device for a frame, ms.
type Work struct {
	Alone float64 // with no other frame at work there
	Full  float64 // with so many streams that more make no more frames; 0: not measured
}

// HasFull is whether it was measured what each unit of a series asks of the full device. That of a CPU is cores.
func HasFull(units []Unit) (some bool) {
	for _, u := range units {
		if u.MS > 0 && u.FullMS == 0 || u.Device.Kind() == "cpu" {
			return false
		}
		some = some || u.MS > 0 && u.FullMS > 0
	}
	return some
}

// Near is which of a segment's neighbours have frames on its device too.
type Near struct{ Front, Back bool }

// WorkOf adds up units [i,j) of a series and what cuts cost at its ends inside of the network: half of it, or of a full
// device whose neighbour is elsewhere what that costs.
func WorkOf(units []Unit, i, j int, near Near) (w Work) {
	for _, u := range units[i:j] {
		w.Alone += u.MS
		w.Full += u.FullMS
	}
	for _, end := range []struct {
		at   int
		near bool
	}{{i, near.Front}, {j, near.Back}} {
		if end.at == 0 || end.at == len(units) {
			continue
		}
		u := units[end.at-1]
		w.Alone += max(0, u.CutMS) / 2
		if end.near {
			w.Full += u.FullCutMS / 2
		} else {
			w.Full += u.FullAwayMS
		}
	}
	if w.Full = max(w.Full, least); !HasFull(units) {
		w.Full = 0
	}
	return w
}

// least is what is asked of a full device at least, ms: 0 says that it was not measured.
const least = 1e-6

// At is the device's time for a frame with n at work there, where the whole network is gain times as fast as
// with one: as much of the way from Alone to Full as the device is full, see Fullness. Without Full it is Alone
// over the gain. n frames are at most n times as fast as one, and no slower: streams that wait do not slow others
// down.
func (w Work) At(n int, gain, fullness float64) float64 {
	if w.Full == 0 {
		return w.Alone / gain
	}
	return max(w.Alone/float64(n), w.Alone+min(0, w.Full-w.Alone)*fullness)
}

// Fullness is how full a device is that is gain times as fast as with one stream, and most times at best: what streams
// save of a frame's time, as a part of the most that they can. It is from 0 with one stream to 1.
func Fullness(gain, most float64) float64 {
	if most <= 1 {
		return 0
	}
	return (1 - 1/gain) / (1 - 1/most)
}
