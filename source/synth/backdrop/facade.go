package backdrop

import (
	"math"

	"braid/source/synth/dice"
	"braid/source/synth/mesh"
)

// facade is how a house's walls look: windows in rows and columns on a wall of
// brick, plaster or panels, with shops or doors at the ground.
type facade struct {
	seed          uint32
	width, height float64
	ground, floor float64 // heights of the ground floor and of the others
	bay           float64 // width of a column of windows
	winW, winH    float64
	sill          float64 // height of a window's lower edge over its floor
	wall, trim    mesh.Color
	frame, base   mesh.Color
	brick         bool
	shop          bool
	balcony       bool
	bars          int     // panes of a window, across
	lit           float64 // share of windows with light behind them at dusk
	blind         float64 // share of windows with curtains or blinds
	door          int     // bay of the door
	course        bool    // a strip of stone parts the floors
	fascia        mesh.Color
}

// newFacade chooses walls and windows for a house.
func newFacade(d *dice.Dice, kind neighbourhood, width float64, floors int) facade {
	f := facade{
		seed: uint32(d.Uint64()), ground: d.Range(2.9, 3.4), floor: d.Range(2.7, 3.2),
		bay: d.Range(2, 3.4), winW: d.Range(0.9, 1.3), winH: d.Range(1.2, 1.7), sill: d.Range(0.75, 1),
		lit: d.Range(0.1, 0.5), blind: d.Range(0.2, 0.6), bars: 1 + d.Int(3),
		brick: d.Chance([4]float64{0.6, 0.35, 0.55, 0.4}[kind]), balcony: kind != suburb && floors > 2 && d.Chance(0.25),
	}
	if kind == centre {
		f.ground, f.shop = d.Range(3.4, 4.4), d.Chance(0.75)
		if d.Chance(0.35) { // bands of glass
			f.winW, f.winH, f.sill = d.Range(1.5, 2), d.Range(1.5, 1.9), d.Range(0.5, 0.9)
		}
	}
	if kind == terrace {
		f.shop = d.Chance(0.2)
	}
	f.course = d.Chance(0.4)
	bays := max(1, math.Floor(width/f.bay))
	f.bay = width / bays
	f.winW = min(f.winW, f.bay-0.45)
	f.door = d.Int(int(bays))
	tone := d.Range(0.75, 1.2)
	if f.brick {
		f.wall = dice.Of(d, mesh.Color{R: 0.25, G: 0.105, B: 0.07}, mesh.Color{R: 0.19, G: 0.10, B: 0.075},
			mesh.Color{R: 0.29, G: 0.21, B: 0.13}, mesh.Color{R: 0.15, G: 0.12, B: 0.105}).Mul(tone)
	} else {
		f.wall = dice.Of(d, mesh.Color{R: 0.46, G: 0.43, B: 0.37}, mesh.Color{R: 0.40, G: 0.33, B: 0.22},
			mesh.Color{R: 0.33, G: 0.34, B: 0.34}, mesh.Color{R: 0.42, G: 0.27, B: 0.19}, mesh.Color{R: 0.30, G: 0.33, B: 0.29},
			mesh.Color{R: 0.50, G: 0.49, B: 0.46}, mesh.Color{R: 0.23, G: 0.22, B: 0.21}).Mul(tone)
	}
	pale := d.Range(0.35, 0.55)
	f.trim = dice.Of(d, mesh.Color{R: pale, G: pale, B: pale * 0.95}, f.wall.Mul(0.8), f.wall.Mul(1.15))
	f.frame = dice.Of(d, mesh.Color{R: 0.55, G: 0.55, B: 0.53}, mesh.Color{R: 0.55, G: 0.55, B: 0.53},
		mesh.Color{R: 0.06, G: 0.06, B: 0.065}, mesh.Color{R: 0.16, G: 0.10, B: 0.06})
	f.base = f.wall.Mul(0.6)
	f.fascia = dice.Of(d, mesh.Color{R: 0.05, G: 0.09, B: 0.07}, mesh.Color{R: 0.20, G: 0.03, B: 0.035}, mesh.Color{R: 0.03, G: 0.05, B: 0.13},
		mesh.Color{R: 0.05, G: 0.05, B: 0.05}, mesh.Color{R: 0.30, G: 0.24, B: 0.12}, mesh.Color{R: 0.24, G: 0.25, B: 0.25})
	return f
}

// plain is the wall without its windows.
func (f *facade) plain(u, v, foot float64) mesh.Color {
	k := 1 + 0.14*soft().at(u/13, v/13, foot/13) + 0.12*grit().at(u/3, v/3, foot/3)
	// Rain streaks below the eaves, dirt above the ground.
	k -= 0.10 * step(f.height-2.5, f.height, v) * (0.5 + soft().at(u/3, v/40, foot/3))
	k -= 0.14 * (1 - step(0, 0.9, v))
	if !f.brick {
		return f.wall.Mul(k)
	}
	const long, high = 0.225, 0.075
	row := int(math.Floor(v / high))
	x := u + float64(row&1)*long/2
	fade := min(1, 0.05/foot)
	k += 0.34 * fade * (chance(int(math.Floor(x/long)), row, f.seed) - 0.5)
	joint := min(1, stripes(v, high, 0.012, foot)+stripes(x, long, 0.012, foot))
	return f.wall.Mul(k).Mix(mesh.Color{R: 0.27, G: 0.25, B: 0.22}, joint*0.55)
}

// end is a wall across the road's direction, with few windows.
func (f *facade) end(u, v, foot float64) finish {
	const column = 3.6
	col := int(math.Floor(u / column))
	floor := int(math.Floor((v-f.ground)/f.floor)) + 1
	y := v - f.ground - float64(floor-1)*f.floor
	if floor < 1 || v-y+f.sill+f.winH > f.height-0.3 || chance(col, 50, f.seed) > 0.5 {
		return finish{albedo: f.plain(u, v, foot)}
	}
	return f.opening(col+100, floor, u-(float64(col)+0.5)*column, y, u, v, foot)
}

// front is the wall towards the road.
func (f *facade) front(u, v, foot float64) finish {
	bay := int(math.Floor(u / f.bay))
	x := u - (float64(bay)+0.5)*f.bay // from the middle of the column
	if v < f.ground {
		if f.shop {
			return f.window(u, v, foot)
		}
		if bay == f.door && v < 2.5 && math.Abs(x) < 0.62 {
			return f.entrance(x, v, foot)
		}
		if v < 0.45 {
			return finish{albedo: f.base.Mul(1 + 0.2*grit().at(u/3, v/3, foot/3))}
		}
		return f.opening(bay, 0, x, v, u, v, foot)
	}
	i := int((v - f.ground) / f.floor)
	y := v - f.ground - float64(i)*f.floor
	if f.ground+float64(i)*f.floor+f.sill+f.winH > f.height-0.25 {
		return f.cornice(u, v, foot)
	}
	if f.course && y < 0.22 {
		return finish{albedo: f.trim.Mul(1 - 0.35*cover(y, 0, 0.05, foot) + 0.1*grit().at(u/3, v/3, foot/3))}
	}
	if d := min(u, f.width-u); d > 0.16 && d < 0.27 && f.seed&1 == 0 { // a rain pipe
		return finish{albedo: f.frame.Mul(0.35 + 0.5*cover(d, 0.18, 0.22, 0.03))}
	}
	if f.balcony && (bay+f.door)%2 == 0 && y < 1.05 && math.Abs(x) < f.bay*0.42 {
		return f.railing(x, y, u, v, foot)
	}
	return f.opening(bay, i+1, x, y, u, v, foot)
}

// cornice is the strip below the eaves.
func (f *facade) cornice(u, v, foot float64) finish {
	if d := f.height - v; d < 0.32 {
		return finish{albedo: f.trim.Mul(1 - 0.5*cover(d, 0.24, 0.32, foot) + 0.1*grit().at(u/3, v/3, foot/3))}
	}
	return finish{albedo: f.plain(u, v, foot).Mul(1 - 0.3*cover(f.height-v, 0.3, 0.5, 0.1))}
}

// opening is the wall about a window and the window: x from its middle, y from
// its floor.
func (f *facade) opening(bay, floor int, x, y, u, v, foot float64) finish {
	w, lo, hi := f.winW/2, f.sill, f.sill+f.winH
	ax := math.Abs(x)
	switch {
	case ax > w+0.14 || y < lo-0.14 || y > hi+0.2:
		return finish{albedo: f.plain(u, v, foot)}
	case y < lo: // the sill, and the shadow below it
		if y < lo-0.08 {
			return finish{albedo: f.plain(u, v, foot).Mul(0.7)}
		}
		return finish{albedo: f.trim}
	case y > hi:
		return finish{albedo: f.trim.Mul(0.92)}
	case ax > w:
		return finish{albedo: f.plain(u, v, foot).Mul(0.95)}
	}
	// Inside: the reveal's shadow, the frame, the panes.
	in := min(w-ax, y-lo, hi-y)
	if hi-y < 0.09 {
		return finish{albedo: f.frame.Mul(0.3)}
	}
	pane := math.Mod(x+w, f.winW/float64(f.bars))
	if in < 0.06+0.3*foot || pane < 0.05 || math.Abs(y-lo-f.winH*0.66) < 0.03 {
		return finish{albedo: f.frame.Mul(0.85)}
	}
	return f.pane(bay, floor, (x+w)/f.winW, (y-lo)/f.winH)
}

// pane is a window's glass: what it mirrors over what is behind it.
func (f *facade) pane(bay, floor int, s, t float64) finish {
	h := chance(bay, floor, f.seed)
	out := finish{
		albedo: mesh.Color{R: 0.035, G: 0.038, B: 0.042}, mirror: 0.35 + 0.25*chance(bay, floor, f.seed+1),
		tilt: 0.10 * (chance(bay, floor, f.seed+2) - 0.4),
	}
	if h < f.blind { // curtains to the sides, or a blind from above
		cloth := 0.22 + 0.2*chance(bay, floor, f.seed+3)
		if k := chance(bay, floor, f.seed+4); k < 0.5 && math.Abs(s-0.5) > 0.5-0.35*k-0.08 || k >= 0.5 && t > 1.6-1.4*k {
			out.albedo = mesh.Color{R: cloth, G: cloth * 0.97, B: cloth * 0.9}
			out.mirror *= 0.55
		}
	}
	if chance(bay, floor, f.seed+7) < f.lit {
		warm := 0.5 + 0.5*chance(bay, floor, f.seed+8)
		out.glow = mesh.Color{R: 0.42, G: 0.30 * warm, B: 0.15 * warm}.Mul((0.5 + 0.5*chance(bay, floor, f.seed+9)) * (0.65 + 0.35*t))
		if out.albedo.R > 0.1 {
			out.glow = out.glow.Mul(0.7)
		}
		out.mirror *= 0.6
	}
	return out
}

// railing is a balcony's slab and bars before the wall.
func (f *facade) railing(x, y, u, v, foot float64) finish {
	switch {
	case y < 0.16:
		return finish{albedo: f.trim.Mul(0.85)}
	case y > 1:
		return finish{albedo: f.frame.Mul(0.6)}
	}
	k := stripes(x, 0.12, 0.03, foot)
	return finish{albedo: f.plain(u, v, foot).Mul(0.45).Mix(f.frame.Mul(0.6), k)}
}

// entrance is a house door with a step and a light above it.
func (f *facade) entrance(x, y, foot float64) finish {
	ax := math.Abs(x)
	switch {
	case ax > 0.5 || y > 2.38:
		return finish{albedo: f.trim}
	case y < 0.16:
		return finish{albedo: mesh.Color{R: 0.25, G: 0.24, B: 0.23}}
	case y > 2.08:
		return finish{albedo: mesh.Color{R: 0.05, G: 0.05, B: 0.05}, mirror: 0.3, glow: mesh.Color{R: 0.35, G: 0.27, B: 0.15}}
	}
	c := f.fascia.Mul(1.1)
	groove := cover(ax, 0.1, 0.12, foot) + cover(ax, 0.36, 0.38, foot) + cover(math.Abs(y-1.1), 0.05, 0.07, foot)
	return finish{albedo: c.Mul(1 - 0.4*min(1, groove))}
}

// window is a shop's front: panes over a low wall, and the sign above them.
func (f *facade) window(u, v, foot float64) finish {
	unit := max(1, math.Floor(f.width/5.5))
	wide := f.width / unit
	shop := int(u / wide)
	x := u - float64(shop)*wide
	c := f.fascia
	if shop > 0 {
		c = mesh.Color{R: 0.04 + 0.3*chance(shop, 1, f.seed), G: 0.04 + 0.22*chance(shop, 2, f.seed), B: 0.04 + 0.25*chance(shop, 3, f.seed)}
	}
	if x < 0.25 || x > wide-0.25 { // pillars
		return finish{albedo: f.plain(u, v, foot).Mul(0.9)}
	}
	top := f.ground - 0.75
	switch {
	case v > f.ground-0.12:
		return finish{albedo: f.trim}
	case v > top: // the sign: blocks instead of letters
		y := (v - top) / 0.63
		if n := int(x / 0.28); y > 0.3 && y < 0.7 && math.Abs(x-wide/2) < wide*0.3 && chance(n, shop, f.seed+20) < 0.75 && math.Mod(x, 0.28) > 0.06 {
			return finish{albedo: c.Mul(0.3).Add(mesh.Color{R: 0.4, G: 0.4, B: 0.37}), glow: mesh.Color{R: 0.5, G: 0.45, B: 0.35}}
		}
		return finish{albedo: c, glow: c.Mul(0.7)}
	case v > top-0.1:
		return finish{albedo: c.Mul(0.35)}
	case v < 0.4:
		return finish{albedo: c.Mul(0.6)}
	}
	if math.Abs(math.Mod(x-0.25, 1.4)) < 0.06 || v > top-0.17 || v < 0.46 {
		return finish{albedo: f.frame.Mul(0.6)}
	}
	// Wares behind the glass, seen dimly.
	n := soft().at(u/3.7+float64(shop)*0.37, v/2.3, foot/3) * (1.5 - v/top)
	wares := mesh.Color{R: 0.02, G: 0.02, B: 0.022}
	row := int(v / 0.6)
	col := int((x + 0.23*float64(row)) / (0.3 + 0.2*chance(shop, row, f.seed+29)))
	if chance(col, row+shop*9, f.seed+30) < 0.6-0.2*v && math.Mod(v, 0.6) < 0.1+0.5*chance(col, row, f.seed+31) {
		tone := 0.03 + 0.09*chance(col, row, f.seed+32)
		wares = mesh.Color{R: tone * (0.6 + 0.8*chance(col, row, f.seed+33)), G: tone * 0.9, B: tone * (0.5 + 0.9*chance(col, row, f.seed+34))}
	}
	return finish{
		albedo: wares, mirror: 0.26 + 0.14*max(0, n), tilt: 0.05 * n,
		glow: mesh.Color{R: 0.15, G: 0.13, B: 0.09}.Add(wares.Mul(1.6)).Mul((0.3 + 0.9*step(0.8, top, v) + 0.2*n) * (0.4 + 0.9*chance(shop, 4, f.seed))),
	}
}
