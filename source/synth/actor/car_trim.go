package actor

import (
	"braid/source/synth/dice"
	"braid/source/synth/mesh"
)

// trim holds the materials of a vehicle's body by their indices in its mesh.
type trim struct {
	paint, second   int32 // second is the paint again unless a style sets it
	glass, pillar   int32
	plastic, under  int32
	chrome, grille  int32
	head, tail      int32
	indicator       int32
	plate, rearSign int32
	seam            int32
}

// grey is a colour of equal parts.
func grey(v float64) mesh.Color { return mesh.Color{R: v, G: v, B: v} }

// gloss is how polished a vehicle's paint is.
const gloss = 0.65

// newTrim adds the materials to m.
func newTrim(m *mesh.Mesh, d *dice.Dice, paint mesh.Color) trim {
	glass := d.Range(0.012, 0.03)
	if paint.G < 0.06 { // windows must differ from dark paint, as daylight through them makes them do
		glass += 0.025
	}
	var t trim
	t.paint = m.Material(mesh.Material{Albedo: paint, Gloss: gloss})
	t.second = t.paint
	t.glass = m.Material(mesh.Material{Albedo: mesh.Color{R: glass, G: glass * 1.1, B: glass * 1.15}, Gloss: 0.1, Clarity: 0.2})
	t.pillar = m.Material(mesh.Material{Albedo: grey(0.018), Gloss: 0.35})
	t.plastic = m.Material(mesh.Material{Albedo: grey(0.03), Gloss: 0.1})
	t.under = m.Material(mesh.Material{Albedo: grey(0.012), Shade: 0.75})
	t.chrome = m.Material(mesh.Material{Albedo: grey(0.5), Gloss: 0.9})
	t.grille = m.Material(mesh.Material{Albedo: grey(0.012), Gloss: 0.15, Shade: 0.4})
	head := mesh.Material{Albedo: mesh.Color{R: 0.62, G: 0.64, B: 0.66}, Gloss: 0.9, Clarity: 0.2, Glow: mesh.Color{R: 3.4, G: 3.1, B: 2.5}}
	if d.Chance(0.4) { // daytime running lights
		head.Signal = mesh.Color{R: 0.9, G: 0.95, B: 1}
	}
	t.head = m.Material(head)
	t.tail = m.Material(mesh.Material{Albedo: mesh.Color{R: 0.32, G: 0.008, B: 0.012}, Gloss: 0.6, Glow: mesh.Color{R: 0.55, G: 0.02, B: 0.015}})
	t.indicator = m.Material(mesh.Material{Albedo: mesh.Color{R: 0.6, G: 0.2, B: 0.02}, Gloss: 0.5})
	t.plate = m.Material(mesh.Material{Albedo: grey(0.72), Gloss: 0.1})
	t.rearSign = t.plate
	if d.Chance(0.3) { // yellow rear plates
		t.rearSign = m.Material(mesh.Material{Albedo: mesh.Color{R: 0.7, G: 0.5, B: 0.05}, Gloss: 0.1})
	}
	t.seam = m.Material(mesh.Material{Albedo: paint.Mul(0.3).Mix(grey(0.02), 0.5), Shade: 0.3})
	return t
}

// carPaint draws a colour about as often as it is seen on roads.
func carPaint(d *dice.Dice) mesh.Color {
	var c mesh.Color
	switch d.Pick(25, 20, 19, 13, 10, 7, 2, 2, 1, 1) {
	case 0: // white
		c = mesh.Color{R: 0.76, G: 0.76, B: 0.74}
	case 1: // greys
		c = grey(d.Range(0.06, 0.22))
	case 2: // black
		c = grey(d.Range(0.010, 0.022))
	case 3: // silver
		c = mesh.Color{R: 0.42, G: 0.43, B: 0.44}.Mul(d.Range(0.8, 1.2))
	case 4: // blue
		c = mesh.Color{R: 0.02, G: 0.07, B: 0.26}.Mix(mesh.Color{R: 0.06, G: 0.22, B: 0.42}, d.Float())
	case 5: // red
		c = mesh.Color{R: 0.42, G: 0.015, B: 0.02}.Mul(d.Range(0.45, 1.1))
	case 6: // green
		c = mesh.Color{R: 0.03, G: 0.12, B: 0.06}.Mul(d.Range(0.5, 1.8))
	case 7: // beige and brown
		c = mesh.Color{R: 0.42, G: 0.34, B: 0.24}.Mul(d.Range(0.3, 1.1))
	case 8: // orange
		c = mesh.Color{R: 0.62, G: 0.16, B: 0.02}
	default: // yellow
		c = mesh.Color{R: 0.68, G: 0.46, B: 0.03}
	}
	return c.Mul(d.Range(0.92, 1.06))
}
