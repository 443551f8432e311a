package video

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"braid/internal/testdata"
	"braid/source"
)

func box(kind string, payload int) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(8+payload))
	return append(append(b, kind...), make([]byte, payload)...)
}

func longBox(kind string, payload int) []byte {
	b := append([]byte{0, 0, 0, 1}, kind...)
	b = binary.BigEndian.AppendUint64(b, uint64(16+payload))
	return append(b, make([]byte, payload)...)
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

func packets(n, length, sync int) []byte {
	b := make([]byte, n*length)
	for i := range n {
		b[i*length+sync] = 0x47
	}
	return b
}

func riff(payload int) []byte {
	b := binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(payload))
	return append(b, make([]byte, payload)...)
}

func TestWalkContainer(t *testing.T) {
	mp4 := join(box("ftyp", 16), box("moov", 100), longBox("mdat", 500))
	tail := join(box("ftyp", 16), box("mdat", 500), box("moov", 100))
	// EBML header, Segment of unknown size, Cluster of 12 bytes with two blocks.
	mkv := []byte{
		0x1A, 0x45, 0xDF, 0xA3, 0x84, 1, 2, 3, 4, 0x18, 0x53, 0x80, 0x67, 0x01, 255, 255, 255, 255, 255, 255, 255,
		0x1F, 0x43, 0xB6, 0x75, 0x8C, 0xA3, 0x84, 1, 2, 3, 4, 0xA3, 0x84, 1, 2, 3, 4,
	}
	known := join([]byte{0x1A, 0x45, 0xDF, 0xA3, 0x84, 1, 2, 3, 4, 0x18, 0x53, 0x80, 0x67, 0x86, 0xA3, 0x84, 1, 2, 3, 4}, []byte("junk"))
	noise := bytes.Clone(mkv)
	noise[len(noise)-6] = 0
	tests := []struct {
		name string
		file []byte
		cut  bool
	}{
		{"mp4", mp4, false},
		{"mp4 cut", mp4[:len(mp4)-1], true},
		{"mp4 with junk behind", join(mp4, []byte("no box at all")), false},
		{"mp4, index at the end", tail, false},
		{"mp4, index cut off", tail[:550], true},
		{"mp4, index cut in the middle", tail[:len(tail)-1], true},
		{"mp4, cut between boxes", tail[:24+508], true},
		{"mp4, last box open", join(box("ftyp", 16), box("moov", 8), []byte{0, 0, 0, 0}, []byte("mdat12345678")), false},
		{"mkv", mkv, false},
		{"mkv cut in a block", mkv[:len(mkv)-1], true},
		{"mkv cut between blocks", mkv[:len(mkv)-6], true},
		{"mkv with noise", noise, true},
		{"mkv with junk behind", known, false},
		{"ts", packets(5, 188, 0), false},
		{"ts cut", packets(5, 188, 0)[:900], true},
		{"ts with noise", join(packets(3, 188, 0), make([]byte, 188), packets(3, 188, 0)), true},
		{"m2ts", packets(5, 192, 4), false},
		{"m2ts cut", packets(5, 192, 4)[:900], true},
		{"ts with checksum", packets(5, 204, 0), false},
		{"avi", riff(100), false},
		{"avi cut", riff(100)[:90], true},
		{"avi of two parts, cut", join(riff(100), riff(100)[:90]), true},
		{"unknown", bytes.Repeat([]byte("hello "), 100), false},
		{"tiny", []byte("x"), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := walkContainer(bytes.NewReader(tt.file), int64(len(tt.file)))
			if errors.Is(err, source.ErrTruncated) != tt.cut || !tt.cut && err != nil {
				t.Errorf("error %v, want cut %t", err, tt.cut)
			}
		})
	}
}

func TestCheckContainerOfRealVideos(t *testing.T) {
	for _, name := range videos() {
		if err := checkContainer(testdata.Path(t, name)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func videos() []string {
	return []string{"videos/udacity_solidWhiteRight.mp4", "videos/sam2_01_dog.mp4", "videos/intel_one-by-one-person-detection.mp4"}
}

func FuzzWalkContainer(f *testing.F) {
	f.Add(join(box("ftyp", 4), longBox("mdat", 10)))
	f.Add(riff(20))
	f.Add(packets(3, 188, 0))
	f.Add([]byte("\x1A\x45\xDF\xA3\x80\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		err := walkContainer(bytes.NewReader(b), int64(len(b)))
		if err != nil && (!errors.Is(err, source.ErrTruncated) || strings.Contains(err.Error(), "\n")) {
			t.Errorf("error %v", err)
		}
	})
}
