package profile

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"braid/accel"
	"braid/accel/plan"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// machine is a Backend whose devices take known times, for tests in virtual time.
// A segment is its range of nodes, in the clear.
type machine struct {
	nodes    []time.Duration                                            // times of the nodes, before anything
	end      time.Duration                                              // what each end of a segment inside of the network adds
	dear     map[int]time.Duration                                      // what a cut in front of a node adds beside that, to both sides together
	speed    map[accel.DeviceID]float64                                 // times of a device are divided by it; 0: 1
	launch   map[accel.DeviceID]time.Duration                           // added to every segment
	refuse   map[accel.DeviceID]int                                     // a node that the device cannot run, plus 1
	wake     map[accel.DeviceID]func(slept time.Duration) time.Duration // a device with it is a queue, whose waiters wake so much later
	lanes    map[accel.DeviceID]int                                     // runs at once; the next wait. 0: no limit
	wide     map[int]bool                                               // nodes that have their device for themselves; nil: every run shares
	slowdown float64                                                    // of a run while another device is at work; 0: 1
	noise    func(i int) float64                                        // of the i-th run; nil: none
	layers   func(first, end int) ([]string, []int)                     // layers of a segment: names, and nodes in each; nil: no LayerTimer
	copy     func(bytes int64) time.Duration                            // between memories
	devices  []accel.Device
	fail     error // of every Start
	room     int64 // for what is open at once; 0: no limit

	open atomic.Int64
	runs atomic.Int64
	mu   sync.Mutex
	// whole has something in it while a node has the device for itself.
	whole chan struct{}
	busy  map[accel.DeviceID]int
	sems  map[accel.DeviceID]chan struct{}
	free  map[accel.DeviceID]time.Time // when a queue has done all
}

func (m *machine) Name() string                                    { return "fake" }
func (m *machine) Devices(context.Context) ([]accel.Device, error) { return m.devices, nil }
func (m *machine) Close() error                                    { return nil }
func (m *machine) Supports(s *accel.Segment, d accel.DeviceID, o accel.BuildOptions) error {
	if d.Kind() == "cpu" && o.Precision != "fp32" && (d.Runtime() == "" || o.Precision != "bf16") {
		return fmt.Errorf("%s has no %s", d, o.Precision)
	}
	first, end, _ := ranged(s.ONNX)
	if at := m.refuse[d] - 1; at >= first && at < end {
		return fmt.Errorf("node n%d is not for %s", at, d)
	}
	return nil
}

func (m *machine) Build(_ context.Context, s *accel.Segment, d accel.DeviceID, o accel.BuildOptions) ([]byte, error) {
	if err := m.Supports(s, d, o); err != nil {
		return nil, err
	}
	return s.ONNX, nil
}

func (m *machine) Load(_ context.Context, blob []byte, d accel.DeviceID, o accel.LoadOptions) (accel.Engine, error) {
	e := &engine{machine: m, device: d, threads: max(1, o.Threads)}
	var err error
	if e.first, e.end, err = ranged(blob); err != nil {
		return nil, err
	}
	m.open.Add(1)
	return e, nil
}

func ranged(onnx []byte) (first, end int, err error) {
	_, err = fmt.Sscanf(string(onnx), "%d %d", &first, &end)
	return first, end, err
}

type memory struct {
	*machine
	tensors []accel.Tensor
}

func (m *machine) Alloc(d accel.DeviceID, t []accel.TensorDesc) (accel.Memory, error) {
	m.open.Add(1)
	mem := &memory{machine: m}
	for _, desc := range t {
		mem.tensors = append(mem.tensors, accel.Tensor{TensorDesc: desc, Device: d.Memory()})
	}
	return mem, nil
}

func (m *memory) Tensors() []accel.Tensor { return m.tensors }
func (m *memory) Close() error            { m.open.Add(-1); return nil }

type engine struct {
	*machine
	device     accel.DeviceID
	threads    int
	first, end int
}

func (e *engine) Tensors() (in, out []accel.TensorDesc) { return nil, nil }
func (e *engine) NewExec() (accel.Exec, error) {
	if e.room > 0 && e.open.Load() >= e.room {
		return nil, errors.New("out of memory")
	}
	e.open.Add(1)
	return &exec{e}, nil
}
func (e *engine) Close() error { e.open.Add(-1); return nil }

type exec struct{ *engine }

func (x *exec) Close() error { x.open.Add(-1); return nil }

func (x *exec) Bind(b *accel.Bindings) (accel.Call, error) {
	x.open.Add(1)
	c := &call{engine: x.engine}
	if x.first < 0 { // the segment that copies
		if r := b.Route("x"); r.Writers[0] != x.device.Memory() {
			t, _ := b.Tensor("x", r.Writers[0])
			c.copies += x.copy(t.Bytes())
		}
		if r := b.Route("y"); x.device.Memory() != host && slices.Contains(r.Readers, host) {
			t, _ := b.Tensor("y", host)
			c.copies += 2 * x.copy(t.Bytes()) // slower this way
		}
	}
	if x.layers != nil && x.device.Kind() != "cpu" {
		return &layeredCall{c}, nil
	}
	return c, nil
}

type call struct {
	*engine
	copies time.Duration
}

func (c *call) Close() error { c.open.Add(-1); return nil }

// time is how long a run takes.
func (c *call) time() time.Duration {
	if c.first < 0 {
		return 100*time.Microsecond + c.copies
	}
	var sum time.Duration
	for _, t := range c.nodes[c.first:c.end] {
		sum += t
	}
	if c.first > 0 {
		sum += c.machine.end + c.dear[c.engine.first]/2
	}
	if c.engine.end < len(c.nodes) {
		sum += c.machine.end + c.dear[c.engine.end]/2
	}
	if s := c.speed[c.device]; s > 0 {
		sum = time.Duration(float64(sum) / s)
	}
	return sum/time.Duration(c.threads) + c.launch[c.device]
}

func (c *call) Start(context.Context, accel.Event) (accel.Event, error) {
	if c.fail != nil {
		return nil, c.fail
	}
	if wake := c.wake[c.device]; wake != nil {
		return c.enqueue(wake), nil
	}
	leave := c.enter()
	defer leave()
	factor := 1.0
	if c.noise != nil {
		factor = c.noise(int(c.runs.Add(1)))
	}
	if c.machine.slowdown > 0 && c.others() {
		factor *= c.machine.slowdown
	}
	if c.wide != nil && c.first >= 0 {
		c.inTurns()
		return accel.Done, nil
	}
	<-time.After(time.Duration(float64(c.time()) * factor))
	return accel.Done, nil
}

// alone waits until no other run has the device for itself.
func (c *call) alone() (leave func()) {
	c.mu.Lock()
	if c.whole == nil {
		c.whole = make(chan struct{}, 1)
	}
	whole := c.whole
	c.mu.Unlock()
	whole <- struct{}{}
	return func() { <-whole }
}

// inTurns runs nodes one after the other, wide ones while no other run is in a wide one. What a run takes beside its
// nodes is wide.
func (c *call) inTurns() {
	rest := c.time()
	wide := func(t time.Duration) {
		if t > 0 {
			leave := c.alone()
			<-time.After(t)
			leave()
		}
	}
	for i, t := range c.nodes[c.first:c.engine.end] {
		rest -= t
		if c.wide[c.first+i] {
			wide(t)
		} else {
			<-time.After(t)
		}
	}
	wide(rest)
}

// enqueue begins a run as soon as the queue is free.
func (c *call) enqueue(wake func(slept time.Duration) time.Duration) accel.Event {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.free == nil {
		c.free = map[accel.DeviceID]time.Time{}
	}
	begin := time.Now()
	if free := c.free[c.device]; free.After(begin) {
		begin = free
	}
	end := begin.Add(c.time())
	c.free[c.device] = end
	return woken{end, wake}
}

// woken is an Event whose waiter sleeps until it and is woken then.
type woken struct {
	end  time.Time
	wake func(slept time.Duration) time.Duration
}

func (w woken) Wait(context.Context) error {
	if sleeps := time.Until(w.end); sleeps > 0 {
		<-time.After(sleeps + w.wake(sleeps))
	}
	return nil
}

// enter waits for a free lane of the device.
func (c *call) enter() (leave func()) {
	c.mu.Lock()
	if c.busy == nil {
		c.busy, c.sems = map[accel.DeviceID]int{}, map[accel.DeviceID]chan struct{}{}
	}
	sem := c.sems[c.device]
	if sem == nil {
		sem = make(chan struct{}, max(c.lanes[c.device], 1))
		c.sems[c.device] = sem
	}
	c.mu.Unlock()
	limited := c.lanes[c.device] > 0
	if limited {
		sem <- struct{}{}
	}
	c.mu.Lock()
	c.busy[c.device]++
	c.mu.Unlock()
	return func() {
		c.mu.Lock()
		c.busy[c.device]--
		c.mu.Unlock()
		if limited {
			<-sem
		}
	}
}

// others says whether another device is at work.
func (c *call) others() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for d, n := range c.busy {
		if d != c.device && n > 0 {
			return true
		}
	}
	return false
}

type layeredCall struct{ *call }

// TimeLayers gives times that are all twice too long, as timing layers one by one
// makes them. A DLA is one layer.
func (c *layeredCall) TimeLayers(context.Context) ([]accel.LayerTime, error) {
	names, counts := c.layers(c.first, c.engine.end)
	var list []accel.LayerTime
	if c.device.Kind() == "dla" {
		return []accel.LayerTime{{Name: "{ForeignNode[" + names[0] + "..." + names[len(names)-1] + "]}", Time: c.time()}}, nil
	}
	at := c.first
	for i, name := range names {
		l := accel.LayerTime{Name: name}
		for range counts[i] {
			l.Time += 2 * c.nodes[at]
			at++
		}
		list = append(list, l)
	}
	return list, nil
}

// network is the machine's, with a cut behind every node.
func (m *machine) network() Network {
	n := Network{Ref: "fake@sha256:0123456789abcdef", Outputs: 3, Cut: m.cut, Copy: func(bytes int64) (*accel.Segment, error) {
		desc := func(name string) accel.TensorDesc {
			return accel.TensorDesc{Name: name, Type: accel.Uint8, Shape: []int64{bytes}}
		}
		return &accel.Segment{Name: "copy", ONNX: []byte("-1 -1"), Inputs: []accel.TensorDesc{desc("x")}, Outputs: []accel.TensorDesc{desc("y")}}, nil
	}}
	for i, t := range m.nodes {
		n.Nodes = append(n.Nodes, Node{Name: fmt.Sprintf("n%d", i), Outputs: []string{fmt.Sprintf("t%d", i)}, Cost: float64(t)})
		if i+1 < len(m.nodes) {
			n.Cuts = append(n.Cuts, Cut{At: fmt.Sprintf("t%d", i), Index: i + 1, Bytes: int64(1000 + i%3), Tensors: 1 + i%2})
		}
	}
	return n
}

var errCut = errors.New("no such cut")

func (m *machine) cut(_ context.Context, at []string, on plan.Series) (*Cutting, error) {
	c := &Cutting{Bind: func(index int) (*accel.Bindings, error) {
		mem, err := m.Alloc(on.Device, nil)
		return accel.NewBindings(index, mem), err
	}}
	first := 0
	add := func(end int) {
		c.Segments = append(c.Segments, &accel.Segment{Name: fmt.Sprintf("infer.%d", len(c.Segments)), ONNX: fmt.Appendf(nil, "%d %d", first, end)})
		first = end
	}
	for _, name := range at {
		var i int
		if _, err := fmt.Sscanf(name, "t%d", &i); err != nil || i < first {
			return nil, fmt.Errorf("%w: %s", errCut, name)
		}
		add(i + 1)
	}
	add(len(m.nodes))
	return c, nil
}

// closed fails where something is still open.
func (m *machine) closed(t *testing.T) {
	t.Helper()
	if n := m.open.Load(); n != 0 {
		t.Errorf("%d engines, execs, calls and memories are still open", n)
	}
}
