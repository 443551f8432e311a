package search

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// CameraGroup is cameras that are alike.
type CameraGroup struct {
	N             int
	Width, Height int
	FPS           float64 // of each
}

// String is as ParseCameras reads it.
func (c CameraGroup) String() string {
	return fmt.Sprintf("%dx%dx%d@%s", c.N, c.Width, c.Height, strconv.FormatFloat(c.FPS, 'f', -1, 64))
}

const maxCameras = 10_000

var (
	camerasForm = regexp.MustCompile(`^([0-9]{1,5})x([0-9]{1,5}x[0-9]{1,5}|[0-9]{1,5}p)@([0-9]{1,4}(\.[0-9]{1,6})?)$`)
	lines       = map[string][2]int{
		"2160p": {3840, 2160}, "1440p": {2560, 1440}, "1080p": {1920, 1080},
		"720p": {1280, 720}, "576p": {1024, 576}, "480p": {854, 480}, "360p": {640, 360}, "240p": {426, 240},
	}
)

// ParseCameras reads groups of cameras, separated by commas: 16x1080p@15 is sixteen of
// 1920x1080 with 15 frames a second each, 4x1280x720@30 four with their size
// written out. The error wraps ErrGoal.
func ParseCameras(text string) ([]CameraGroup, error) {
	var out []CameraGroup
	total := 0
	for part := range strings.SplitSeq(text, ",") {
		c, err := parseGroup(strings.TrimSpace(part))
		if err != nil {
			return nil, fmt.Errorf("%w: cameras: %q %w", ErrGoal, part, err)
		}
		if total += c.N; total > maxCameras {
			return nil, fmt.Errorf("%w: cameras: %d are more than %d", ErrGoal, total, maxCameras)
		}
		out = append(out, c)
	}
	return out, nil
}

func parseGroup(text string) (c CameraGroup, err error) {
	parts := camerasForm.FindStringSubmatch(text)
	if parts == nil {
		return c, fmt.Errorf("is not number x size @ frames a second, such as 16x1080p@15 or 4x1280x720@30")
	}
	c.N, _ = strconv.Atoi(parts[1]) // digits, by the form
	c.FPS, _ = strconv.ParseFloat(parts[3], 64)
	size, known := lines[parts[2]]
	if w, h, both := strings.Cut(parts[2], "x"); both {
		size[0], _ = strconv.Atoi(w)
		size[1], _ = strconv.Atoi(h)
	} else if !known {
		return c, fmt.Errorf("has no known size: write it as 1280x720")
	}
	c.Width, c.Height = size[0], size[1]
	switch {
	case c.N == 0:
		return c, fmt.Errorf("has no camera: want 1 or more")
	case c.FPS == 0:
		return c, fmt.Errorf("has no frames: want more than 0 a second")
	case c.Width == 0 || c.Height == 0:
		return c, fmt.Errorf("has no pixels")
	}
	return c, nil
}
