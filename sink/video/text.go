package video

import (
	"fmt"
	"image"
	"image/color"
	"unicode"
	"unicode/utf8"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gomedium"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// typeface draws text of one size. Glyphs are drawn once and kept.
type typeface struct {
	font    *opentype.Font
	face    font.Face
	glyphs  map[rune]*glyph
	ascent  int // from the top of a line to its base, pixels
	height  int // of a line
	ellipse int // width of an ellipsis
}

// glyph is a letter's shape: how much of each pixel it covers, rows from the top
// left corner at dx, dy of the pen.
type glyph struct {
	cover         []uint8
	width, height int
	dx, dy        int
	advance       int
}

const ellipsis = '…'

// newTypeface makes the letters of a size in pixels.
func newTypeface(size int) (*typeface, error) {
	letters, err := opentype.Parse(gomedium.TTF)
	if err != nil {
		return nil, fmt.Errorf("reading the font: %w", err)
	}
	face, err := opentype.NewFace(letters, &opentype.FaceOptions{Size: float64(size), DPI: 72, Hinting: font.HintingFull})
	if err != nil {
		return nil, fmt.Errorf("making the font: %w", err)
	}
	m := face.Metrics()
	t := &typeface{
		font: letters, face: face, glyphs: map[rune]*glyph{},
		ascent: m.Ascent.Ceil(), height: m.Ascent.Ceil() + m.Descent.Ceil(),
	}
	for r := rune(' '); r <= '~'; r++ {
		t.glyph(r)
	}
	t.ellipse = t.glyph(ellipsis).advance
	return t, nil
}

// glyph is the shape of a letter, of a question mark where the font lacks it.
func (t *typeface) glyph(r rune) *glyph {
	g := t.glyphs[r]
	if g == nil {
		g = t.shape(r)
		t.glyphs[r] = g
	}
	return g
}

func (t *typeface) shape(r rune) *glyph {
	if !unicode.IsPrint(r) {
		r = ' '
	}
	if i, err := t.font.GlyphIndex(nil, r); i == 0 || err != nil {
		r = '?'
	}
	box, mask, at, advance, ok := t.face.Glyph(fixed.Point26_6{}, r)
	g := &glyph{advance: advance.Round()}
	if ok {
		g.width, g.height, g.dx, g.dy = box.Dx(), box.Dy(), box.Min.X, box.Min.Y
		g.cover = covered(mask, at, g.width, g.height)
	}
	return g
}

func covered(mask image.Image, at image.Point, w, h int) []uint8 {
	out := make([]uint8, 0, w*h)
	for y := range h {
		for x := range w {
			out = append(out, color.AlphaModel.Convert(mask.At(at.X+x, at.Y+y)).(color.Alpha).A)
		}
	}
	return out
}

// measure is the width of a text.
func (t *typeface) measure(text []byte) (width int) {
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		width += t.glyph(r).advance
		text = text[n:]
	}
	return width
}

// shorten cuts a text in place so that it is no wider than width, and marks the
// cut. It returns the text and how wide it is.
func (t *typeface) shorten(text []byte, width int) ([]byte, int) {
	if w := t.measure(text); w <= width {
		return text, w
	}
	used := t.ellipse
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		if next := used + t.glyph(r).advance; next <= width {
			used, i = next, i+n
			continue
		}
		return utf8.AppendRune(text[:i], ellipsis), used
	}
	return text, used
}
