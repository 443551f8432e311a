package video

import (
	"math"
	"slices"
	"strconv"
	"time"

	"braid/internal/frame"
	"braid/sink/wire"
)

// pencil draws what was found on a picture. All sizes follow the picture's.
type pencil struct {
	face    *typeface
	line    int // width of a box's line, pixels
	pad     int // around text on its plate
	matrix  frame.Matrix
	classes []label
	text    []byte // of the label at hand
	head    []byte // of the title
	taken   []rect // by plates of the picture at hand
}

// newPencil fits pictures of about w x h pixels. The smallest letters are those
// that an encoder leaves legible.
func newPencil(w, h int, m frame.Matrix) (*pencil, error) {
	size := min(float64(h), 0.75*float64(w))
	face, err := newTypeface(max(int(math.Round(size/32)), 13))
	if err != nil {
		return nil, err
	}
	return &pencil{face: face, line: max(int(math.Round(size/200)), 2), pad: max(int(size/180), 3), matrix: m}, nil
}

// draw annotates a frame that lies in part of a tile.
func (p *pencil) draw(to *frame.Frame, tile, part rect, s *shot) {
	p.head = appendCaption(p.head[:0], s.frame)
	head, plate := p.title(tile)
	p.objects(to, part, plate, s.objects)
	p.heading(to, head, plate)
}

// appendCaption says whose picture it is, of when, and which.
func appendCaption(b []byte, f *frame.Frame) []byte {
	b = append(b, f.Camera...)
	if f.File != "" {
		b = append(append(b, "  "...), f.File...)
	}
	b = append(b, "  "...)
	if f.Capture.IsZero() {
		b = appendTime(b, f.PTS)
	} else {
		b = f.Capture.UTC().AppendFormat(b, "2006-01-02 15:04:05.000 UTC")
	}
	return strconv.AppendUint(append(b, "  #"...), f.Seq, 10)
}

// title is as much of p.head as has room at the top left of a tile, and the plate
// for it.
func (p *pencil) title(tile rect) ([]byte, rect) {
	text, width := p.face.shorten(p.head, tile.width()-2*p.pad)
	return text, rect{tile.x0, tile.y0, tile.x0 + width + 2*p.pad, tile.y0 + p.face.height + p.pad}.within(tile)
}

func (p *pencil) heading(to *frame.Frame, text []byte, plate rect) {
	const shade = 170 // the picture shows through
	fill(to, plate, black, shade)
	write(to, p.face, text, plate.x0+p.pad, plate.y0+p.pad/2, white, plate)
}

// appendTime writes a stream time as 1:02:03.456.
func appendTime(b []byte, d time.Duration) []byte {
	if d < 0 {
		b, d = append(b, '-'), -d
	}
	b = append(strconv.AppendInt(b, int64(d/time.Hour), 10), ':')
	b = append(digits(b, int(d/time.Minute%60), 2), ':')
	b = append(digits(b, int(d/time.Second%60), 2), '.')
	return digits(b, int(d/time.Millisecond%1000), 3)
}

func digits(b []byte, v, n int) []byte {
	for scale := int(math.Pow10(n - 1)); scale > 0; scale /= 10 {
		b = append(b, byte('0'+v/scale%10))
	}
	return b
}

// objects draws the boxes of a picture that lies in part of to, then their
// labels, so that no line runs through a text. The title covers what it covers.
func (p *pencil) objects(to *frame.Frame, part, title rect, objects []wire.Object) {
	p.taken = append(p.taken[:0], title)
	for i := range objects {
		frameOf(to, place(part, objects[i].Box), p.line, p.classOf(objects[i].Class).plate, part)
	}
	for i := range objects {
		p.label(to, part, &objects[i])
	}
}

// label writes class and score on a plate.
func (p *pencil) label(to *frame.Frame, part rect, o *wire.Object) {
	p.text = append(append(p.text[:0], o.Label...), ' ')
	p.text = strconv.AppendFloat(p.text, float64(o.Score), 'f', 2, 32)
	text, width := p.face.shorten(p.text, part.width()-2*p.pad)
	plate := plateOf(place(part, o.Box), width+2*p.pad, p.face.height+p.pad/2, part, p.taken)
	p.taken = append(p.taken, plate)
	colors := p.classOf(o.Class)
	fill(to, plate, colors.plate, opaque)
	write(to, p.face, text, plate.x0+p.pad, plate.y0+p.pad/4, colors.text, plate)
}

// plateOf is where the label of a box lies: above it, below, inside or further
// up, where no other plate is first. Where there is one everywhere the label goes
// inside; it always lies within part.
func plateOf(box rect, w, h int, part rect, taken []rect) (plate rect) {
	x := max(min(box.x0, part.x1-w), part.x0)
	for _, y := range [...]int{box.y0 - h, box.y1, box.y0, box.y0 - 2*h, box.y0 + h} {
		plate = rect{x, y, x + w, y + h}
		if plate.within(part) == plate && !slices.ContainsFunc(taken, plate.overlaps) {
			return plate
		}
	}
	y := max(min(box.y0, part.y1-h), part.y0)
	return rect{x, y, x + w, y + h}.within(part)
}

func (p *pencil) classOf(class int) label {
	for len(p.classes) <= class {
		p.classes = append(p.classes, labelOf(p.matrix, len(p.classes)))
	}
	return p.classes[class]
}

// place is where a box of fractions lies in a part of the clip, at least one
// pixel of it.
func place(part rect, box [4]float32) rect {
	at := func(origin, size int, v float32) int {
		if v != v {
			v = 0 // not a number: the message says 0 too
		}
		return origin + int(math.Round(min(max(float64(v), 0), 1)*float64(size)))
	}
	w, h := part.width(), part.height()
	r := rect{at(part.x0, w, box[0]), at(part.y0, h, box[1]), at(part.x0, w, box[0]+box[2]), at(part.y0, h, box[1]+box[3])}
	r.x0, r.y0 = min(r.x0, part.x1-1), min(r.y0, part.y1-1)
	r.x1, r.y1 = max(r.x1, r.x0+1), max(r.y1, r.y0+1)
	return r
}
