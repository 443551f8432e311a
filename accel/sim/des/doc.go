// Package des is a discrete-event simulator of braid's graph on declared devices:
// frames go through nodes in series, whose streams take turns on devices that
// serve first in, first out or share themselves out. It is pure and
// deterministic: no clock, no goroutine, and chance only from a seed. It knows
// neither networks nor plans; accel/sim makes a System of a plan.
//
// # The model
//
// A device has a capacity (1 for a GPU or DLA, the cores of a CPU). A frame at work
// on it can use a share u of that at most, and n frames run at the speed
//
//	min(1, capacity / sum of u) * gain(n)/n / product of slowdowns by devices at work
//
// of a frame alone (gain(n)/n is 1 where no gain was measured; kinds of work have gains of their own), so that a frame of
// service time L alone costs the device w = u L (jedi.md, section 8).
//
// Kinds of work can have ranks. Those of the highest rank run as if there were no others. Below, with n frames of a rank or
// a higher one, m of them of that rank, and f the sum of the speeds of the others, each over what it would be if n
// were all and had no ranks, each of the m runs at (n-f)/m of what it would then, and no faster than m alone.
//
// A frame with u > 1 is at work on several cores, whose threads wait for one another at the end of
// each layer. While it is the only such frame, nobody uses the time in which its threads wait, and it runs
// at the speed of its slowest thread. With n the sum of u, C the capacity and n > C, cores have n/C
// threads, rounded up or down:
//
//	1 / ceil(n/C)                                           the frame with u > 1
//	(C - u + min(n-C, u) * (1 - 1/ceil(n/C))) / (n - u)     each of the others, for u = 1
//
// in the place of capacity / sum of u: C-u cores work for the others alone, and those of its cores that have
// another frame work for that while it waits. With a second frame of several cores at work nothing is lost.
//
// A device with Servers serves so many frames at once, the others wait in order of arrival. A node that is
// given frames ahead lets each arrive there as soon as it has come from the node before, however many of its
// stream are there, and its copies are part of its service then.
//
// A node's streams take frames in order of arrival, spare ones where no other has room. Two protocols bound what is
// inside:
//
//   - braid's: InFlight bindings, each held from admission to emit, which
//     restores the order of each camera.
//   - JEDI's: Slots on every edge, slot i mod Slots for frame i, held from the start
//     of the producer to the end of the consumer; segments dispatch strictly
//     in order, and look only once in Poll, which is when they see that a frame
//     has come, has ended or has left room (jedi.md, section 2).
package des
