package gpustat

import (
	"encoding/binary"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/NVIDIA/go-nvml/pkg/nvml"
	"github.com/NVIDIA/go-nvml/pkg/nvml/mock"
)

const uuid = "GPU-00000000-0000-0000-0000-000000000001"

// driver is NVML with one GPU, which has all calls but one.
func driver(device nvml.Device, without string, ends *int) *Library {
	return &Library{api: &mock.Interface{
		InitFunc:     func() nvml.Return { return nvml.SUCCESS },
		ShutdownFunc: func() nvml.Return { *ends++; return nvml.SUCCESS },
		ExtensionsFunc: func() nvml.ExtendedInterface {
			return &mock.ExtendedInterface{LookupSymbolFunc: func(name string) error {
				if name == without {
					return errors.New("undefined symbol")
				}
				return nil
			}}
		},
		DeviceGetHandleByUUIDFunc: func(s string) (nvml.Device, nvml.Return) {
			if s != uuid {
				return nil, nvml.ERROR_NOT_FOUND
			}
			return device, nvml.SUCCESS
		},
	}}
}

func TestLibraryFindsGPUs(t *testing.T) {
	ends := 0
	device := &mock.Device{GetTotalEnergyConsumptionFunc: func() (uint64, nvml.Return) { return 1234, nvml.SUCCESS }}
	l := driver(device, "", &ends)
	for _, other := range []string{"", "GPU-ffffffff-0000-0000-0000-000000000001"} {
		if _, ok := l.GPU(other); ok {
			t.Errorf("there is a GPU %q", other)
		}
	}
	g, ok := l.GPU(uuid)
	if !ok {
		t.Fatal("the GPU is not found")
	}
	if mJ, ok := g.Energy(); !ok || mJ != 1234 {
		t.Errorf("%d mJ, %v", mJ, ok)
	}
	if err := errors.Join(l.Close(), l.Close()); err != nil || ends != 1 {
		t.Errorf("closed %d times: %v", ends, err)
	}
	if _, ok := l.GPU(uuid); ok {
		t.Error("a closed library has GPUs")
	}
}

// A driver without one of the calls must never be called.
func TestOldDriver(t *testing.T) {
	for _, name := range calls {
		ends := 0
		l := driver(&mock.Device{}, name, &ends)
		if _, ok := l.GPU(uuid); ok {
			t.Errorf("a driver without %s has GPUs", name)
		}
		if err := l.Close(); err != nil || ends != 1 {
			t.Errorf("closed %d times: %v", ends, err)
		}
	}
}

func TestWithoutDriver(t *testing.T) {
	l := &Library{api: &mock.Interface{InitFunc: func() nvml.Return { return nvml.ERROR_LIBRARY_NOT_FOUND }}}
	if _, ok := l.GPU(uuid); ok {
		t.Error("there is a GPU without a driver")
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}

// The real library is there or not; either way nothing fails, and no GPU has this
// UUID.
func TestRealLibrary(t *testing.T) {
	l := New()
	if _, ok := l.GPU(uuid); ok {
		t.Error("the GPU of the tests is there")
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}

func TestBusy(t *testing.T) {
	from := time.UnixMicro(1_000_000)
	to := from.Add(2 * time.Second)
	at := func(after time.Duration, percent uint32) (s nvml.Sample) {
		if after != 0 {
			s.TimeStamp = uint64(from.Add(after).UnixMicro())
		}
		binary.NativeEndian.PutUint32(s.SampleValue[:], percent)
		return s
	}
	before, after := at(-time.Millisecond, 100), at(2*time.Second+time.Microsecond, 100)
	inside := []nvml.Sample{before, at(time.Second/2, 90), at(time.Second, 60), at(2*time.Second, 30), after, {}}
	for _, tt := range []struct {
		name     string
		kind     nvml.ValueType
		samples  []nvml.Sample
		ret      nvml.Return
		rates    nvml.Return
		want     float64
		unstated bool
	}{
		{name: "samples of that time", kind: nvml.VALUE_TYPE_UNSIGNED_INT, samples: inside, want: 0.6},
		{name: "none of that time", kind: nvml.VALUE_TYPE_UNSIGNED_INT, samples: []nvml.Sample{before, after, {}}, want: 0.42},
		{name: "of another type", kind: nvml.VALUE_TYPE_DOUBLE, samples: inside, want: 0.42},
		{name: "no samples", ret: nvml.ERROR_NOT_SUPPORTED, want: 0.42},
		{name: "nothing", ret: nvml.ERROR_NOT_SUPPORTED, rates: nvml.ERROR_NOT_SUPPORTED, unstated: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := GPU{&mock.Device{
				GetSamplesFunc: func(what nvml.SamplingType, since uint64) (nvml.ValueType, []nvml.Sample, nvml.Return) {
					if what != nvml.GPU_UTILIZATION_SAMPLES || since != 1_000_000 {
						t.Errorf("asked for %v since %d", what, since)
					}
					return tt.kind, tt.samples, tt.ret
				},
				GetUtilizationRatesFunc: func() (nvml.Utilization, nvml.Return) { return nvml.Utilization{Gpu: 42}, tt.rates },
			}}
			got, ok := g.Busy(from, to)
			if ok == tt.unstated || ok && math.Abs(got-tt.want) > 1e-9 {
				t.Errorf("busy %g, %v, want %g", got, ok, tt.want)
			}
		})
	}
}

func TestEnergyIsNotTold(t *testing.T) {
	g := GPU{&mock.Device{GetTotalEnergyConsumptionFunc: func() (uint64, nvml.Return) { return 0, nvml.ERROR_NOT_SUPPORTED }}}
	if _, ok := g.Energy(); ok {
		t.Error("a GPU without a counter has energy")
	}
}
