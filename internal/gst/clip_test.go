package gst

import (
	"errors"
	"math"
	"path/filepath"
	"strings"
	"testing"
)

func TestWriterConfig(t *testing.T) {
	good := WriterConfig{Path: "x.mp4", Width: 1280, Height: 720, FPS: 25}
	if err := good.validate(); err != nil {
		t.Error(err)
	}
	for want, spoil := range map[string]func(c *WriterConfig){
		"no name":           func(c *WriterConfig) { c.Path = "" },
		"PixelFormat(3)":    func(c *WriterConfig) { c.Format = 3 },
		"matrix 3":          func(c *WriterConfig) { c.Color.Matrix = 3 },
		"size 1279x720":     func(c *WriterConfig) { c.Width-- },
		"size 1280x14":      func(c *WriterConfig) { c.Height = 14 },
		"size 1280x16386":   func(c *WriterConfig) { c.Height = 16386 },
		"0 frames/s are":    func(c *WriterConfig) { c.FPS = 0 },
		"NaN frames/s are":  func(c *WriterConfig) { c.FPS = math.NaN() },
		"+Inf frames/s are": func(c *WriterConfig) { c.FPS = math.Inf(1) },
	} {
		c := good
		spoil(&c)
		if err := c.validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestCheckWriter(t *testing.T) {
	dir := t.TempDir()
	if err := CheckWriter(filepath.Join(dir, "x.mp4")); Built != (err == nil) || !Built && !errors.Is(err, ErrNoGStreamer) {
		t.Errorf("%v", err)
	}
	for _, bad := range []string{dir, filepath.Join(dir, "none", "x.mp4")} {
		if err := CheckWriter(bad); err == nil {
			t.Errorf("%s can be written", bad)
		}
	}
}
