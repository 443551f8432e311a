package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"braid/accel"
	"braid/accel/hostcpu"
	"braid/accel/network"
	"braid/accel/plan"
	"braid/cuda"
	"braid/stages"
	"braid/stages/infer"
)

// host is the device of the memory that prep writes and detect reads.
const host accel.DeviceID = "cpu"

// pipeline is one model under one plan: its graph and all that the graph runs
// on. Closing it frees in the reverse order of making.
type pipeline struct {
	graph    *stages.Graph
	nodes    []string
	bindings []*accel.Bindings
	segments []*accel.Segment
	labels   []string // by class
	plan     plan.Plan
	closers  []func() error
}

// builder gathers what a pipeline is made from.
type builder struct {
	*pipeline
	network *network.Network
	runtime accel.Backend
	traffic traffic
	log     *slog.Logger
	engines map[engineKey]accel.Engine
	cores   [][]int // by segment: those that the plan leaves to braid
	single  [][]int // by segment and replica: the one core of a stream, see plan.StreamCores
	among   bool    // other models, whose segments may have the same devices
}

// engineKey tells which replicas share an Engine.
type engineKey struct {
	segment int
	device  accel.DeviceID
	threads int
	cores   string
}

// ends makes the Nodes before and behind the segments: what fills the network's
// inputs, and what reads its outputs.
type ends func(*builder) (first, last stages.Node)

// assemble builds the graph of a plan. On error everything that was made is freed
// again.
func assemble(ctx context.Context, rt accel.Backend, n *network.Network, p plan.Plan, log *slog.Logger, around ends) (_ *pipeline, err error) {
	b := &builder{pipeline: &pipeline{plan: p}, network: n, runtime: rt, log: log, engines: map[engineKey]accel.Engine{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, b.Close())
		}
	}()
	if b.segments, err = splitWith(ctx, rt, n, p.Cuts()); err != nil {
		return nil, err
	}
	b.cores, b.single = p.DisjointCores(hostcpu.Cores()), p.StreamCores(hostcpu.Cores())
	b.traffic = newTraffic(n.Inputs(), b.segmentOutputs(), b.segments, p)
	if err := b.support(ctx); err != nil {
		return nil, err
	}
	if err := b.allocate(); err != nil {
		return nil, err
	}
	first, last := around(b)
	nodes := append([]stages.Node{first}, b.inferNodes(ctx)...)
	nodes = append(nodes, last)
	for i := range nodes {
		nodes[i].Expect = expected(p, i)
	}
	jobs := make([]*stages.Job, len(b.bindings))
	for i, bind := range b.bindings {
		jobs[i] = stages.NewJob(bind)
	}
	if b.graph, err = stages.New(nodes, jobs, log.With("plan", p.ID())); err != nil {
		return nil, err
	}
	b.closers = append(b.closers, b.graph.Close)
	for _, n := range nodes {
		b.nodes = append(b.nodes, n.Name)
	}
	return b.pipeline, nil
}

// expected is what a plan predicts of a node of its graph, 0 where it says nothing
// and where Process does not show it: a device's segment is only enqueued there, and
// whoever reads its results on the host waits for the device too.
func expected(p plan.Plan, node int) time.Duration {
	if p.Predicted == nil {
		return 0
	}
	onDevice := func(r plan.Replica) bool { return r.Device.Kind() != "cpu" }
	for _, segment := range []int{node - 2, node - 1} { // the one before, and its own
		if segment >= 0 && segment < len(p.Segments) && slices.ContainsFunc(p.Replicas(segment), onDevice) {
			return 0
		}
	}
	return time.Duration(p.Predicted.StagesMS[p.StageNames()[node]] * float64(time.Millisecond))
}

// support asks the runtime about every placement before anything is built, and
// warns of a plan that was made for another machine.
func (b *builder) support(ctx context.Context) error {
	if err := b.compareMachine(ctx); err != nil {
		return err
	}
	b.warnSpare()
	var errs []error
	said := map[string]bool{}
	for i, s := range b.segments {
		for _, r := range b.plan.Replicas(i) {
			if b.plan.PrecisionOf(i) == string(plan.INT8) && r.Device.Kind() != "sim" && !b.network.Quantized() {
				return errFloat
			}
			err := b.runtime.Supports(s, r.Device, b.buildOptions(i))
			if err != nil && !said[err.Error()] { // a runtime that is missing is missing for all segments
				said[err.Error()] = true
				errs = append(errs, as(ErrEnvironment, fmt.Errorf("placing %s on %s: %w", s.Name, r.Device, err)))
			}
		}
	}
	return errors.Join(errs...)
}

// errFloat is the answer to int8 for a network that would run in another precision, and be called int8.
var errFloat = invalidf("precision int8 needs a network with Q/DQ nodes: make one with braid model quantize")

// warnSpare tells of spare devices that may never get a frame: the others take all that
// are in flight ahead.
func (b *builder) warnSpare() {
	usual := b.plan.UsualInFlight()
	for i := range b.plan.Segments {
		if b.plan.InFlight < usual && slices.ContainsFunc(b.plan.Replicas(i), func(r plan.Replica) bool { return r.Spare }) {
			b.log.Warn("a spare device may get no frame: fewer are in flight than the others take ahead", "segment", b.segments[i].Name, "in_flight", b.plan.InFlight, "enough", usual)
		}
	}
}

func (b *builder) compareMachine(ctx context.Context) error {
	if b.plan.Machine == "" {
		return nil
	}
	devices, err := b.runtime.Devices(ctx)
	if err != nil {
		return as(ErrEnvironment, err)
	}
	if key := machineKey(devices); b.plan.Machine != key {
		b.log.Warn("the plan was made for another machine", "plan", b.plan.ID(), "made_for", b.plan.Machine, "this", key)
	}
	return nil
}

// allocate makes the Bindings: on every device the tensors that it reads or
// writes, and on the host what prep writes and detect reads.
func (b *builder) allocate() error {
	bytes := b.traffic.bytes()
	if err := fits(bytes[host]*int64(b.plan.InFlight), b.plan.InFlight); err != nil {
		return err
	}
	for i := range b.plan.InFlight {
		bind, err := b.traffic.bindings(b.runtime, i)
		if err != nil {
			return as(ErrEnvironment, fmt.Errorf("allocating the tensors of frame %d of %d %w", i+1, b.plan.InFlight, err))
		}
		b.bindings = append(b.bindings, bind)
		b.closers = append(b.closers, bind.Close)
	}
	b.log.Debug("tensors allocated", "frames", b.plan.InFlight, "bytes_of_each", bytes)
	return nil
}

// segmentOutputs are the descriptions of the network's outputs, with the static
// shapes that splitting has found.
func (b *builder) segmentOutputs() (out []accel.TensorDesc) {
	for _, o := range b.network.Outputs() {
		for _, s := range b.segments {
			for _, t := range s.Outputs {
				if t.Name == o.Name {
					out = append(out, t)
				}
			}
		}
	}
	return out
}

// queue is the room of every edge: Jobs are the bound, so that an edge never has
// to refuse one.
func (b *builder) queue() int { return b.plan.InFlight }

func (b *builder) inferNodes(ctx context.Context) (nodes []stages.Node) {
	for i, s := range b.segments {
		replicas := b.plan.Replicas(i)
		nodes = append(nodes, stages.Node{
			Name: s.Name, Workers: len(replicas), Queue: b.queue(),
			Spare: func(worker int) bool { return replicas[worker].Spare },
			New:   func(worker int) (stages.Stage, error) { return b.inferStage(ctx, i, worker, replicas[worker]) },
		})
	}
	return nodes
}

func (b *builder) buildOptions(segment int) accel.BuildOptions {
	return accel.BuildOptions{
		Precision: b.plan.PrecisionOf(segment),
		Fallback:  b.plan.Segments[segment].Fallback != plan.Forbid,
	}
}

// inferStage makes the Stage of a replica.
func (b *builder) inferStage(ctx context.Context, segment, replica int, r plan.Replica) (stages.Stage, error) {
	s := b.segments[segment]
	engine, err := b.engine(ctx, segment, r)
	if err != nil {
		return nil, err
	}
	exec, err := engine.NewExec()
	if err != nil {
		return nil, fmt.Errorf("making an execution context of %s on %s: %w", s.Name, r.Device, scarce(err))
	}
	if own := b.single[segment]; own != nil && own[replica] >= 0 {
		kept, err := hostcpu.Keep(exec, own[replica])
		if err != nil {
			return nil, errors.Join(fmt.Errorf("keeping a stream of %s on core %d: %w", s.Name, own[replica], err), exec.Close())
		}
		exec = kept
	}
	stage, err := infer.New(s.Name, exec, b.bindings, r.Depth)
	if err != nil {
		return nil, scarce(err)
	}
	return stage, nil
}

// engine is the one of a replica; those that run alike share it.
func (b *builder) engine(ctx context.Context, segment int, r plan.Replica) (accel.Engine, error) {
	s := b.segments[segment]
	own := b.cores[segment] != nil && r.Device.Kind() == "cpu"
	if own {
		r.Cores = b.cores[segment]
		b.log.Info("segment has cores of its own", "segment", s.Name, "cores", r.Cores, "plan", b.plan.ID())
	}
	key := engineKey{segment, r.Device, r.Threads, fmt.Sprint(r.Cores)}
	engine := b.engines[key]
	if engine == nil {
		rank := 0
		if !b.among { // else others would have to wait for what is this plan's own concern
			rank = b.plan.Rank(segment, r.Device)
		}
		options := accel.LoadOptions{
			Threads: r.Threads,
			Cores:   r.Cores,
			Spin:    b.plan.Serial || b.plan.Sync == plan.SyncSpin, // the baseline is what the runtime does by itself
			Eager:   b.plan.Launch == plan.LaunchEager,
			Shared:  b.among || b.plan.SegmentsOn(r.Device) > 1,
			Rank:    rank,
		}
		var blob []byte
		var err error
		blob, engine, err = accel.BuildAndLoad(ctx, b.runtime, s, r.Device, b.buildOptions(segment), options)
		if own && errors.Is(err, accel.ErrCores) {
			b.log.Info("segment shares all cores after all", "segment", s.Name, "why", err)
			options.Cores = nil
			engine, err = b.runtime.Load(ctx, blob, r.Device, options)
		}
		if err != nil {
			return nil, as(ErrInvalid, scarce(err))
		}
		b.engines[key] = engine
		b.closers = append(b.closers, engine.Close)
	}
	return engine, nil
}

// scarce marks what the machine is at fault for while a graph is set up, and not the
// network or the plan: there is no memory left, or the device is lost.
func scarce(err error) error {
	if errors.Is(err, cuda.ErrOutOfMemory) || errors.Is(err, accel.ErrDeviceLost) {
		return as(ErrEnvironment, err)
	}
	return err
}

// Close frees everything, last made first.
func (p *pipeline) Close() error {
	var errs []error
	for _, c := range slices.Backward(p.closers) {
		errs = append(errs, c())
	}
	p.closers = nil
	return errors.Join(errs...)
}

// run drives the graph as the plan wants it driven.
func (p *pipeline) run(ctx context.Context, in stages.Intake, emit func(context.Context, *stages.Job) error) error {
	if p.plan.Serial {
		return p.graph.RunSerial(ctx, in, emit)
	}
	return p.graph.Run(ctx, in, emit)
}

// placement says where a node of the graph runs: its devices and workers.
func (p *pipeline) placement(node int) string {
	segment := node - 1
	if segment < 0 || segment >= len(p.segments) {
		workers := p.plan.Prep.Workers
		if segment >= 0 {
			workers = p.plan.Detect.Workers
		}
		return fmt.Sprintf("cpu x%d", workers)
	}
	var parts []string
	counts := map[accel.DeviceID]int{}
	for _, r := range p.plan.Replicas(segment) {
		counts[r.Device]++
	}
	for _, d := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%s x%d", d, counts[d]))
	}
	return strings.Join(parts, ", ")
}
