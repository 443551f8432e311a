// Package search chooses the plan of a model on a machine: cuts, devices, replicas,
// streams, precision, workers of prep and detect, and frames in flight, from a
// plan.Profile. It is pure: no clock, no goroutine, no chance; the same profile and
// goal give the same plan. docs/planning.md is the manual. It knows no network and
// no runtime: what a device cannot run stands in the profile.
//
// # The model
//
// Times are milliseconds of one frame, rates frames a second. A layout is a list of
// segments k; segment k covers units [i,j) on replicas d, one for each of its
// devices, with s_kd streams. S_d is the sum of s_kd over all segments.
//
//	ms of t threads = the measured ms, at least a t-th of that of one thread where both were measured
//	sigma_d = product over the other devices b that run segments of max(1, slowdown of d by b)
//	          (of two runtimes of the same processor at least 2/g(2), as between two streams of one)
//	T_kd = sigma_d * (sum of ms + half of cut_ms at each inner end)                at least 1e-6
//	c_kd = copies in and out; of a device that works first in, first out they are part of T_kd, and c_kd is 0
//	F_kd = sigma_d * (sum of full_ms + at each inner end half of full_cut_ms, or where no neighbour is on d full_away_ms), at least 1e-6
//	L_kd(n) = T_kd/g(n), g being the gain; where the series has full_ms
//	          the greater of T_kd/n and T_kd - max(0, T_kd-F_kd) * (1-1/g(n))/(1-1/highest g),
//	          n being at most the largest number of streams that was measured
//	H_k  = 1 / sum over d of 1/L_kd(S_d)         the time of the replicas of a segment together
//	share_kd = H_k/L_kd(S_d)                     the part of the frames that replica d takes
//
// The gain of a series at n streams is rate(n)/rate(1) of the profile's streams,
// rate(1) being the measured one or, without it, 1000 over the sum of its ms; never
// above n, never below that of a smaller measured n (streams that wait do not slow the others
// down), straight lines between the measured n, constant beyond. It is 1 for a device
// that works first in, first out (a DLA, or one declared fifo), and 1 where nothing was
// measured; on the CPU n counts as at most m = cores/threads, rounded down, and
// where nothing was measured the gain is n.
//
// Copies: a tensor that changes memories (accel.DeviceID.Memory) is copied by the
// replica that reads it, or by the one that writes it where the reader is the CPU. The
// time is the slowest copy between any two replicas of the two segments, in the form of the
// one that needs more bytes; each tensor but the first takes what the line through the two smallest
// measured sizes says of no byte more (0 where there is one size). A copy takes its replica's stream, whose next run waits for it,
// but not its device, which works on frames of other streams meanwhile, unless it works first in, first
// out: copies are in its line. And it
// takes the way between the two memories, for as long as its bytes need beyond what
// starting it costs (the slope between the two largest measured sizes). The network's input
// comes from the CPU and its output goes there. Where a copy was not measured it is taken over
// the CPU, and then counts on no way, else the layout is left out, but for the ends of the
// network, where it then counts as nothing.
//
// # The bounds of the rate f
//
//	f/1000 * sum over the segments on d of H_k <= 1                        each device: loads add up
//	f/1000 * (decode + prep + detect + publish + sum of min(S_cpu,m)*threads*H_k) <= cores
//	f/1000 * (H_k + decode + prep + detect + publish) <= 1 + cores - t     threads of the only stream on the CPU
//	f/1000 * share_kd * (n_d*L_kd(n_d) + c_kd + handover) <= s_kd          each replica's streams; without the
//	                                                                       hand-over on a device that works first in, first out
//	f/1000 * sum of share * share * bytes / (bytes a ms) <= 1              each way between memories
//	f/1000 * prep <= 64, f/1000 * detect <= 64                             workers of a plan
//	f/1000 * residence(f) <= in_flight                                     frames in the graph
//
// The bound of threads is that of a plan with exactly one stream on the CPU, of t >= 2 threads, in
// segment k (H_k is share_kd*T_kd there). The threads of a stream wait for one another at the end of
// each layer: while one of their cores does other work, the others do nothing. Work on the cores-t cores
// that are left costs the stream nothing. With a second stream on the CPU that one uses
// the cores meanwhile, and the bound of the cores is enough. The bound takes it that what does not fit
// on the free cores comes one piece at a time. Where several come at once the waiting overlaps, and
// the rate can be higher than this bound, though not than that of the cores.
//
//	residence(f) = prep + detect + sum over k of (max over d of (n_d*L_kd(n_d) + c_kd) + handover)
//
// n_d is how many frames are at work on device d at once: the smallest n from 1 to
// S_d with f/1000 * sum of share_kd*L_kd(n) <= 1. (On the CPU n_d = S_d, at most m.)
// The maximum over the replicas is what order costs: a frame that a fast replica took waits, with its bindings, for the one before it on a slow
// replica. The least in_flight that reaches f is residence(f)*f/1000 rounded up; a plan
// gets one more, which waits in front of the bottleneck. With all bindings in use the
// latency is in_flight/f (Little).
//
// # The space
//
// All cut points of the profile that the goal allows; up to Goal.MaxSegments segments;
// two neighbours do not have the same replicas, since one segment does as well. A
// segment runs on one device, or on all devices of one kind, or of several kinds, that the
// plan uses; its replicas have one precision. All segments on a device have the
// same number of streams, and so have devices of one kind: one where the device works first in, first out; on the CPU 1, 2, 4 … (below the
// number of cores), cores-1, cores, and the n where the measured gain grows; elsewhere the
// largest of 2, those n and the next that was measured, unless its rate was below 0.95 of that of fewer (of all devices
// of the kind in the plan), so that streams that copy leave enough others at work; or one on every device.
// Streams of several threads have a core for each thread: no more than m of them on a CPU, or one.
// Plans of one device and pipelines have one stream. At the end streams are taken away, one option after the
// other, as long as the plan stays within 2 % of the best. Then those of a plan on the CPU alone get the fewest
// threads a stream, with the fewest streams of so many, that leave the plan of its kind and no worse: of
// plans that are as good, the one whose threads wait least for one another. What is left may lie
// outside of the space, and be faster: fewer streams on the CPU leave its cores to decoding. Then it is this
// rate that is compared with those of other plans.
//
// Of the best of each kind the simplest within 2 % is chosen. Of the value of several segments that all
// run on the CPU nine tenths count there (Sure).
//
// # The search
//
// For each set of devices, whose sigma is then known, and each vector of streams: prices of
// the devices bound the rate of any layout from above (weak duality), the sum of
// the least prices of a sequence of placements by dynamic programming bounds that of
// all its cuts, and the same tables bound the rest of a layout while cuts are
// chosen from the left. So the result is exact in this space, unless Goal.Steps run out;
// then Choice.BoundFPS is the highest bound of what was left out.
//
// Sources: jedi.md section 8 for resource, concurrency and buffer bounds; Little's law. The bound
// of threads is braid's own: two cores, one stream of two threads beside decoding, 98.5 frames/s by the other
// bounds and 78.7 measured.
package search
