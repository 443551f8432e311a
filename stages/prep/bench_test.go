package prep_test

import (
	"fmt"
	"testing"

	"braid/internal/frame"
	"braid/stages/prep"
)

func BenchmarkProcess(b *testing.B) {
	stretch := yolox()
	stretch.Resize = prep.Stretch
	for _, c := range []struct {
		name   string
		cfg    prep.Config
		format frame.PixelFormat
		w, h   int
	}{
		{"letterbox416", yolox(), frame.I420, 960, 540},
		{"stretch416", stretch, frame.I420, 960, 540},
		{"stretch320", yoloFastest(), frame.I420, 960, 540},
		{"letterbox416", yolox(), frame.NV12, 1920, 1080},
		{"letterbox416", yolox(), frame.RGB, 1920, 1080},
		{"stretch416", stretch, frame.NV12, 1920, 1080},
		{"stretch416", stretch, frame.RGB, 1920, 1080},
		{"stretch416", stretch, frame.I420, 320, 240},
	} {
		b.Run(fmt.Sprintf("%s/%v/%dx%d", c.name, c.format, c.w, c.h), func(b *testing.B) {
			s, err := prep.New(c.cfg)
			if err != nil {
				b.Fatal(err)
			}
			pool := frame.NewPool(1, frame.Heap)
			j := job(b, c.cfg)
			b.ReportAllocs()
			for b.Loop() {
				j.Frame = pool.TryGet()
				if err := j.Frame.Shape(c.format, c.w, c.h); err != nil {
					b.Fatal(err)
				}
				if err := s.Process(b.Context(), j); err != nil || j.Err != nil {
					b.Fatal(err, j.Err)
				}
				j.ReleaseFrame()
			}
		})
	}
}
