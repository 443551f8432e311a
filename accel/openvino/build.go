package openvino

import (
	"context"
	"errors"
	"fmt"

	"braid/accel"
	"braid/accel/enginecache"
	"braid/accel/hostcpu"
)

// Supports reads the network, as Build does, and names a layer that OpenVINO does not
// know. What a device's plugin cannot compile only Build can tell: OpenVINO's
// query_model, which knows, is not in its C API.
func (b *Backend) Supports(s *accel.Segment, d accel.DeviceID, o accel.BuildOptions) error {
	if _, err := b.place(s, d, o); err != nil {
		return err
	}
	if err := b.hold(&b.engines); err != nil {
		return err
	}
	defer b.drop(&b.engines)
	m, err := b.core.read(s.ONNX)
	if err != nil {
		return fmt.Errorf("OpenVINO cannot read it: %w", err)
	}
	m.close()
	return nil
}

// place finds a Segment's device and precision.
func (b *Backend) place(s *accel.Segment, d accel.DeviceID, o accel.BuildOptions) (*work, error) {
	at, err := b.device(d)
	if err != nil {
		return nil, err
	}
	p, err := precisionOf(at, o.Precision)
	if err != nil {
		return nil, err
	}
	return &work{Backend: b, segment: s, at: at, precision: p}, nil
}

// work is one compiled network on its way.
type work struct {
	*Backend
	segment   *accel.Segment
	at        device
	precision precision
}

// Build gives the compiled network of a Segment: the kept one, or a new one. Loading it
// takes a fifth of the time of compiling.
func (b *Backend) Build(ctx context.Context, s *accel.Segment, d accel.DeviceID, o accel.BuildOptions) (_ []byte, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("building %s for %s: %w", s.Name, d, err)
		}
	}()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	w, err := b.place(s, d, o)
	if err != nil {
		return nil, err
	}
	if len(s.ONNX) == 0 {
		return nil, errors.New("it has no ONNX bytes")
	}
	if err := checkTensors(s.Inputs, s.Outputs); err != nil {
		return nil, err
	}
	if err := b.hold(&b.engines); err != nil {
		return nil, err
	}
	defer b.drop(&b.engines)
	return b.options.Cache.Keep(ctx, w.identity(), s.Name, w.compile)
}

// identity is all that a compiled network depends on. Which of several GPUs it is for
// makes no difference where they are alike.
func (w *work) identity() enginecache.Engine {
	return enginecache.Engine{
		Segment: enginecache.HashOf(w.segment.ONNX), Inputs: w.segment.Inputs, Outputs: w.segment.Outputs,
		Precision: w.precision.hint, Flags: []string{magic},
		Runtime: "OpenVINO " + w.core.version, Driver: w.driver(),
		Device: w.at.kind(), Chip: w.at.name, Compute: w.compute(),
	}
}

// driver is the version of an NPU's driver, whose compiler it is that compiles; "" for
// devices whose plugins do not tell it.
func (w *work) driver() string {
	if w.at.isCPU() {
		return ""
	}
	version, err := w.core.get(w.at.native, w.at.kind()+"_DRIVER_VERSION")
	if err != nil {
		return ""
	}
	return version
}

// compute tells devices of one name apart: virtual machines name a processor without
// saying which of its instruction sets they pass on.
func (w *work) compute() string {
	if w.at.isCPU() {
		return enginecache.HashOf([]byte(hostcpu.Instructions())).String()
	}
	architecture, err := w.core.get(w.at.native, "DEVICE_ARCHITECTURE")
	if err != nil {
		return ""
	}
	return architecture
}

// compile reads and compiles with OpenVINO.
func (w *work) compile() ([]byte, error) {
	c, err := w.core.newCore()
	if err != nil {
		return nil, err
	}
	defer c.close()
	if err := c.set(w.at.kind(), settings(w.at, w.precision.hint, 1)...); err != nil {
		return nil, err
	}
	m, err := c.read(w.segment.ONNX)
	if err != nil {
		return nil, err
	}
	defer m.close()
	n, err := c.compile(m, w.at.native)
	if err != nil {
		return nil, err
	}
	defer n.close()
	if err := n.checkAll(w.segment.Inputs, w.segment.Outputs); err != nil {
		return nil, err
	}
	exported, err := n.export()
	if err != nil {
		return nil, fmt.Errorf("exporting it: %w", err)
	}
	return pack(header{
		Segment: w.segment.Name, Device: w.at.kind(), Version: w.core.version, Precision: w.precision.hint,
		Inputs: w.segment.Inputs, Outputs: w.segment.Outputs,
	}, exported)
}
