package backdrop

import (
	"math"

	"braid/source/synth/mesh"
)

// lamp is the light of a street lamp.
type lamp struct {
	at    mesh.Vec // of its head
	color mesh.Color
}

// addLamp sets a street lamp at the kerb; its arm leads over the road.
func (l *site) addLamp(foot mesh.Vec, out, height float64, warm bool) {
	m := &mesh.Mesh{}
	color := mesh.Color{R: 0.80, G: 0.86, B: 0.95}
	if warm {
		color = mesh.Color{R: 1.05, G: 0.72, B: 0.38}
	}
	steel := m.Material(mesh.Material{Albedo: mesh.Color{R: 0.16, G: 0.17, B: 0.17}, Gloss: 0.3})
	glass := m.Material(mesh.Material{Albedo: mesh.Color{R: 0.5, G: 0.5, B: 0.48}, Glow: color.Mul(9)})
	arm := 1.4 * -out
	top := foot.Add(mesh.V(0, 0, height))
	head := top.Add(mesh.V(0, arm, 0.15))
	m.Cylinder(steel, foot, foot.Add(mesh.V(0, 0, 1.1)), 0.085, 10)
	m.Cylinder(steel, foot.Add(mesh.V(0, 0, 1.1)), top, 0.055, 8)
	m.Cylinder(steel, top, head, 0.035, 6)
	m.Box(steel, head.Add(mesh.V(-0.11, -0.32, 0)), head.Add(mesh.V(0.11, 0.32, 0.1)))
	m.Box(glass, head.Add(mesh.V(-0.09, -0.26, -0.06)), head.Add(mesh.V(0.09, 0.26, 0)))
	l.things = append(l.things, thing{foot, m})
	l.poles = append(l.poles, pole{foot, 0.06, height})
	l.lamps = append(l.lamps, lamp{at: head.Add(mesh.V(0, 0, -0.1)), color: color})
}

// pools is what the lamps give to a surface at p with normal n, at full
// strength.
func pools(lamps []lamp, p, n mesh.Vec) mesh.Color {
	var sum mesh.Color
	for i := range lamps {
		d := lamps[i].at.Sub(p)
		if d.Z <= 0 || d.X > 26 || d.X < -26 {
			continue // a lamp shines down, and not far
		}
		q := d.Dot(d)
		far := 1 / math.Sqrt(q)
		facing := 0.35 + 0.65*max(0, n.Dot(d))*far
		fade := 1 - d.X*d.X/(26*26)
		sum = sum.Add(lamps[i].color.Mul(45 * d.Z * far * facing * fade / (q + 25)))
	}
	return sum
}

// halos adds the glare about the lamps that the picture shows.
func (p *painter) halos(rgb []byte) {
	if p.light.Lamps == 0 {
		return
	}
	for i := range p.site.lamps {
		l := &p.site.lamps[i]
		x, y, depth := p.v.project(l.at)
		if depth < 1 || x < 0 || y < 0 || x >= float64(p.v.width) || y >= float64(p.v.height) {
			continue
		}
		at := int(y)*over*p.film.width + int(x)*over
		if float64(p.film.inv[at]) > 1.03/depth {
			continue // something hides it
		}
		r := min(float64(p.v.width)/12, 1.6*p.v.focal/depth) + 4
		for j := max(0, int(y-r)); j < min(p.v.height, int(y+r)); j++ {
			for k := max(0, int(x-r)); k < min(p.v.width, int(x+r)); k++ {
				q := math.Hypot(float64(k)+0.5-x, float64(j)+0.5-y) / r
				if q >= 1 {
					continue
				}
				g := (1 - q) * (1 - q) * (0.35 + 0.5*(1-q)*(1-q)*(1-q)) * p.light.Lamps
				to := rgb[3*(j*p.v.width+k):]
				for c, s := range [3]float64{l.color.R, l.color.G, l.color.B} {
					to[c] = byte(255 - float64(255-to[c])*(1-min(1, g*s)))
				}
			}
		}
	}
}
