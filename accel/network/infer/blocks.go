package infer

import (
	"fmt"
	"slices"
)

// depthToSpace moves the elements of bs x bs channels into a block of one.
func depthToSpace(c *call) ([]Value, error) {
	return c.blocks(func(bs int64) [4]factor { return [4]factor{{1, 1}, {1, bs * bs}, {bs, 1}, {bs, 1}} })
}

// spaceToDepth is the other way around.
func spaceToDepth(c *call) ([]Value, error) {
	return c.blocks(func(bs int64) [4]factor { return [4]factor{{1, 1}, {bs * bs, 1}, {1, bs}, {1, bs}} })
}

// factor is what a dimension is multiplied with and divided by.
type factor struct{ times, over int64 }

// blocks changes the four dimensions of the input by factors of the block size.
func (c *call) blocks(factors func(bs int64) [4]factor) ([]Value, error) {
	x, bs := c.arg(0), c.int("blocksize", 0)
	if bs < 1 || bs > maxBlock {
		return nil, fmt.Errorf("blocksize %d", bs)
	}
	if x.Shape == nil {
		return one(Value{Type: x.Type})
	}
	if len(x.Shape) != 4 {
		return nil, fmt.Errorf("the input has the shape %v, where 4 dimensions are needed", x.Shape)
	}
	shape := slices.Clone(x.Shape)
	for i, f := range factors(bs) {
		switch d := shape[i]; {
		case d < 0:
		case d%f.over != 0:
			return nil, fmt.Errorf("dimension %d of the shape %v is no multiple of %d", i, x.Shape, f.over)
		default:
			shape[i] = d / f.over * f.times
		}
	}
	return one(Value{Type: x.Type, Shape: shape})
}

// maxBlock bounds a block's side, so that its square stays in an int32.
const maxBlock = 1 << 15
