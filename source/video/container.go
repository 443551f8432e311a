package video

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"braid/source"
)

// checkContainer looks for the mark of a recording that was cut off or damaged:
// a part that is longer than the file. It reads only the headers of the parts of
// MP4/MOV (ISO 14496-12), Matroska/WebM (RFC 8794, RFC 9559), AVI (RIFF) and
// MPEG-TS files (ISO 13818-1), and knows nothing of others. Demuxers do not say
// it: they take the end of the file for the end of the stream.
func checkContainer(path string) error { return inspect(path, walkContainer) }

// checkIndex looks for an MP4 file without its index, in which there is nothing
// to play. It is worth a look before playing: decodebin may lose qtdemux' error
// about it and wait for ever.
func checkIndex(path string) error {
	err := inspect(path, func(r io.ReaderAt, size int64) error {
		var head [8]byte
		if _, err := r.ReadAt(head[:], 0); err != nil || !isBox(string(head[4:])) {
			return nil //nolint:nilerr // too short to be an MP4 file, or unreadable: playing it says so
		}
		return walkBoxes(r, size)
	})
	if errors.Is(err, errNoIndex) {
		return err
	}
	return nil
}

// inspect opens a regular file for a look.
func inspect(path string, look func(io.ReaderAt, int64) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil || !st.Mode().IsRegular() {
		return err
	}
	return look(f, st.Size())
}

var errNoIndex = fmt.Errorf("%w: it has no index (moov)", source.ErrTruncated)

func walkContainer(r io.ReaderAt, size int64) error {
	var head [205]byte
	n, err := r.ReadAt(head[:], 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	b := head[:n]
	switch {
	case n < 16:
		return nil
	case isBox(string(b[4:8])):
		return walkBoxes(r, size)
	case binary.BigEndian.Uint32(b) == ebmlHeader:
		return walkEBML(r, size)
	case string(b[:4]) == "RIFF":
		return walkRIFF(r, size)
	}
	return walkPackets(r, size, b)
}

func truncated(at, length, size int64) error {
	return fmt.Errorf("%w: the part at byte %d has %d bytes, the file only %d", source.ErrTruncated, at, length, size)
}

func isBox(kind string) bool {
	switch kind {
	case "ftyp", "moov", "mdat", "styp", "moof", "free", "skip", "wide", "pdin", "mfra", "sidx", "ssix", "emsg", "prft", "uuid", "udta", "meta":
		return true
	}
	return false
}

// walkBoxes goes over the top boxes: a 32 bit size and a type; size 1 means that
// 64 bits follow, 0 that it is the last box. A little of something else behind
// the last box is common and harmless.
func walkBoxes(r io.ReaderAt, size int64) error {
	var b [16]byte
	movie, cut := false, error(nil)
	for at := int64(0); at+8 <= size && cut == nil; {
		if _, err := r.ReadAt(b[:], at); err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		length := boxLength(b, size-at)
		kind := string(b[4:8])
		if !isBox(kind) && (length < 8 || length > size-at) {
			if size-at > size/16 {
				cut = fmt.Errorf("%w: no box at byte %d of %d", source.ErrTruncated, at, size)
			}
			break
		}
		if length < 8 || length > size-at {
			cut = truncated(at, length, size)
		}
		movie = movie || kind == "moov"
		at += length
	}
	if !movie {
		return errNoIndex
	}
	return cut
}

func boxLength(b [16]byte, rest int64) int64 {
	switch length := binary.BigEndian.Uint32(b[:4]); length {
	case 0:
		return rest
	case 1:
		return int64(binary.BigEndian.Uint64(b[8:]))
	default:
		return int64(length)
	}
}

const (
	ebmlHeader  = 0x1A45DFA3
	ebmlSegment = 0x18538067
	ebmlCluster = 0x1F43B675
)

// walkEBML goes over the elements of the Segment and its Clusters down to the
// blocks, whose headers do not fit each other where something is missing.
func walkEBML(r io.ReaderAt, size int64) error {
	var b [12]byte
	for at := int64(0); at < size; {
		n, err := r.ReadAt(b[:], at)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		id, idLen := ebmlNumber(b[:n], 4, true)
		length, sizeLen := ebmlNumber(b[idLen:n], 8, false)
		if idLen == 0 || sizeLen == 0 {
			return fmt.Errorf("%w: no element at byte %d of %d", source.ErrTruncated, at, size)
		}
		begin := at + int64(idLen+sizeLen)
		unknown := length == 1<<(7*sizeLen)-1
		if !unknown && length > uint64(size-begin) {
			return truncated(at, int64(length), size)
		}
		switch at = begin; {
		case id == ebmlSegment && !unknown:
			size = begin + int64(length) // what lies behind it is not Matroska's
		case id != ebmlSegment && id != ebmlCluster:
			at += int64(length)
		}
	}
	return nil
}

// ebmlNumber reads a number whose first set bit says how many bytes it has. An
// id keeps that bit. It returns length 0 where there is no number.
func ebmlNumber(b []byte, most int, isID bool) (v uint64, length int) {
	if len(b) == 0 {
		return 0, 0
	}
	length = 1
	for mark := byte(0x80); mark != 0 && b[0]&mark == 0; mark >>= 1 {
		length++
	}
	if length > most || length > len(b) {
		return 0, 0
	}
	for _, c := range b[:length] {
		v = v<<8 | uint64(c)
	}
	if !isID {
		v &= 1<<(7*length) - 1
	}
	return v, length
}

// walkRIFF goes over the RIFF chunks; a file above 1 GB has several.
func walkRIFF(r io.ReaderAt, size int64) error {
	var b [8]byte
	for at := int64(0); at+8 <= size; {
		if _, err := r.ReadAt(b[:], at); err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if string(b[:4]) != "RIFF" {
			return nil
		}
		end := at + 8 + int64(binary.LittleEndian.Uint32(b[4:]))
		if end > size {
			return truncated(at, end-at, size)
		}
		at = end + end&1
	}
	return nil
}

// walkPackets looks whether every packet of a transport stream begins with its
// sync byte and the last one is whole: packets have 188 bytes, 192 with a time
// code before, or 204 with a checksum behind. A stream that was cut between two
// packets looks like one that ended there.
func walkPackets(r io.ReaderAt, size int64, head []byte) error {
	for _, p := range []struct{ length, sync int }{{188, 0}, {192, 4}, {204, 0}} {
		if second := p.length + p.sync; second < len(head) && head[p.sync] == syncByte && head[second] == syncByte {
			return checkPackets(r, size, p.length, p.sync)
		}
	}
	return nil
}

const syncByte = 0x47

func checkPackets(r io.ReaderAt, size int64, length, sync int) error {
	buf := make([]byte, 4096*length)
	for at := int64(0); at < size; {
		n, err := r.ReadAt(buf, at)
		if n == 0 || err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		for i := sync; i < n; i += length {
			if buf[i] != syncByte {
				return fmt.Errorf("%w or damaged: no packet at byte %d of %d", source.ErrTruncated, at+int64(i-sync), size)
			}
		}
		at += int64(n)
	}
	if over := size % int64(length); over != 0 {
		return fmt.Errorf("%w: the last packet has %d of %d bytes", source.ErrTruncated, over, length)
	}
	return nil
}
