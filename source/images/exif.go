package images

import (
	"bytes"
	"encoding/binary"
)

// orientation is EXIF tag 0x0112: which turn makes a stored picture upright
// (CIPA DC-008, 4.6.5.1). Files without it, or with nonsense, are upright.
type orientation uint8

const upright orientation = 1

// swaps tells whether width and height change places.
func (o orientation) swaps() bool { return o >= 5 }

// path says where the stored row y of a w x h picture goes: the offset of its
// first pixel in the upright RGB picture, and the bytes from pixel to pixel.
func (o orientation) path(y, w, h, stride int) (at, step int) {
	right, bottom := w-1, h-1
	switch o {
	case upright:
	case 2: // mirrored
		return y*stride + 3*right, -3
	case 3: // upside down
		return (bottom-y)*stride + 3*right, -3
	case 4: // mirrored, upside down
		return (bottom - y) * stride, 3
	case 5: // mirrored along the main diagonal
		return 3 * y, stride
	case 6: // to be turned right
		return 3 * (bottom - y), stride
	case 7: // mirrored along the other diagonal
		return right*stride + 3*(bottom-y), -stride
	case 8: // to be turned left
		return right*stride + 3*y, -stride
	}
	return y * stride, 3
}

// jpegOrientation looks for the EXIF segment before the picture's data.
func jpegOrientation(data []byte) orientation {
	data = data[min(2, len(data)):] // SOI
	for len(data) >= 4 && data[0] == 0xff {
		marker, size := data[1], int(binary.BigEndian.Uint16(data[2:]))
		switch {
		case marker == 0xff: // fill byte
			data = data[1:]
			continue
		case marker == 0xda || size < 2 || size+2 > len(data): // start of scan
			return upright
		}
		if tiff, ok := bytes.CutPrefix(data[4:2+size], []byte("Exif\x00\x00")); ok && marker == 0xe1 {
			return tiffOrientation(tiff)
		}
		data = data[2+size:]
	}
	return upright
}

// pngOrientation looks for the eXIf chunk, which may also follow the data.
func pngOrientation(data []byte) orientation {
	data = data[min(8, len(data)):]
	for len(data) >= 12 {
		size := uint64(binary.BigEndian.Uint32(data))
		if size+12 > uint64(len(data)) {
			return upright
		}
		if string(data[4:8]) == "eXIf" {
			return tiffOrientation(data[8 : 8+size])
		}
		data = data[12+size:]
	}
	return upright
}

// tiffOrientation reads the tag in the first directory of a TIFF header: 12-byte
// entries of tag, type, count, value; a SHORT lies at the value's beginning.
func tiffOrientation(tiff []byte) orientation {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(tiff, []byte("II*\x00")):
		order = binary.LittleEndian
	case bytes.HasPrefix(tiff, []byte("MM\x00*")):
		order = binary.BigEndian
	default:
		return upright
	}
	if len(tiff) < 8 {
		return upright
	}
	at := uint64(order.Uint32(tiff[4:]))
	if at+2 > uint64(len(tiff)) {
		return upright
	}
	entries := tiff[at+2:]
	for range order.Uint16(tiff[at:]) {
		if len(entries) < 12 {
			return upright
		}
		const tag, short = 0x0112, 3
		if order.Uint16(entries) == tag && order.Uint16(entries[2:]) == short {
			if o := order.Uint16(entries[8:]); o >= 1 && o <= 8 {
				return orientation(o)
			}
			return upright
		}
		entries = entries[12:]
	}
	return upright
}
