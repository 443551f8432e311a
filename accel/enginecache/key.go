package enginecache

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"braid/accel"
)

// Key identifies an engine: equal keys mean that a blob of the one is one of the other.
type Key [sha256.Size]byte

func (k Key) String() string { return hex.EncodeToString(k[:]) }

// keyOf reads what Key.String writes.
func keyOf(text string) (Key, bool) {
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) != len(Key{}) {
		return Key{}, false
	}
	return Key(raw), true
}

// Engine is everything that an engine depends on. Of the device it has the kind,
// not the number: two equal GPUs share their engines, and so do the two cores of a
// DLA, since a core is chosen when an engine is loaded.
type Engine struct {
	Segment   Hash               `json:"segment"` // of the ONNX bytes; HashOf
	Inputs    []accel.TensorDesc `json:"inputs"`
	Outputs   []accel.TensorDesc `json:"outputs"`
	Precision string             `json:"precision"`
	Flags     []string           `json:"flags"`   // of the builder, in the order in which it takes them
	Runtime   string             `json:"runtime"` // who built it, and its version: "TensorRT 10.7.0"
	Driver    string             `json:"driver"`
	Compute   string             `json:"compute"` // capability, "9.0"; of a CPU, the hash of its instruction sets
	Device    string             `json:"device"`  // accel.DeviceID's Kind
	Chip      string             `json:"chip"`    // the maker's name of the device: a runtime tunes for it
}

// Manifest says to people what an engine is of. Nobody else reads it.
type Manifest struct {
	Name   string        `json:"name"` // of the segment and its model
	Engine Engine        `json:"engine"`
	Bytes  int           `json:"bytes"` // of the blob; Put sets it
	Made   time.Time     `json:"made"`
	Took   time.Duration `json:"took_ns"` // to build it
}

// Hash is a SHA-256 that is text in JSON.
type Hash [sha256.Size]byte

// HashOf is that of a segment's ONNX.
func HashOf(data []byte) Hash { return sha256.Sum256(data) }

func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// MarshalText writes it in hexadecimal.
func (h Hash) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// Key is the SHA-256 of the description in JSON: its fields in the order of the
// struct, no field left out, so that equal descriptions and no others have equal
// text. The format's version is part of it: a new one finds nothing of the old.
func (e Engine) Key() Key {
	return sum(struct {
		Format int    `json:"format"`
		Engine Engine `json:"engine"`
	}{format, e.canonical()})
}

// canonical makes no difference between a list that is nil and one that is empty.
func (e Engine) canonical() Engine {
	e.Inputs = canonical(e.Inputs)
	e.Outputs = canonical(e.Outputs)
	e.Flags = append([]string{}, e.Flags...)
	return e
}

func canonical(descs []accel.TensorDesc) []accel.TensorDesc {
	out := make([]accel.TensorDesc, len(descs))
	for i, d := range descs {
		d.Shape = append([]int64{}, d.Shape...)
		out[i] = d
	}
	return out
}

// sum hashes text that JSON can always write.
func sum(v any) Key {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings, numbers and lists: there is nothing in it that could fail
	}
	return sha256.Sum256(text)
}
