package darknet

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// epsilon is what darknet adds to a variance before it divides by its root. Its
// lines differ: pjreddie's adds 1e-6 to the root on a CPU and this to the
// variance on a GPU, AlexeyAB's this everywhere.
const epsilon = 1e-5

// fileWeights reads a weights file: a header, then of each convolution in order
// the biases, with batch norm the scales, means and variances, and the weights,
// all of them little-endian float32.
type fileWeights struct {
	r    *bufio.Reader
	want int64 // values in all
	read int64 // bytes of them so far, -1 before the header
}

// FileWeights are those of a weights file that is made for the network. They are
// read once, in Build.
func (n *Network) FileWeights(r io.Reader) Weights {
	return &fileWeights{r: bufio.NewReaderSize(r, 1<<16), want: n.Parameters(), read: -1}
}

// Parameters is the number of values in the network's weights file.
func (n *Network) Parameters() int64 {
	var sum int64
	for _, l := range n.layers {
		if c, ok := l.op.(*convolution); ok {
			sum += c.parameters()
		}
	}
	return sum
}

// header reads it once: version and revision, then the number of pictures the network has
// seen in training: 8 bytes from version 0.2 on, 4 before.
func (f *fileWeights) header() error {
	if f.read >= 0 {
		return nil
	}
	f.read = 0
	var version [3]int32
	if err := binary.Read(f.r, binary.LittleEndian, &version); err != nil {
		return headerError(err)
	}
	major, minor := version[0], version[1]
	if major < 0 || major >= 1000 || minor < 0 || minor >= 1000 {
		return fmt.Errorf("this is no weights file of darknet: its version would be %d.%d", major, minor)
	}
	seen := 4
	if major*10+minor >= 2 {
		seen = 8
	}
	if _, err := f.r.Discard(seen); err != nil {
		return headerError(err)
	}
	return nil
}

func headerError(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("this is no weights file of darknet: it ends within the header")
	}
	return fmt.Errorf("reading weights: %w", err)
}

func (f *fileWeights) convolution(c *convolution) (bias, weights []byte, err error) {
	if err := f.header(); err != nil {
		return nil, nil, err
	}
	vectors := make([][]byte, 1, 4)
	if c.batchNorm {
		vectors = vectors[:4]
	}
	for i := range vectors {
		if vectors[i], err = f.values(c.filters); err != nil {
			return nil, nil, err
		}
	}
	if weights, err = f.values(c.filters * c.fan()); err != nil {
		return nil, nil, err
	}
	bias = vectors[0]
	if c.batchNorm {
		fold(bias, weights, vectors[1], vectors[2], vectors[3])
	}
	if !finite(bias) || !finite(weights) {
		return nil, nil, errors.New("its weights are not finite numbers: the file belongs to another network, or its training went wrong")
	}
	return bias, weights, nil
}

// values reads n values as they lie in the file. Memory grows with what comes,
// since a cfg may ask for more than there is.
func (f *fileWeights) values(n int) ([]byte, error) {
	const atOnce = 1 << 20
	var out []byte
	for at := 0; at < 4*n; {
		step := min(4*n-at, max(atOnce, at))
		out = append(out, make([]byte, step)...)
		got, err := io.ReadFull(f.r, out[at:])
		at += got
		f.read += int64(got)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, fmt.Errorf("the weights end here: %d values are missing of the %d that the cfg asks for", f.want-f.read/4, f.want)
		}
		if err != nil {
			return nil, fmt.Errorf("reading weights: %w", err)
		}
	}
	return out, nil
}

func (f *fileWeights) end() error {
	if err := f.header(); err != nil {
		return err
	}
	left, err := io.Copy(io.Discard, f.r)
	if err != nil {
		return fmt.Errorf("reading weights: %w", err)
	}
	if left > 0 {
		return fmt.Errorf("%d values are left over behind the %d that the cfg asks for", (left+3)/4, f.want)
	}
	return nil
}

// fold puts a batch norm into the convolution before it: y = (x-mean)·f + bias
// with f = scale/√(variance+ε), in the precision that darknet takes for it.
func fold(bias, weights, scale, mean, variance []byte) {
	filters := len(bias) / 4
	fan := len(weights) / 4 / filters
	for i := range filters {
		root := math.Sqrt(float64(at(variance, i)) + epsilon)
		set(bias, i, float32(float64(at(bias, i))-float64(float64(at(scale, i))*float64(at(mean, i)))/root))
		factor := float64(at(scale, i)) / root
		for j := i * fan; j < (i+1)*fan; j++ {
			set(weights, j, float32(float64(at(weights, j))*factor))
		}
	}
}

// at is value i of little-endian float32, and set puts it there.
func at(data []byte, i int) float32 {
	return math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
}

func set(data []byte, i int, v float32) {
	binary.LittleEndian.PutUint32(data[4*i:], math.Float32bits(v))
}

func finite(data []byte) bool {
	for i := range len(data) / 4 {
		if v := float64(at(data, i)); math.IsNaN(v) || math.IsInf(v, 0) {
			return false
		}
	}
	return true
}
