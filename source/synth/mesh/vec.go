// Package mesh holds the shapes that synthetic scenes are made of: vectors,
// triangle meshes with materials, and the solids that build them.
//
// Lengths are metres. A scene's axes are x right, y forward (away from the
// camera), z up; a body's own axes are x forward, y left, z up, with its origin
// on the ground below its centre. Both are right-handed, triangles are
// counter-clockwise seen from outside.
//
// Products that are added to something are written float64(a*b): the compiler
// may otherwise fuse them on some processors, and the same seed would then not
// give the same truth everywhere.
package mesh

import "math"

// Vec is a point or a direction.
type Vec struct{ X, Y, Z float64 }

// V makes a Vec.
func V(x, y, z float64) Vec { return Vec{x, y, z} }

// Add returns a + b.
func (a Vec) Add(b Vec) Vec { return Vec{a.X + b.X, a.Y + b.Y, a.Z + b.Z} }

// Sub returns a - b.
func (a Vec) Sub(b Vec) Vec { return Vec{a.X - b.X, a.Y - b.Y, a.Z - b.Z} }

// Mul returns a scaled by s.
func (a Vec) Mul(s float64) Vec { return Vec{float64(a.X * s), float64(a.Y * s), float64(a.Z * s)} }

// Dot returns the inner product.
func (a Vec) Dot(b Vec) float64 {
	return float64(a.X*b.X) + float64(a.Y*b.Y) + float64(a.Z*b.Z)
}

// Cross returns the outer product.
func (a Vec) Cross(b Vec) Vec {
	return Vec{
		float64(a.Y*b.Z) - float64(a.Z*b.Y),
		float64(a.Z*b.X) - float64(a.X*b.Z),
		float64(a.X*b.Y) - float64(a.Y*b.X),
	}
}

// Len returns the length.
func (a Vec) Len() float64 { return math.Sqrt(a.Dot(a)) }

// Unit returns a scaled to length 1, or a itself where its length is 0.
func (a Vec) Unit() Vec {
	l := a.Len()
	if l == 0 {
		return a
	}
	return a.Mul(1 / l)
}

// Lerp returns the point that lies t of the way from a to b.
func (a Vec) Lerp(b Vec, t float64) Vec { return a.Add(b.Sub(a).Mul(t)) }

// Affine maps p to X*p.X + Y*p.Y + Z*p.Z + T.
type Affine struct{ X, Y, Z, T Vec }

// Identity maps every point to itself.
var Identity = Affine{X: Vec{1, 0, 0}, Y: Vec{0, 1, 0}, Z: Vec{0, 0, 1}}

// Dir maps a direction: the translation is left out.
func (m Affine) Dir(p Vec) Vec { return m.X.Mul(p.X).Add(m.Y.Mul(p.Y)).Add(m.Z.Mul(p.Z)) }

// Point maps a point.
func (m Affine) Point(p Vec) Vec { return m.Dir(p).Add(m.T) }

// Then returns the map that applies m first and n after it.
func (m Affine) Then(n Affine) Affine {
	return Affine{X: n.Dir(m.X), Y: n.Dir(m.Y), Z: n.Dir(m.Z), T: n.Point(m.T)}
}

// Move shifts by t.
func Move(t Vec) Affine { a := Identity; a.T = t; return a }

// Yaw turns by angle (radians, counter-clockwise seen from above) about z.
func Yaw(angle float64) Affine {
	s, c := math.Sincos(angle)
	return Affine{X: Vec{c, s, 0}, Y: Vec{-s, c, 0}, Z: Vec{0, 0, 1}}
}

// Pitch turns by angle about y: for a body, positive lowers the nose.
func Pitch(angle float64) Affine {
	s, c := math.Sincos(angle)
	return Affine{X: Vec{c, 0, -s}, Y: Vec{0, 1, 0}, Z: Vec{s, 0, c}}
}

// Roll turns by angle about x: for a body, positive leans to its right.
func Roll(angle float64) Affine {
	s, c := math.Sincos(angle)
	return Affine{X: Vec{1, 0, 0}, Y: Vec{0, c, s}, Z: Vec{0, -s, c}}
}

// At returns the map that applies m about the point p instead of the origin.
func (m Affine) At(p Vec) Affine {
	return Move(p.Mul(-1)).Then(m).Then(Move(p))
}
