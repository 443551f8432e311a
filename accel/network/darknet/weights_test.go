package darknet

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"strings"
	"testing"

	"braid/accel/network"
)

// twoConvolutions is one with batch norm and one without.
const twoConvolutions = `[net]
width=8
height=8
[convolutional]
batch_normalize=1
filters=2
size=1
activation=leaky
[convolutional]
filters=6
size=1
activation=linear
[yolo]
anchors=4,4
num=1
classes=1
`

func parseText(t testing.TB, text string) *Network {
	t.Helper()
	n, err := Parse([]byte(text), "net.cfg")
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// weightsFile is a file of version 0.2.5 with the values.
func weightsFile(values ...float32) []byte {
	file := []byte{0, 0, 0, 0, 2, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	for _, v := range values {
		file = binary.LittleEndian.AppendUint32(file, math.Float32bits(v))
	}
	return file
}

// counting are n values that differ.
func counting(n int) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = 1 + float32(i)/8
	}
	return out
}

func TestBatchNormIsFolded(t *testing.T) {
	n := parseText(t, twoConvolutions)
	if got := n.Parameters(); got != 2*(4+3)+6*3 {
		t.Fatalf("%d parameters", got)
	}
	v := counting(int(n.Parameters()))
	w := n.FileWeights(bytes.NewReader(weightsFile(v...)))
	c := n.layers[0].op.(*convolution)
	bias, weights, err := w.convolution(c)
	if err != nil {
		t.Fatal(err)
	}
	// In the file: 2 biases, 2 scales, 2 means, 2 variances, 2x3 weights.
	for f := range 2 {
		b, scale, mean, variance := float64(v[f]), float64(v[2+f]), float64(v[4+f]), float64(v[6+f])
		factor := scale / math.Sqrt(variance+1e-5)
		if got, want := float64(at(bias, f)), b-mean*factor; math.Abs(got-want) > 1e-6 {
			t.Errorf("bias %d is %v, want %v", f, got, want)
		}
		for i := range 3 {
			if got, want := float64(at(weights, 3*f+i)), float64(v[8+3*f+i])*factor; math.Abs(got-want) > 1e-6 {
				t.Errorf("weight %d of %d is %v, want %v", i, f, got, want)
			}
		}
	}
}

func TestWeightsErrors(t *testing.T) {
	n := parseText(t, twoConvolutions)
	full := int(n.Parameters())
	old := append([]byte{0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, weightsFile(counting(full)...)[20:]...)
	bad := counting(full)
	bad[20] = float32(math.NaN())
	for _, tt := range []struct {
		name string
		file []byte
		want string // "" for none
	}{
		{"whole", weightsFile(counting(full)...), ""},
		{"whole, of version 0.1", old, ""},
		{"short", weightsFile(counting(full - 3)...), "3 values are missing of the 32 that the cfg asks for"},
		{"short by a byte", weightsFile(counting(full)...)[:20+4*full-1], "1 values are missing of the 32"},
		{"long", weightsFile(counting(full + 5)...), "5 values are left over behind the 32"},
		{"header only", weightsFile(), "32 values are missing"},
		{"half a header", weightsFile()[:10], "ends within the header"},
		{"empty", nil, "ends within the header"},
		{"another file", []byte("PK\x03\x04 and some more of a zip file"), "no weights file of darknet"},
		{"no numbers", weightsFile(bad...), "not finite"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := n.Build("net", n.FileWeights(bytes.NewReader(tt.file)))
			switch {
			case tt.want == "" && err != nil:
				t.Error(err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n")):
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

// TestRandomWeightsAreForEver: figures of speed and tests rely on them.
func TestRandomWeightsAreForEver(t *testing.T) {
	n := parseText(t, twoConvolutions)
	b, err := n.Build("net", n.RandomWeights(1, nil))
	if err != nil {
		t.Fatal(err)
	}
	data, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(data)
	const want = "60fe3a8426ea3d23"
	if got := hex.EncodeToString(sum[:8]); got != want {
		t.Errorf("sha256 %s…, want %s…", got, want)
	}
	if _, err := network.Parse(data); err != nil {
		t.Error(err)
	}
}

// FuzzWeights: whatever the file holds, there is a network or one line.
func FuzzWeights(f *testing.F) {
	n := parseText(f, twoConvolutions)
	f.Add(weightsFile(counting(int(n.Parameters()))...))
	f.Add(weightsFile(counting(7)...))
	f.Add([]byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, file []byte) {
		b, err := n.Build("net", n.FileWeights(bytes.NewReader(file)))
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("two lines: %v", err)
			}
			return
		}
		if _, err := b.Bytes(); err != nil {
			t.Error(err)
		}
	})
}
