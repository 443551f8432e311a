package sim

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"braid/accel"
	"braid/accel/network"
)

// conv is a segment of one convolution of 1x1 over 100x100: 10^4 * in * out
// multiply-adds.
func conv(t testing.TB, in, out int64) *accel.Segment {
	t.Helper()
	desc := func(name string, channels int64) accel.TensorDesc {
		return accel.TensorDesc{Name: name, Type: accel.Float32, Shape: []int64{1, channels, 100, 100}}
	}
	b := network.NewBuilder("conv", 13)
	b.Input(desc("x", in))
	b.Floats("w", []int64{out, in, 1, 1}, make([]float32, in*out))
	b.Node("Conv", []string{"x", "w"}, []string{"y"})
	b.Output(desc("y", out))
	data, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return &accel.Segment{Name: "infer.0", ONNX: data, Layers: 1, Inputs: []accel.TensorDesc{desc("x", in)}, Outputs: []accel.TensorDesc{desc("y", out)}}
}

func parsed(t testing.TB, text string) File {
	t.Helper()
	f, err := ParseFile([]byte(text), "f.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestDeclaredPace has 2 GFLOP: 10^4 * 250 * 400 multiply-adds.
func TestDeclaredPace(t *testing.T) {
	f := parsed(t, `{name: m, cores: 2, source: s, transfer: {ms: 0.25, gb_per_s: 2}, devices: [{id: "sim:a", kind: gpu, speed: 0.1, streams_gain: [1, 1.5]}, {id: "sim:b", kind: gpu, speed: 4, fifo: true}]}`)
	p := declared{f}
	s := conv(t, 250, 400)
	for d, want := range map[accel.DeviceID]time.Duration{"sim:a": 20 * time.Millisecond, "sim:b/sim": 500 * time.Microsecond} {
		if got, err := p.Segment(s, d); err != nil || got != want {
			t.Errorf("%s takes %v, want %v (%v)", d, got, want, err)
		}
	}
	if got, err := p.Segment(relu(t, 0, "", "x", "y"), "sim:a"); err != nil || got != 0 {
		t.Errorf("a layer without work takes %v (%v)", got, err)
	}
	if got, want := p.Copy(1e6), 750*time.Microsecond; got != want {
		t.Errorf("1 MB is copied in %v, want %v", got, want)
	}
	list := p.Devices([]accel.DeviceID{"sim:b", "sim:a"})
	if b, a := list[0], list[1]; b.Servers != 1 || b.Capacity != 1 || a.Servers != 0 || a.Capacity != 2 || a.Gain[1] != 1.5 {
		t.Errorf("devices %+v", list)
	}
	if _, err := p.Segment(&accel.Segment{ONNX: []byte("x")}, "sim:a"); err == nil {
		t.Error("timed what is no network")
	}
}

// TestCopiesTakeTime: a frame that comes from the host and goes back costs its stream two
// copies, one that stays where it is none. The device is free meanwhile: two streams copy
// at once.
func TestCopiesTakeTime(t *testing.T) {
	f := parsed(t, fileText+"transfer: {ms: 3, gb_per_s: 0}\n")
	for _, c := range []struct {
		on   accel.DeviceID // who writes x and reads y
		want time.Duration
	}{{"cpu", 6 * time.Millisecond}, {"sim:g", 0}} {
		synctest.Test(t, func(t *testing.T) {
			cpu := &fakeCPU{}
			b, err := Open(Options{File: f, CPU: cpu, Log: slog.New(slog.DiscardHandler)})
			must(t, err)
			t.Cleanup(func() { must(t, b.Close()) })
			s := relu(t, 0, "", "x", "y")
			var calls []accel.Call
			for i := range 2 {
				var mem []accel.Memory
				for _, on := range []interface {
					Alloc(accel.DeviceID, []accel.TensorDesc) (accel.Memory, error)
				}{cpu, b} {
					d := accel.DeviceID("sim:g")
					if on == any(cpu) {
						d = host
					}
					m, err := on.Alloc(d, []accel.TensorDesc{s.Inputs[0], s.Outputs[0]})
					must(t, err)
					mem = append(mem, m)
				}
				j := accel.NewBindings(i, mem...)
				t.Cleanup(func() { must(t, j.Close()) })
				j.SetRoute("x", []accel.DeviceID{c.on}, []accel.DeviceID{"sim:g"})
				j.SetRoute("y", []accel.DeviceID{"sim:g"}, []accel.DeviceID{c.on})
				_, one := stream(t, b, s, "sim:g", j)
				calls = append(calls, one...)
			}
			begin := time.Now()
			var ends []accel.Event
			for _, call := range calls {
				e, err := call.Start(t.Context(), nil)
				must(t, err)
				ends = append(ends, e)
			}
			for _, e := range ends {
				must(t, e.Wait(t.Context()))
			}
			if got := time.Since(begin); got != c.want {
				t.Errorf("from %s and back: %v, want %v", c.on, got, c.want)
			}
		})
	}
}

// slowCPU computes as long as it is told.
type slowCPU struct {
	fakeCPU
	took func() time.Duration
}

func (c *slowCPU) Load(ctx context.Context, blob []byte, d accel.DeviceID, o accel.LoadOptions) (accel.Engine, error) {
	e, err := c.fakeCPU.Load(ctx, blob, d, o)
	return &slowEngine{e, c}, err
}

type slowEngine struct {
	accel.Engine
	home *slowCPU
}

func (e *slowEngine) NewExec() (accel.Exec, error) {
	x, err := e.Engine.NewExec()
	return &slowExec{x, e.home}, err
}

type slowExec struct {
	accel.Exec
	home *slowCPU
}

func (x *slowExec) Bind(b *accel.Bindings) (accel.Call, error) {
	c, err := x.Exec.Bind(b)
	return &slowCall{c, x.home}, err
}

type slowCall struct {
	accel.Call
	home *slowCPU
}

func (c *slowCall) Start(ctx context.Context, after accel.Event) (accel.Event, error) {
	timer := time.NewTimer(c.home.took())
	defer timer.Stop()
	<-timer.C
	return c.Call.Start(ctx, after)
}

// TestTimeStandsStill: whatever the results take to compute, the time of the devices less
// the time that they stood still is what they take when results cost nothing.
func TestTimeStandsStill(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		work := [2]float64{rapid.Float64Range(0.5, 9).Draw(r, "d"), rapid.Float64Range(0.5, 9).Draw(r, "g")}
		most := rapid.IntRange(0, 30).Draw(r, "most")
		seed := rapid.Uint64().Draw(r, "seed")
		devices := rapid.SliceOfN(rapid.SampledFrom([]accel.DeviceID{"sim:d", "sim:g"}), 1, 5).Draw(r, "streams")
		o := playing{work, devices, rapid.IntRange(1, 4).Draw(r, "frames"), rapid.Bool().Draw(r, "chained")}
		if free, slow := o.play(t, 0, seed), o.play(t, most, seed); free.stood != 0 || slow.took-slow.stood != free.took {
			r.Errorf("%v of which %v stood still; %v where results cost nothing", slow.took, slow.stood, free.took)
		}
	})
}

type played struct{ took, stood time.Duration }

// playing is streams on devices, all of whose frames are started at once. They run them
// one behind the other, and, where they are chained, each behind the stream before.
type playing struct {
	work    [2]float64
	devices []accel.DeviceID
	frames  int
	chained bool
}

// play has results take up to most milliseconds.
func (o playing) play(t *testing.T, most int, seed uint64) (p played) {
	synctest.Test(t, func(t *testing.T) {
		dice := rand.New(rand.NewPCG(seed, 1))
		lock := make(chan struct{}, 1)
		cpu := &slowCPU{took: func() time.Duration {
			lock <- struct{}{}
			defer func() { <-lock }()
			return time.Duration(dice.IntN(most+1)) * time.Millisecond
		}}
		times := timesOf(t, profile([2]float64{0, o.work[0]}, [2]float64{0, o.work[1]}), one("sim:d"))
		b, err := Open(Options{File: toy(t), Pace: paced{times}, CPU: cpu, Cache: 1, Log: slog.New(slog.DiscardHandler)})
		must(t, err)
		t.Cleanup(func() { must(t, b.Close()) })
		s := relu(t, 0, "", "x", "y")
		var streams [][]accel.Call
		for i, d := range o.devices {
			var jobs []*accel.Bindings
			for n := range o.frames {
				jobs = append(jobs, job(t, b, i*o.frames+n, d, s))
			}
			_, calls := stream(t, b, s, d, jobs...)
			streams = append(streams, calls)
		}
		begin := time.Now()
		var events []accel.Event
		for n := range o.frames {
			var after accel.Event
			for _, calls := range streams {
				e, err := calls[n].Start(t.Context(), after)
				must(t, err)
				if events = append(events, e); o.chained {
					after = e
				}
			}
		}
		for _, e := range events {
			must(t, e.Wait(t.Context()))
		}
		p = played{time.Since(begin), b.Stood()}
	})
	return p
}

func TestNamesTellDeclarationsApart(t *testing.T) {
	names := map[string]bool{}
	for _, speed := range []string{"1", "2"} {
		b, err := Open(Options{File: parsed(t, fmt.Sprintf(`{name: m, cores: 1, source: s, devices: [{id: "sim:a", kind: gpu, speed: %s}]}`, speed)), CPU: &fakeCPU{}, Log: slog.New(slog.DiscardHandler)})
		must(t, err)
		devices, err := b.Devices(t.Context())
		must(t, err)
		names[devices[0].Name] = true
		must(t, b.Close())
	}
	if len(names) != 2 {
		t.Errorf("devices of other speeds have the same name: %v", names)
	}
}
