//go:build !cgo || !linux

package cuda

// Library cannot be opened in this build.
type Library struct{}

// Builder cannot be made in this build.
type Builder struct{}

// Engine cannot be loaded in this build.
type Engine struct{}

// Exec cannot be made in this build.
type Exec struct{}

// Call cannot be made in this build.
type Call struct{}

// Open returns an error that wraps ErrMissing.
func Open(path string) (*Library, error) {
	return nil, missing("opening the CUDA library "+path, "this braid was built without cgo, or not for Linux")
}

// Close does nothing.
func (*Library) Close() error { return nil }

// Versions returns ErrMissing.
func (*Library) Versions() (Versions, error) { return Versions{}, ErrMissing }

// Devices returns ErrMissing.
func (*Library) Devices() ([]Device, error) { return nil, ErrMissing }

// AllocDevice returns ErrMissing.
func (*Library) AllocDevice(int, int64) (Address, error) { return 0, ErrMissing }

// FreeDevice returns ErrMissing.
func (*Library) FreeDevice(int, Address) error { return ErrMissing }

// AllocHost returns ErrMissing.
func (*Library) AllocHost(int64) ([]byte, Address, error) { return nil, 0, ErrMissing }

// FreeHost returns ErrMissing.
func (*Library) FreeHost(Address) error { return ErrMissing }

// Peer returns ErrMissing.
func (*Library) Peer(int, int) (bool, error) { return false, ErrMissing }

// NewBuilder returns ErrMissing.
func (*Library) NewBuilder(int) (*Builder, error) { return nil, ErrMissing }

// Load returns ErrMissing.
func (*Library) Load(int, int, []byte) (*Engine, error) { return nil, ErrMissing }

// Parse returns ErrMissing.
func (*Builder) Parse([]byte) error { return ErrMissing }

// Flag returns ErrMissing.
func (*Builder) Flag(Flag, bool) error { return ErrMissing }

// DLA returns ErrMissing.
func (*Builder) DLA(int) error { return ErrMissing }

// GPU returns ErrMissing.
func (*Builder) GPU() error { return ErrMissing }

// Pool returns ErrMissing.
func (*Builder) Pool(Pool, int64) error { return ErrMissing }

// Level returns ErrMissing.
func (*Builder) Level(int) error { return ErrMissing }

// IO returns ErrMissing.
func (*Builder) IO(string, Type, Format) error { return ErrMissing }

// Range returns ErrMissing.
func (*Builder) Range(string, float32) error { return ErrMissing }

// TimingCache returns ErrMissing.
func (*Builder) TimingCache([]byte) error { return ErrMissing }

// Layers returns ErrMissing.
func (*Builder) Layers() ([]byte, error) { return nil, ErrMissing }

// Build returns ErrMissing.
func (*Builder) Build() ([]byte, error) { return nil, ErrMissing }

// Timings returns ErrMissing.
func (*Builder) Timings() ([]byte, error) { return nil, ErrMissing }

// Close does nothing.
func (*Builder) Close() error { return nil }

// Tensors returns ErrMissing.
func (*Engine) Tensors() ([]Tensor, error) { return nil, ErrMissing }

// Memory returns ErrMissing.
func (*Engine) Memory() (int64, error) { return 0, ErrMissing }

// Inspect returns ErrMissing.
func (*Engine) Inspect() ([]byte, error) { return nil, ErrMissing }

// NewExec returns ErrMissing.
func (*Engine) NewExec(int) (*Exec, error) { return nil, ErrMissing }

// Close does nothing.
func (*Engine) Close() error { return nil }

// Stretch returns ErrMissing.
func (*Exec) Stretch(float64) error { return ErrMissing }

// NewCall returns ErrMissing.
func (*Exec) NewCall(bool) (*Call, error) { return nil, ErrMissing }

// Close does nothing.
func (*Exec) Close() error { return nil }

// Tensor returns ErrMissing.
func (*Call) Tensor(string, Address) error { return ErrMissing }

// CopyBefore returns ErrMissing.
func (*Call) CopyBefore(Place, Place, int64) error { return ErrMissing }

// CopyOnDemand returns ErrMissing.
func (*Call) CopyOnDemand(Place, Place, int64) error { return ErrMissing }

// CopyAfter returns ErrMissing.
func (*Call) CopyAfter(Place, Place, int64) error { return ErrMissing }

// Ready returns ErrMissing.
func (*Call) Ready(bool) error { return ErrMissing }

// Start returns ErrMissing.
func (*Call) Start(*Call, uint64) error { return ErrMissing }

// Wait returns ErrMissing.
func (*Call) Wait() error { return ErrMissing }

// Profile returns ErrMissing.
func (*Call) Profile() ([]byte, error) { return nil, ErrMissing }

// Close does nothing.
func (*Call) Close() error { return nil }
