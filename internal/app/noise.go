package app

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"braid/accel"
	"braid/accel/network"
	"braid/internal/card"
)

// randomInputs fills each input of a network with noise: where there is a card,
// in the range that its pixels have. c may be nil.
func randomInputs(n *network.Network, c *card.Card, rng *rand.Rand) (map[string][]byte, error) {
	out := map[string][]byte{}
	for _, in := range n.Inputs() {
		if in.Shape == nil || slices.Min(append([]int64{1}, in.Shape...)) < 0 {
			return nil, invalidf("input %q has no fixed shape but %v: a model card would give it one", in.Name, in.Shape)
		}
		data, err := noise(in, c, rng)
		if err != nil {
			return nil, as(ErrInvalid, err)
		}
		out[in.Name] = data
	}
	return out, nil
}

// noise is the data of one input. Whole numbers, which may count or choose
// something, are 0 or 1, bytes are those of a picture.
func noise(in accel.TensorDesc, c *card.Card, rng *rand.Rand) ([]byte, error) {
	data := make([]byte, 0, in.Bytes())
	n := int(in.Elems())
	for i := range n {
		v := rng.Float64()
		switch in.Type {
		case accel.Float32:
			if c != nil {
				ch := i * 3 / n
				v = (v*255*float64(c.Input.Scale) - float64(c.Input.Mean[ch])) / float64(c.Input.Std[ch])
			}
			data = binary.LittleEndian.AppendUint32(data, math.Float32bits(float32(v)))
		case accel.Float64:
			data = binary.LittleEndian.AppendUint64(data, math.Float64bits(v))
		case accel.Float16:
			data = binary.LittleEndian.AppendUint16(data, 0x3c00|uint16(v*1024)) // 1 to 2: one exponent
		case accel.Int64:
			data = binary.LittleEndian.AppendUint64(data, uint64(math.Round(v)))
		case accel.Int32:
			data = binary.LittleEndian.AppendUint32(data, uint32(math.Round(v)))
		case accel.Uint8:
			data = append(data, byte(v*256))
		case accel.Int8, accel.Bool:
			data = append(data, byte(math.Round(v)))
		default:
			return nil, fmt.Errorf("input %q is of type %v, which braid does not carry", in.Name, in.Type)
		}
	}
	return data, nil
}
