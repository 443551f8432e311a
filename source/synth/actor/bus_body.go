package actor

import (
	"math"
	"sort"

	"braid/source/synth/dice"
	"braid/source/synth/mesh"
)

// boxBody is a body with an upright front: a bus, or a truck's cab. Heights
// are from the ground, distances from its front backwards, all in metres.
type boxBody struct {
	front                 float64 // x of the front
	length, width, height float64
	sill, belt, head      float64 // lower edge, lower and upper edges of the windows
	screen                float64 // lower edge of the windscreen
	rake                  float64 // how far the windscreen's head leans back
	bow                   float64 // how far the front's corners are drawn back
	wheel                 float64 // radius of the tyres
	axles                 []float64
	posts                 []float64 // middles of the posts between the side windows
	post                  float64   // their width
	glassFrom, glassTo    float64   // stretch of the side windows
	rearGlass             bool
	paintedPosts          bool      // posts are painted instead of black
	skirtSecond           bool      // the skirts have the second colour
	doors                 []float64 // front edges of the doors
	doorsLeft             bool      // for places where traffic keeps left
}

// Rows of an upright body's cross section.
const (
	boxUnder = iota
	boxEdge
	boxSill
	boxSkirt
	boxBelt
	boxHead
	boxRail
	boxShoulder
	boxRoof
	boxCrown
)

// arch is the lower edge of the sides.
func (b *boxBody) arch(at float64) float64 {
	low, radius := b.sill, b.wheel*1.12
	for _, axle := range b.axles {
		if dx := math.Abs(at - axle); dx < radius*0.999 {
			low = max(low, b.wheel+math.Sqrt(float64(radius*radius)-float64(dx*dx)))
		}
	}
	return low
}

// doorEdges are where frames and leaves of a door begin behind its front edge.
var doorEdges = [6]float64{0, 0.06, 0.60, 0.70, 1.24, 1.30}

// door is the material of a door's part at a distance from the front.
func (b *boxBody) door(at float64, t trim) (mat int32, ok bool) {
	for _, p := range b.doors {
		for k := range len(doorEdges) - 1 {
			if at > p+doorEdges[k] && at < p+doorEdges[k+1] {
				return [2]int32{t.pillar, t.glass}[k%2], true
			}
		}
	}
	return 0, false
}

// stations are the distances from the front of the cross sections, largest
// first.
func (b *boxBody) stations() []float64 {
	at := []float64{b.length, 0, 0.08, 0.25, 0.5, b.length - 0.1, b.length - 0.3, b.glassFrom, b.glassTo}
	radius := b.wheel * 1.12
	for _, axle := range b.axles {
		for _, k := range [7]float64{-1, -0.9, -0.55, 0, 0.55, 0.9, 1} {
			at = append(at, axle+float64(k*radius))
		}
	}
	for _, p := range b.posts {
		at = append(at, p-b.post/2, p+b.post/2)
	}
	for _, p := range b.doors {
		for _, k := range doorEdges {
			at = append(at, p+k)
		}
	}
	sort.Sort(sort.Reverse(sort.Float64Slice(at)))
	out := []float64{b.length}
	for _, a := range at {
		if out[len(out)-1]-a > 0.02 && a >= 0 {
			out = append(out, a)
		}
	}
	out[len(out)-1] = 0
	return out
}

// section is the cross section at a distance from the front.
func (b *boxBody) section(at float64) []rim {
	low, w := b.arch(at), b.width/2
	belt := b.belt
	if at < 0.2 {
		belt = b.screen
	}
	belt = max(belt, low+0.06)
	return []rim{
		boxUnder:    {0, low},
		boxEdge:     {w * 0.88, low},
		boxSill:     {w * 0.985, low},
		boxSkirt:    {w, max(blend(b.sill, belt, 0.5), low+0.03)},
		boxBelt:     {w, belt},
		boxHead:     {w * 0.975, b.head},
		boxRail:     {w * 0.95, b.height - 0.16},
		boxShoulder: {w * 0.84, b.height - 0.03},
		boxRoof:     {w * 0.5, b.height - 0.008},
		boxCrown:    {0, b.height},
	}
}

// warp leans the windscreen and rounds the corners.
func (b *boxBody) warp(p mesh.Vec) mesh.Vec {
	from := b.front - p.X
	y := min(1, math.Abs(p.Y)/(b.width/2))
	up := max(0, (p.Z-b.screen)/(b.height-b.screen))
	// The roof rounds off towards both ends.
	near := max(0, 1-min(from, b.length-from)/0.5)
	p.Z -= float64(0.2 * float64(float64(near*near)*smoothstep((p.Z-b.head)/(b.height-b.head))))
	y4 := float64(float64(y*y) * float64(y*y))
	if from < 0.8 {
		p.X -= float64((float64(b.bow*y4) + float64(b.rake*up)) * smoothstep(1-from/0.8))
	} else if back := b.length - from; back < 0.5 {
		p.X += float64(float64(b.bow*0.6*y4) * smoothstep(1-back/0.5))
	}
	return p
}

// build adds the body to m and returns its skin.
func (b *boxBody) build(m *mesh.Mesh, t trim) *shell {
	at := b.stations()
	s := &shell{warp: b.warp}
	for _, a := range at {
		s.x = append(s.x, b.front-a)
		s.half = append(s.half, b.section(a))
	}
	s.side = func(i, j int, left bool) int32 {
		mid := (at[i] + at[i+1]) / 2
		if j >= boxSill && j <= boxBelt && left == b.doorsLeft {
			if mat, ok := b.door(mid, t); ok {
				return mat
			}
		}
		return b.skin(mid, j, t)
	}
	s.end = func(front bool, j, col int) int32 {
		edge := col == 0 || col == endColumns-1
		switch {
		case j < boxSill:
			return t.under
		case j == boxBelt && (front || b.rearGlass && !edge):
			return t.glass
		case j == boxHead && front:
			return t.pillar
		case j == boxSill && b.skirtSecond:
			return t.second
		}
		return t.paint
	}
	s.build(m)
	return s
}

// skin is the material at a distance from the front and a row.
func (b *boxBody) skin(at float64, row int, t trim) int32 {
	switch {
	case row < boxSill:
		return t.under
	case row == boxBelt && at > b.glassFrom && at < b.glassTo:
		for _, p := range b.posts {
			if math.Abs(at-p) < b.post/2 {
				if b.paintedPosts {
					return t.paint
				}
				return t.pillar
			}
		}
		return t.glass
	case row <= boxSkirt && b.skirtSecond:
		return t.second
	}
	return t.paint
}

// lamps adds the headlamps and the front plate.
func (b *boxBody) lamps(m *mesh.Mesh, s *shell, t trim, d *dice.Dice) {
	w := b.width / 2
	z := b.sill + d.Range(0.22, 0.4)
	inner, high := d.Range(0.58, 0.68)*w, d.Range(0.14, 0.22)
	s.pairPatch(m, t.plastic, true, inner-0.05, w+0.12, z-0.05, z+high+0.05, 0)
	s.above().pairPatch(m, t.head, true, inner, w+0.06, z, z+high, d.Range(0, 0.04))
	p := s.girdle(true, 0, z-0.05)
	m.Box(t.plate, mesh.V(p.X-0.02, -0.26, z-0.1), mesh.V(p.X+0.03, 0.26, z+0.01))
}
