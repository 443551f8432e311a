package enginecache

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// A file is a header, then the blob.
const (
	magic      = "braidEng"
	format     = 2 // of the header, and part of every Key
	headerSize = len(magic) + 4 + 2*sha256.Size + 8
)

// header says what follows it.
type header struct {
	key  Key
	sum  Hash // of the blob
	size int64
}

// write is the header as it stands in the file.
func (h header) write() []byte {
	out := append(make([]byte, 0, headerSize), magic...)
	out = binary.LittleEndian.AppendUint32(out, format)
	out = append(out, h.key[:]...)
	out = append(out, h.sum[:]...)
	return binary.LittleEndian.AppendUint64(out, uint64(h.size))
}

// parseHeader reads what write wrote, and nothing else.
func parseHeader(data []byte) (header, error) {
	var h header
	if len(data) < headerSize {
		return h, fmt.Errorf("it has %d bytes, fewer than its header", len(data))
	}
	rest, ours := bytes.CutPrefix(data[:headerSize], []byte(magic))
	if !ours {
		return h, errors.New("it is no engine of braid")
	}
	if v := binary.LittleEndian.Uint32(rest); v != format {
		return h, fmt.Errorf("its format is %d, not %d", v, format)
	}
	rest = rest[4:]
	rest = rest[copy(h.key[:], rest):]
	rest = rest[copy(h.sum[:], rest):]
	h.size = int64(binary.LittleEndian.Uint64(rest))
	if h.size < 0 {
		return h, errors.New("its length is none")
	}
	return h, nil
}

// readBlob reads a file of a known size whole, and believes nothing of it.
func readBlob(r io.Reader, size int64, key Key) ([]byte, error) {
	head := make([]byte, headerSize)
	if n, err := io.ReadFull(r, head); err != nil {
		head = head[:n]
	}
	h, err := parseHeader(head)
	switch {
	case err != nil:
		return nil, err
	case h.key != key:
		return nil, errors.New("it is of another engine")
	case h.size != size-int64(headerSize):
		return nil, fmt.Errorf("it holds %d bytes, where its header says %d", size-int64(headerSize), h.size)
	}
	blob := make([]byte, h.size)
	if _, err := io.ReadFull(r, blob); err != nil {
		return nil, fmt.Errorf("it is short: %w", err)
	}
	if HashOf(blob) != h.sum {
		return nil, errors.New("its contents are damaged")
	}
	return blob, nil
}
