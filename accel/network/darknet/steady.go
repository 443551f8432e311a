package darknet

import "math"

// ridge keeps the mix small where pictures are alike.
const ridge = 1e-3

// steady finds the mix of the other channels, the smallest in squares, that takes
// the mean of channel c to about 0 in every picture: with M the means of pictures
// and channels and m those of c it is -Mᵀ(MMᵀ+λ)⁻¹m (ridge regression in its dual
// form).
func steady(means [][]float64, c int) []float64 {
	n := len(means)
	gram, wanted := make([][]float64, n), make([]float64, n)
	trace := 0.0
	for i := range means {
		gram[i] = make([]float64, n)
		for j := range means {
			for k := range means[i] {
				if k != c {
					gram[i][j] += float64(means[i][k] * means[j][k])
				}
			}
		}
		trace += gram[i][i]
		wanted[i] = -means[i][c]
	}
	for i := range gram {
		gram[i][i] += ridge*trace/float64(n) + 1e-12
	}
	factors := solve(gram, wanted)
	mix := make([]float64, len(means[0]))
	for k := range mix {
		for i := range means {
			if k != c {
				mix[k] += float64(means[i][k] * factors[i])
			}
		}
	}
	return mix
}

// solve gives x of a·x = b by elimination with pivots; it spoils both.
func solve(a [][]float64, b []float64) []float64 {
	n := len(b)
	for col := range n {
		pivot := col
		for r := col + 1; r < n; r++ {
			if math.Abs(a[r][col]) > math.Abs(a[pivot][col]) {
				pivot = r
			}
		}
		a[col], a[pivot], b[col], b[pivot] = a[pivot], a[col], b[pivot], b[col]
		for r := col + 1; r < n; r++ {
			f := a[r][col] / a[col][col]
			for k := col; k < n; k++ {
				a[r][k] -= float64(f * a[col][k])
			}
			b[r] -= float64(f * b[col])
		}
	}
	for r := n - 1; r >= 0; r-- {
		for k := r + 1; k < n; k++ {
			b[r] -= float64(a[r][k] * b[k])
		}
		b[r] /= a[r][r]
	}
	return b
}
