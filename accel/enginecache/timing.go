package enginecache

// Timings is a builder's timing cache: what it has measured of kernels, which
// makes the next engine's build faster. Versions of TensorRT and kinds of GPU do
// not share one.
func (c *Cache) Timings(tensorRT, chip string) ([]byte, bool) {
	key := timingKey(tensorRT, chip)
	return c.read(c.path(key.String(), timingSuffix), key)
}

// PutTimings keeps a timing cache in place of the one before. Of two builders the
// last one's stays: it costs time to lose measurements, and nothing else.
func (c *Cache) PutTimings(tensorRT, chip string, timings []byte) {
	key := timingKey(tensorRT, chip)
	c.write(c.path(key.String(), timingSuffix), key, timings)
}

func timingKey(tensorRT, chip string) Key {
	return sum(struct {
		Format   int    `json:"format"`
		TensorRT string `json:"timings_of_tensorrt"`
		Chip     string `json:"chip"`
	}{format, tensorRT, chip})
}
