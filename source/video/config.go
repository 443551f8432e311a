// Package video is the Source for cameras and recordings: everything that
// GStreamer plays. Frames come as the decoder gives them, in RGB, NV12 or I420,
// are copied once into the camera's Frames, and are dropped only by its Gate.
package video

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"braid/internal/gst"
	"braid/internal/redact"
	"braid/source"
)

// ErrNoVideo is wrapped where there is no video stream in what was opened.
var ErrNoVideo = errors.New("no video stream")

// ErrEnded is wrapped where a camera, which should send for ever, ended its
// stream. It is an error so that the supervisor connects again.
var ErrEnded = errors.New("the camera ended its stream")

// Config describes one camera or recording.
type Config struct {
	Name string // for errors and the log
	// URL is a path or one of file:, rtsp:, rtsps:, http:, https:, v4l2:, test:,
	// gst:. See the contract.
	URL string
	// Username and Password may stand in the URL instead.
	Username, Password string
	Transport          string        // rtsp: "tcp" (also ""), "udp"
	Latency            time.Duration // rtsp: how long to wait for late packets; 0: 200 ms
	Loop               bool          // a file starts again at its end
	Clock              string        // whose times are used: see capture; "wall" also plays a file in real time
	Threads            int           // of the decoder; 0: one, the least CPU time per frame
	Software           bool          // decode on the CPU also where there is video hardware
	Rotate             int           // turn pictures clockwise by 0, 90, 180 or 270 degrees
}

// Source plays one Config. Only one Run at a time.
type Source struct {
	cfg    Config
	plan   plan
	redact redact.Redactor
	log    *slog.Logger

	time timeline     // of a live source: it goes on from Run to Run
	last time.Time    // when its last frame came
	left atomic.Int32 // pipelines that were left behind and have not stopped yet

	mu   sync.Mutex
	info source.Info
}

// New checks a Config. Nothing is started, but files must exist, and a launch
// string must parse. Errors are one line and never hold the password.
func New(cfg Config, log *slog.Logger) (*Source, error) {
	s, err := newSource(cfg, log)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", s.label(), s.redact.Err(err))
	}
	return s, nil
}

// Check says what is wrong with cfg, and opens nothing that it names.
func Check(cfg Config) error {
	_, err := parse(cfg)
	return redact.New(cfg.URL, cfg.Password).Err(err)
}

func newSource(cfg Config, log *slog.Logger) (*Source, error) {
	s := &Source{cfg: cfg, log: log, redact: redact.New(cfg.URL, cfg.Password)}
	p, err := parse(cfg)
	if err != nil {
		return s, err
	}
	s.plan = p
	s.info = source.Info{URL: s.redact.Text(cfg.URL), Live: p.live, Frames: p.frames}
	if p.file != "" {
		if err := checkFile(p.file); err != nil {
			return s, err
		}
	}
	return s, classify(gst.Check(p.options))
}

func (s *Source) label() string {
	if s.cfg.Name != "" {
		return s.cfg.Name
	}
	return s.redact.Text(s.cfg.URL)
}

// Info describes the Source; Frames, Duration and Decoder are known once the
// first frame has come. Frames is Duration times the frame rate.
func (s *Source) Info() source.Info {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.info
}
