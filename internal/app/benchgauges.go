package app

import (
	"io/fs"
	"os"
	"runtime/metrics"
	"time"

	"golang.org/x/sys/unix"

	"braid/accel"
	"braid/cuda/nvml"
	"braid/internal/bench"
	"braid/stages"
)

// gauges are what of this process and machine is read beside a measurement. What
// the machine does not tell is left out.
type gauges struct {
	rt     accel.Backend
	energy *energyMeter
	driver *nvml.Library // of the GPUs
	gpus   []gpuGauge    // that are read: those of one plan, see of
	proc   fs.FS         // /proc
	heap   []metrics.Sample
}

func newGauges(rt accel.Backend) *gauges {
	return &gauges{
		rt: rt, energy: newEnergyMeter(os.DirFS("/sys/class/powercap")), driver: nvml.New(), proc: os.DirFS("/proc"),
		heap: []metrics.Sample{{Name: "/gc/heap/allocs:objects"}, {Name: "/gc/heap/allocs:bytes"}},
	}
}

// Close ends what was opened to read GPUs.
func (g *gauges) Close() error { return g.driver.Close() }

// reading is all gauges at one moment.
type reading struct {
	at            time.Time
	cpu           time.Duration // of this process, user and system
	thread        time.Duration // of the calling thread
	allocs, bytes uint64
	hostWaits     int64
	energy        []uint64 // by zone, microjoules; nil: not readable
	gpus          []gpuEnergy
	cores         []coreTime // of the machine; nil: not readable
	nodes         []stages.NodeStats
}

// read reads all of them, now.
func (g *gauges) read(graph *stages.Graph, now time.Time) reading {
	metrics.Read(g.heap)
	r := reading{
		at: now, cpu: processTime(), thread: threadTime(), allocs: g.heap[0].Value.Uint64(), bytes: g.heap[1].Value.Uint64(),
		hostWaits: hostWaits(g.rt), nodes: graph.Stats(),
	}
	r.energy, r.gpus = g.energy.read(), gpuEnergies(g.gpus)
	r.cores = coreTimes(g.proc)
	return r
}

// processTime is the CPU time of all threads of this process.
func processTime() time.Duration { return cpuTime(unix.RUSAGE_SELF) }

// threadTime is the CPU time of the calling thread.
func threadTime() time.Duration { return cpuTime(unix.RUSAGE_THREAD) }

func cpuTime(who int) time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(who, &u); err != nil {
		return 0 // it cannot fail for oneself
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// since is what happened between a reading and a later one. The nodes' MS are those of all
// frames together.
func (g *gauges) since(before, r reading) bench.Sample {
	took := r.at.Sub(before.at)
	s := bench.Sample{
		Seconds: took.Seconds(), CPU: (r.cpu - before.cpu).Seconds(), HostWaits: r.hostWaits - before.hostWaits,
		Allocs: float64(r.allocs - before.allocs), Bytes: float64(r.bytes - before.bytes),
		Cores: coreBusy(before.cores, r.cores), Busy: gpuBusy(g.gpus, before.at, r.at),
	}
	s.Joules, s.EnergyOf = g.joules(before, r)
	for i, n := range r.nodes {
		busy := n.Busy - before.nodes[i].Busy
		s.Nodes = append(s.Nodes, bench.Share{
			Name: n.Name, Busy: busy.Seconds() / s.Seconds / float64(len(n.Workers)), MS: milliseconds(busy),
			By: byWorker(before.nodes[i].Workers, n.Workers),
		})
	}
	return s
}

// byWorker is the part of a node's frames that each of its workers took, nil of one alone.
func byWorker(before, after []uint64) []float64 {
	if len(after) < 2 {
		return nil
	}
	parts, all := make([]float64, len(after)), 0.0
	for i, n := range after {
		parts[i] = float64(n - before[i])
		all += parts[i]
	}
	for i := range parts {
		parts[i] /= max(1, all)
	}
	return parts
}

// joules is the energy between two readings, and of what it is: the packages where
// they can be read, and those GPUs of the plan that tell.
func (g *gauges) joules(before, after reading) (sum *float64, of []string) {
	total := 0.0
	if j := g.energy.joules(before.energy, after.energy); j != nil {
		total, of = *j, append(of, "packages (RAPL)")
	}
	for i, gpu := range g.gpus {
		if j, ok := after.gpus[i].since(before.gpus[i]); ok {
			total, of = total+j, append(of, string(gpu.id)+" (NVML)")
		}
	}
	if of == nil {
		return nil, nil
	}
	return &total, of
}
