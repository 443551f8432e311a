package plan

// CopyMS is the time of a copy between two memories, ms, from the measured copies between them by size: straight
// lines between two sizes and beyond them, in proportion where one size was measured. Tensors are copied one by one: each
// but the first takes what a copy of nothing would more, which one size does not tell.
func CopyMS(bySize []Transfer, bytes int64, tensors int) float64 {
	if len(bySize) == 1 {
		return bySize[0].MS * float64(bytes) / float64(max(1, bySize[0].Bytes))
	}
	i := 1
	for i < len(bySize)-1 && bySize[i].Bytes < bytes {
		i++
	}
	start := 0.0
	if bySize[0].Bytes < bySize[1].Bytes {
		start = line(bySize[0], bySize[1], 0)
	}
	return line(bySize[i-1], bySize[i], bytes) + start*float64(max(0, tensors-1))
}

// line is the time of so many bytes on the line through two copies.
func line(a, b Transfer, bytes int64) float64 {
	if a.Bytes == b.Bytes {
		return b.MS
	}
	return max(0, a.MS+(b.MS-a.MS)*float64(bytes-a.Bytes)/float64(b.Bytes-a.Bytes))
}
