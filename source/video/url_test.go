package video

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"braid/internal/gst"
	"braid/source"
)

func TestBadInputs(t *testing.T) {
	dir := t.TempDir()
	empty := filepath.Join(dir, "empty.mp4")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		cfg  Config
		want string
		is   error
	}{
		{"no url", Config{}, "no URL", nil},
		{"scheme", Config{URL: "rtmp://host/x"}, `scheme "rtmp" is unknown: file, gst, http, https, images, rtsp, rtsps, scene, test, v4l2, or a path`, nil},
		{"missing", Config{URL: filepath.Join(dir, "no.mp4")}, "not found", source.ErrNotFound},
		{"missing by URL", Config{URL: "file://" + dir + "/no.mp4"}, "not found", source.ErrNotFound},
		{"directory", Config{URL: dir}, "is a directory", nil},
		{"empty", Config{URL: empty}, "is empty", nil},
		{"file host", Config{URL: "file://etc/passwd"}, "three slashes", nil},
		{"file escape", Config{URL: "file:a%zz.mp4"}, "%25", nil},
		{"file query", Config{URL: "file:///a.mp4?loop=1"}, "no parameters", nil},
		{"file without path", Config{URL: "file:"}, "no path", nil},
		{"rtsp without host", Config{URL: "rtsp:///x"}, "no host", nil},
		{"rtsp unparsable", Config{URL: "rtsp://u:secret#1@host/x"}, "must be escaped", nil},
		{"rtsp port", Config{URL: "rtsp://u:secret@host:x/"}, "must be escaped", nil},
		{"transport", Config{URL: "rtsp://h/", Transport: "quic"}, "tcp or udp", nil},
		{"clock", Config{URL: "rtsp://h/", Clock: "moon"}, "clock", nil},
		{"rotate", Config{URL: "rtsp://h/", Rotate: 45}, "90, 180 or 270", nil},
		{"negative", Config{URL: "rtsp://h/", Latency: -1}, "negative", nil},
		{"loop of a camera", Config{URL: "rtsp://h/", Loop: true}, "loop is for files", nil},
		{"loop without end", Config{URL: "test:", Loop: true}, "loop is for files", nil},
		{"v4l2 path", Config{URL: "v4l2:video0"}, "not below /dev", nil},
		{"v4l2 parameter", Config{URL: "v4l2:/dev/video0?gain=1"}, `"gain" is unknown: size, fps`, nil},
		{"test parameter", Config{URL: "test:?colour=red"}, `"colour" is unknown: pattern, size`, nil},
		{"test twice", Config{URL: "test:?fps=1&fps=2"}, "twice", nil},
		{"test path", Config{URL: "test:ball"}, "no parameter", nil},
		{"test size", Config{URL: "test:?size=640"}, "640x480", nil},
		{"test huge", Config{URL: "test:?size=99999x1"}, "640x480", nil},
		{"test fps", Config{URL: "test:?fps=0"}, "30000/1001", nil},
		{"test frames", Config{URL: "test:?frames=-1"}, "positive", nil},
		{"test live", Config{URL: "test:?live=maybe"}, "true nor false", nil},
		{"test injection", Config{URL: "test:?pattern=ball+!+filesink"}, "pattern", nil},
		{"gst empty", Config{URL: "gst: ! "}, "no pipeline", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := New(tt.cfg, slog.New(slog.DiscardHandler))
			if err == nil {
				t.Fatal("no error")
			}
			if !strings.Contains(err.Error(), tt.want) || tt.is != nil && !errors.Is(err, tt.is) {
				t.Errorf("error %q, want %q, wrapping %v", err, tt.want, tt.is)
			}
			if strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %q shows the password or has several lines", err)
			}
		})
	}
}

func TestParse(t *testing.T) {
	tests := []struct {
		cfg     Config
		launch  string // part of it
		props   []gst.Property
		live    bool
		sync    bool
		endless bool
	}{
		{cfg: Config{URL: "a b.mp4"}, launch: "filesrc", props: []gst.Property{{Element: "src", Name: "location", Value: "a b.mp4"}}},
		{cfg: Config{URL: "file:a%20b.mp4"}, props: []gst.Property{{Element: "src", Name: "location", Value: "a b.mp4"}}},
		{cfg: Config{URL: "file:///x/%3Fa.mp4"}, props: []gst.Property{{Element: "src", Name: "location", Value: "/x/?a.mp4"}}},
		{cfg: Config{URL: "FILE://localhost/x.mp4"}, props: []gst.Property{{Element: "src", Name: "location", Value: "/x.mp4"}}},
		{cfg: Config{URL: "x.mp4", Clock: "wall"}, launch: "filesrc", live: true, sync: true, props: []gst.Property{{Element: "src", Name: "location", Value: "x.mp4"}}},
		{
			cfg: Config{URL: "rtsp://u:p%40ss@cam:554/s?ch=1&sub=0"}, launch: "protocols=tcp latency=200 ", live: true, endless: true,
			props: []gst.Property{{Element: "src", Name: "user-id", Value: "u"}, {Element: "src", Name: "user-pw", Value: "p@ss"}, {Element: "src", Name: "location", Value: "rtsp://cam:554/s?ch=1&sub=0"}},
		},
		{
			cfg:    Config{URL: "rtsps://old:old@cam/", Username: "u", Password: "p", Transport: "udp", Latency: time.Second, Software: true, Rotate: 90},
			launch: "protocols=udp latency=1000 ", live: true, endless: true,
			props: []gst.Property{{Element: "src", Name: "user-id", Value: "u"}, {Element: "src", Name: "user-pw", Value: "p"}, {Element: "src", Name: "location", Value: "rtsps://cam/"}},
		},
		{cfg: Config{URL: "http://cam/mjpeg"}, launch: "souphttpsrc", live: true, sync: true, endless: true, props: []gst.Property{{Element: "src", Name: "location", Value: "http://cam/mjpeg"}}},
		{cfg: Config{URL: "v4l2:/dev/video3?size=640x480&fps=30"}, launch: "video/x-raw,width=640,height=480,framerate=30/1;image/jpeg", live: true, endless: true, props: []gst.Property{{Element: "src", Name: "device", Value: "/dev/video3"}}},
		{cfg: Config{URL: "test:"}, launch: "pattern=ball is-live=true num-buffers=-1 ! video/x-raw,format=I420,width=320,height=240,framerate=25/1", live: true},
		{cfg: Config{URL: "test:?frames=7&live=false&fps=30000/1001&size=5x3"}, launch: "is-live=false num-buffers=7 ! video/x-raw,format=I420,width=5,height=3,framerate=30000/1001"},
		{cfg: Config{URL: "gst: videotestsrc ! identity !"}, launch: "videotestsrc ! identity", live: true},
	}
	for _, tt := range tests {
		t.Run(tt.cfg.URL, func(t *testing.T) {
			p, err := parse(tt.cfg)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(p.options.Launch, tt.launch) {
				t.Errorf("launch %q, want %q in it", p.options.Launch, tt.launch)
			}
			if !slices.Equal(p.options.Properties, tt.props) {
				t.Errorf("properties %v, want %v", p.options.Properties, tt.props)
			}
			if p.live != tt.live || p.options.Sync != tt.sync || p.endless != tt.endless || (p.options.Start > 0) != (!p.live || p.file != "") {
				t.Errorf("live %t, sync %t, endless %t, start within %v", p.live, p.options.Sync, p.endless, p.options.Start)
			}
			if p.options.Threads != 1 {
				t.Errorf("%d decoder threads", p.options.Threads)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"a.mp4", "file:///a%20b", "rtsp://u:p@h/x", "test:?size=1x1", "v4l2:/dev/video0?fps=1", "gst:a ! b", "http://[::1]:8/x?y=z"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, url string) {
		p, err := parse(Config{URL: url, Password: "s3cret-of-fuzz"})
		if err != nil {
			if p.options.Launch != "" {
				t.Error("an error and a plan")
			}
			return
		}
		if p.options.Launch == "" || strings.Contains(p.options.Launch, "s3cret-of-fuzz") {
			t.Errorf("launch %q", p.options.Launch)
		}
	})
}
