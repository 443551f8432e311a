package accuracy

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"braid/sink/wire"
)

// longestLine bounds the memory that one line may take.
const longestLine = 64 << 20

// ReadFrames reads braid.v1.Frame messages of one camera, one a line, as batch
// and watch write them. Where camera is empty there must be only one. Its errors
// name the line.
func ReadFrames(r io.Reader, camera string) ([]wire.Frame, error) {
	var frames []wire.Frame
	var cameras []string
	s := bufio.NewScanner(r)
	s.Buffer(nil, longestLine)
	line := 0
	for s.Scan() {
		line++
		if len(bytes.TrimSpace(s.Bytes())) == 0 {
			continue
		}
		f, err := wire.ParseFrame(s.Bytes())
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		if !slices.Contains(cameras, f.Camera) {
			cameras = append(cameras, f.Camera)
		}
		if camera == "" || f.Camera == camera {
			frames = append(frames, f)
		}
	}
	if err := s.Err(); err != nil {
		return nil, fmt.Errorf("line %d: %w", line+1, err)
	}
	slices.Sort(cameras)
	switch {
	case len(cameras) == 0:
		return nil, errors.New("it holds no messages")
	case camera == "" && len(cameras) > 1:
		return nil, fmt.Errorf("it has messages of several cameras, %s: choose one by --camera", quoted(cameras))
	case len(frames) == 0:
		return nil, fmt.Errorf("it has no message of camera %q, %s", camera, quoted(cameras))
	}
	return frames, nil
}

// Labels are the names of the objects in frames, each once, in order.
func Labels(frames []wire.Frame) []string {
	seen := map[string]bool{}
	var out []string
	for i := range frames {
		for _, o := range frames[i].Objects {
			if !seen[o.Label] {
				seen[o.Label] = true
				out = append(out, o.Label)
			}
		}
	}
	slices.Sort(out)
	return out
}
