package actor

import (
	"math"
	"sort"

	"braid/source/synth/mesh"
)

// carShape is a car's body in metres. Distances along it are measured from the
// front bumper backwards, heights from the ground.
type carShape struct {
	length, width, height             float64
	sill                              float64 // height of the lower edge between the wheels
	wheel, tyre                       float64 // radius and width of the tyres
	frontAxle, rearAxle               float64
	cowl, header, roofEnd, base       float64 // windscreen's foot and head, rear window's head and foot
	cowlZ, noseZ, beltZ, baseZ, tailZ float64
	headZ                             float64 // of the windscreen's upper edge
	beltRise                          float64 // how much higher the waist is at the rear
	glassEnd                          float64 // where the side windows end
	blind                             float64 // panels instead of side windows from here back; length if none
	tumble                            float64 // width of the roof's edge as a share of the waist's
	pillars                           []float64
	bed                               bool // pickup: behind base an open bed
}

// knot is a corner of a line along a body.
type knot struct{ at, v float64 }

// along evaluates the line through knots, flat beyond its ends.
func along(line []knot, at float64) float64 {
	if at <= line[0].at {
		return line[0].v
	}
	for i := 1; i < len(line); i++ {
		if a, b := line[i-1], line[i]; at <= b.at {
			return blend(a.v, b.v, (at-a.at)/(b.at-a.at))
		}
	}
	return line[len(line)-1].v
}

// top is the outline of the middle plane seen from the side.
func (c *carShape) top() []knot {
	roof := c.roofEnd - c.header
	bonnet := c.cowl
	line := []knot{
		{0, c.noseZ},
		{0.10 * bonnet, c.noseZ + float64(0.22*(c.cowlZ-c.noseZ))},
		{0.45 * bonnet, c.noseZ + float64(0.66*(c.cowlZ-c.noseZ))},
		{bonnet, c.cowlZ},
		{c.header, c.headZ},
		{c.header + float64(0.18*roof), c.height * 0.992},
		{c.header + float64(0.42*roof), c.height},
		{c.header + float64(0.75*roof), c.height * 0.988},
		{c.roofEnd, c.height * 0.955},
		{c.base, c.baseZ},
	}
	if rest := c.length - c.base; rest > 0.25 {
		line = append(line, knot{c.base + float64(0.6*rest), blend(c.baseZ, c.tailZ, 0.35)})
	}
	return append(line, knot{c.length, c.tailZ})
}

// arch is the lower edge of the sides at a distance from the front.
func (c *carShape) arch(at float64) float64 {
	low := c.sill
	radius := c.wheel * 1.13
	for _, axle := range [2]float64{c.frontAxle, c.rearAxle} {
		if dx := math.Abs(at - axle); dx < radius*0.999 {
			low = max(low, c.wheel+math.Sqrt(float64(radius*radius)-float64(dx*dx)))
		}
	}
	if at < 0.3*c.frontAxle || at > c.length-0.3 { // bumpers end a little higher
		low = max(low, c.sill+0.06)
	}
	return low
}

// stations are the distances from the front at which the body has a cross
// section, largest first.
func (c *carShape) stations() []float64 {
	radius := c.wheel * 1.13
	var at []float64
	for _, axle := range [2]float64{c.frontAxle, c.rearAxle} {
		for _, k := range [9]float64{-1, -0.92, -0.72, -0.38, 0, 0.38, 0.72, 0.92, 1} {
			at = append(at, axle+float64(k*radius))
		}
	}
	for _, k := range c.top() {
		at = append(at, k.at)
	}
	at = append(at, 0.12, 0.28, c.length-0.12, c.length-0.3, c.glassEnd, (c.cowl+c.header)/2)
	if c.bed {
		at = append(at, c.base+0.03, c.length-0.06)
	}
	at = append(at, c.pillars...)
	sort.Sort(sort.Reverse(sort.Float64Slice(at)))
	out := at[:1]
	for _, a := range at[1:] {
		if out[len(out)-1]-a > 0.014 && a >= 0 {
			out = append(out, a)
		}
	}
	out[len(out)-1] = 0
	return out
}

// Rows of a car's cross section, from bottom centre to top centre.
const (
	rowUnder = iota // bottom centre
	rowEdge         // inner side of the lower edge
	rowSill         // lower edge
	rowLower        // above the sill
	rowWide         // widest
	rowWaist        // shoulder below the windows
	rowBelt         // lower edge of the windows
	rowHead         // upper edge of the windows
	rowRail         // edge of the roof
	rowRoof         // between edge and middle
	rowCrown        // top centre
	carRows
)

// section is the cross section at a distance from the front.
func (c *carShape) section(at float64, top []knot) []rim {
	crown := along(top, at)
	w := c.width / 2 * c.plan(at)
	belt := along([]knot{{0, c.noseZ - 0.05}, {c.cowl * 0.5, blend(c.noseZ-0.03, c.beltZ, 0.7)}, {c.cowl, c.beltZ}, {c.base, c.beltZ + c.beltRise}, {c.length, c.tailZ - 0.02}}, at)
	belt = min(belt, crown-0.02)
	open := smoothstep((crown - belt) / (float64(c.height*0.95) - belt)) // 1 where the roof is at its full height
	low := c.arch(at)
	half := make([]rim, carRows)
	under := max(low, c.sill) - 0.02
	if low > c.sill+0.04 {
		under = low
	}
	waist := belt - 0.05
	lower := max(c.sill+0.16, low+0.02)
	wide := max(blend(c.sill, waist, 0.55), lower+0.02)
	wide = min(wide, waist-0.01)
	lower = min(lower, wide-0.01)
	half[rowUnder] = rim{0, under}
	half[rowEdge] = rim{w * 0.84, under}
	half[rowSill] = rim{w * 0.965, low}
	half[rowLower] = rim{w * 0.99, lower}
	half[rowWide] = rim{w, wide}
	half[rowWaist] = rim{w * 0.985, waist}
	half[rowBelt] = rim{w * 0.945, belt}
	rail := rim{w * blend(0.86, 0.945*c.tumble, open), blend(blend(belt, crown, 0.75), crown-0.055, open)}
	half[rowHead] = rim{blend(half[rowBelt].y, rail.y, 0.88), blend(belt, rail.z, 0.88)}
	half[rowRail] = rail
	half[rowRoof] = rim{rail.y * 0.62, blend(rail.z, crown, 0.74)}
	half[rowCrown] = rim{0, crown}
	if c.bed && at > c.base+0.02 && at < c.length-0.05 {
		floor := belt - 0.42
		half[rowHead] = rim{w * 0.87, belt}
		half[rowRail] = rim{w * 0.85, floor}
		half[rowRoof] = rim{w * 0.4, floor}
		half[rowCrown] = rim{0, floor}
	} else if c.bed && at > c.base-0.01 {
		half[rowHead] = rim{w * 0.87, belt}
		half[rowRail] = rim{w * 0.85, belt}
		half[rowRoof] = rim{w * 0.4, belt}
		half[rowCrown] = rim{0, belt}
	}
	return half
}

// plan is the width at a distance from the front as a share of the greatest.
func (c *carShape) plan(at float64) float64 {
	front, rear := max(0, 1-at/1.1), max(0, 1-(c.length-at)/1.0)
	return 1 - float64(0.13*float64(front*front)) - float64(0.10*float64(rear*rear))
}

// bow rounds the front and the rear in plan and leans them.
func (c *carShape) bow(p mesh.Vec) mesh.Vec {
	half := c.length / 2
	y := min(1, math.Abs(p.Y)/(c.width/2))
	z := min(1.2, (p.Z-0.5)/0.4)
	back := float64(0.16*float64(y*y)) + float64(0.045*float64(z*z))
	if p.X > 0 {
		p.X -= float64(back * smoothstep((p.X-(half-0.9))/0.9))
		return p
	}
	p.X += float64(back * 0.75 * smoothstep((-p.X-(half-0.7))/0.7))
	return p
}
