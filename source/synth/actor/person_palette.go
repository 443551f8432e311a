package actor

import (
	"math"

	"braid/source/synth/dice"
	"braid/source/synth/mesh"
)

// tint is the albedo that a display shows as the colour 0xRRGGBB (sRGB, IEC
// 61966-2-1, its curve approximated by a power of 2.2).
func tint(hex uint32) mesh.Color {
	level := func(shift uint) float64 { return math.Pow(float64(hex>>shift&255)/255, 2.2) }
	return mesh.Color{R: level(16), G: level(8), B: level(0)}
}

// faded returns c somewhat lighter or darker, and greyer, as two pieces of the
// same dye differ.
func faded(d *dice.Dice, c mesh.Color) mesh.Color {
	grey := (c.R + c.G + c.B) / 3
	c = c.Mix(mesh.Color{R: grey, G: grey, B: grey}, d.Range(0, 0.25))
	c = c.Mul(d.Range(0.75, 1.25))
	const most = 0.82 // what the whitest cloth throws back
	return mesh.Color{R: min(most, c.R), G: min(most, c.G), B: min(most, c.B)}
}

// What people wear in a street: mostly dark and muted, now and then vivid.
var (
	darkCloth  = []uint32{0x1a1a1c, 0x1c1f2a, 0x23262b, 0x2b2b30, 0x20242e, 0x30302e, 0x3a2f28, 0x26302a}
	mutedCloth = []uint32{0x4a4d52, 0x6b6f76, 0x53483e, 0x7b6a55, 0x3c4a63, 0x56664f, 0x8a7f70, 0x5b3a3f, 0x44566b, 0x7d8690}
	paleCloth  = []uint32{0xd9d7d0, 0xe9e8e4, 0xbfc4c9, 0xc9b79c, 0xb7c6d6, 0xd8c3c0, 0xf0efeb}
	vividCloth = []uint32{0xb3242b, 0xd8442f, 0x1f5fb4, 0x2a8fd0, 0x2e7d45, 0xe0a21a, 0xe66a1f, 0x7c2d80, 0xd34b86, 0x16857f}
	denim      = []uint32{0x2a3850, 0x34486a, 0x4a6389, 0x6f8bb0, 0x1d2433, 0x8ea4be}
	drab       = []uint32{0x9c8a6a, 0xb5a68a, 0x4d4a3d, 0x3a3d33, 0x6d6a62}
	leather    = []uint32{0x141211, 0x2b1b12, 0x4a2d1a, 0x6d4526, 0x1d1d1f}
	shoeDyes   = []uint32{0x17171a, 0x202022, 0x2d2019, 0x553a26, 0xe4e4e2, 0xcfcfcb, 0x5b5e63, 0x27324a, 0x9d2b2b}
	hairDyes   = []uint32{0x14100e, 0x1c1511, 0x2b1d15, 0x3d2919, 0x5a3c22, 0x7d5a35, 0xa98855, 0x6b6966, 0xa9a7a3, 0xd6d4cf, 0x6e2c17}
	skinTones  = []uint32{0xe8bfa2, 0xdcae8e, 0xd1a07d, 0xc08a66, 0xa56f4c, 0x8a5a3c, 0x6b432c, 0x4d3020, 0xf0cdb4}
)

// dyed returns one of the dyes, faded.
func dyed(d *dice.Dice, dyes []uint32) mesh.Color {
	return faded(d, tint(dyes[d.Int(len(dyes))]))
}

// cloth returns the material of a garment from one of the groups of dyes, each
// as likely as its weight: dark, muted, pale, vivid.
func cloth(d *dice.Dice, dark, muted, pale, vivid float64) mesh.Material {
	groups := [][]uint32{darkCloth, mutedCloth, paleCloth, vividCloth}
	return mesh.Material{Albedo: dyed(d, groups[d.Pick(dark, muted, pale, vivid)])}
}
