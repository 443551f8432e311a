// Package config is the configuration of braid run: its keys, their defaults,
// how they are read from file, environment and flags, and what makes them wrong.
package config

import "time"

// Config is the whole configuration. Load has filled in every default.
type Config struct {
	Site     string   `yaml:"site" rule:"required" doc:"name of the place, second part of every NATS subject"`
	Instance string   `yaml:"instance" doc:"name of this process in stats. Default: the host name's slug"`
	NATS     NATS     `yaml:"nats"`
	Model    string   `yaml:"model" doc:"model of the cameras that name none: a name from the model folders, CARD.yaml or FILE.onnx"`
	Plan     string   `yaml:"plan" rule:"required" doc:"auto, serial or a plan file"`
	Backend  string   `yaml:"backend,omitempty" doc:"the only runtime to use: ort, trt or openvino. Default: whichever serves a device"`
	Cameras  []Camera `yaml:"cameras" doc:"at least one"`
	HTTP     HTTP     `yaml:"http"`
	Log      Log      `yaml:"log"`
}

// Camera is one source of frames. Of a Camera made in a program, NewCamera is
// the start.
type Camera struct {
	Name         string    `yaml:"name" rule:"required" doc:"name in messages; its slug is the last part of the subject and must be the camera's own"`
	URL          string    `yaml:"url" rule:"required" doc:"where frames come from: file:, rtsp:, rtsps:, http(s):, v4l2:, test:, images:, scene:, gst:"`
	Username     string    `yaml:"username,omitempty" doc:"for rtsp and http"`
	Password     string    `yaml:"password,omitempty" doc:"for rtsp and http; better ${VAR} or password_file"`
	PasswordFile string    `yaml:"password_file,omitempty" doc:"file with the password, relative to the configuration"`
	Transport    Transport `yaml:"transport,omitempty" doc:"of rtsp"`
	Latency      Duration  `yaml:"latency,omitempty" rule:"min=1ms,max=1m" doc:"of rtsp: how long to wait for packets that are late or lost"`
	Decoder      Decoder   `yaml:"decoder,omitempty" doc:"auto takes the machine's video hardware where GStreamer finds some, software never does"`
	Rotate       int       `yaml:"rotate,omitempty" doc:"turn the picture clockwise by 0, 90, 180 or 270 degrees, before anything looks at it: size, boxes and ignore are those of the turned picture"`
	Policy       Policy    `yaml:"policy,omitempty" doc:"what to do with a frame when the graph is busy. Default: block for file: and images:, else drop-oldest"`
	Every        int       `yaml:"every,omitempty" rule:"min=2,max=100000,zero" doc:"with policy every-n: analyse one frame of so many"`
	MaxFPS       float64   `yaml:"max_fps,omitempty" rule:"above=0,max=1000,zero" doc:"analyse at most so many frames a second. Default: all"`
	Weight       float64   `yaml:"weight" rule:"above=0,max=1000" doc:"share of the graph when cameras want more than it can do, against the other cameras'"`
	MinFPS       float64   `yaml:"min_fps,omitempty" rule:"above=0,max=1000,zero" doc:"so many frames a second are analysed before all shares, as far as the graph can"`
	Budget       Duration  `yaml:"budget,omitempty" rule:"min=1ms,zero" doc:"age that messages may have, from capture by this machine's clock: a frame whose message would be older is dropped, as late. Not with policy block, nor for recordings without clock: wall. Default: any"`
	Classes      []string  `yaml:"classes,omitempty,flow" doc:"report only these labels. Default: all"`
	Ignore       Polygons  `yaml:"ignore,omitempty,flow" rule:"min=0,max=1" doc:"report no object whose box has its centre in one of these polygons: lists of corners [x, y], fractions of the picture from the top left"`
	MinScore     float32   `yaml:"min_score,omitempty" rule:"min=0,max=1" doc:"report only objects of at least this score. Default: the model card's"`
	Model        string    `yaml:"model,omitempty" doc:"default: the model of the configuration"`
	Loop         bool      `yaml:"loop,omitempty" doc:"file: and images: start again at the end"`
	Clock        Clock     `yaml:"clock,omitempty" doc:"where capture times come from; wall plays a file: in real time. Default auto: rtcp where the camera sends it, else wall; pts for files"`
	Queue        int       `yaml:"queue" rule:"min=1,max=64" doc:"frames that may wait for the graph"`
	Stall        Duration  `yaml:"stall" rule:"min=1s" doc:"a live camera that sends nothing for so long is opened again"`
}

// Polygons are areas of a picture: corners in order, fractions of width and height
// from the top left.
type Polygons [][][2]float32

// HTTP is the listener for metrics and health.
type HTTP struct {
	Listen string `yaml:"listen" doc:"host:port of /metrics, /healthz and /readyz; empty: none"`
	Pprof  bool   `yaml:"pprof" doc:"serve profiles of the process below /debug/pprof/ too"`
}

// Log says what is logged to stderr.
type Log struct {
	Level  Level  `yaml:"level" doc:"the least that is logged"`
	Format Format `yaml:"format" doc:"text for people, json for machines"`
}

// Duration is time.Duration, "150ms" in the file.
type Duration = time.Duration

// Default is the configuration without a file: everything but cameras and model.
func Default() Config {
	return Config{
		Site: "default",
		NATS: NATS{
			URL: Embedded, Listen: "127.0.0.1:4222",
			MaxBytes: 1 << 30, MaxAge: time.Hour, MaxPerCamera: 20_000,
			Storage: "file", Retention: "limits", Replicas: 1,
			Events: Events{MaxBytes: 64 << 20, MaxAge: 7 * 24 * time.Hour},
			Spool:  Spool{MaxBytes: 256 << 20},
		},
		Plan: "auto",
		Log:  Log{Level: Info, Format: Text},
	}
}

// NewCamera is a Camera with the defaults that do not depend on its URL.
func NewCamera() Camera {
	return Camera{
		Transport: TCP, Latency: 200 * time.Millisecond, Decoder: DecoderAuto,
		Clock: ClockAuto, Queue: 2, Weight: 1, Stall: 10 * time.Second,
	}
}

// SetDefaults makes an element of the camera list start as NewCamera.
func (c *Camera) SetDefaults() { *c = NewCamera() }

// ReservedKeys are keys that a later version will take.
func (Camera) ReservedKeys() []string {
	return []string{"zones"}
}
