// Package synth is the source of synthetic scenes: a street with its traffic,
// seen by a fixed camera, drawn from a seed. Because braid draws it, everything
// about it is known: which object of which class is where in every frame, and
// how much of it is to be seen.
package synth

import (
	"errors"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ErrScene is wrapped where a scene: URL cannot be drawn.
var ErrScene = errors.New("not a scene")

// Options say which scene is drawn and how.
type Options struct {
	Seed    uint64
	Width   int     // pixels, even
	Height  int     // pixels, even
	FPS     float64 // frames a second
	Seconds float64 // length; 0: without end
}

// Names are the kinds of scenes there are.
func Names() []string { return []string{"street"} }

// Defaults are the Options of a URL that says nothing.
func Defaults() Options { return Options{Seed: 1, Width: 1280, Height: 720, FPS: 25} }

// Parse reads scene:NAME?seed=7&size=1280x720&fps=25&seconds=20; every
// parameter may be left out. Its errors wrap ErrScene and name the parameter.
func Parse(raw string) (Options, error) {
	o, err := parse(raw)
	if err != nil {
		return Options{}, fmt.Errorf("%s: %w: %w", raw, ErrScene, err)
	}
	return o, nil
}

func parse(raw string) (Options, error) {
	o := Defaults()
	rest, ok := strings.CutPrefix(raw, "scene:")
	if !ok {
		return o, errors.New("want scene:NAME?seed=…")
	}
	name, query, _ := strings.Cut(rest, "?")
	if !slices.Contains(Names(), name) {
		return o, fmt.Errorf("no scene is called %q: there is %s", name, strings.Join(Names(), ", "))
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		return o, err
	}
	for _, key := range sortedKeys(values) {
		if len(values[key]) > 1 {
			return o, fmt.Errorf("%s is given twice", key)
		}
		if err := o.set(key, values[key][0]); err != nil {
			return o, err
		}
	}
	return o, o.Validate()
}

func sortedKeys(v url.Values) []string {
	keys := make([]string, 0, len(v))
	for k := range v {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// set changes one parameter.
func (o *Options) set(key, value string) (err error) {
	switch key {
	case "seed":
		if o.Seed, err = strconv.ParseUint(value, 10, 64); err != nil {
			return fmt.Errorf("seed is %q, want a whole number from 0 to %d", value, uint64(math.MaxUint64))
		}
	case "size":
		w, h, ok := strings.Cut(value, "x")
		if !ok {
			return fmt.Errorf("size is %q, want WIDTHxHEIGHT", value)
		}
		var ew, eh error
		o.Width, ew = strconv.Atoi(w)
		o.Height, eh = strconv.Atoi(h)
		err = errors.Join(ew, eh)
	case "fps":
		o.FPS, err = strconv.ParseFloat(value, 64)
	case "seconds":
		o.Seconds, err = strconv.ParseFloat(value, 64)
	default:
		return fmt.Errorf("unknown parameter %q: there are seed, size, fps and seconds", key)
	}
	if err != nil {
		return fmt.Errorf("%s is %q, want a number", key, value)
	}
	return nil
}

// Validate says what is wrong with the values.
func (o Options) Validate() error {
	switch {
	case o.Width < 160 || o.Width > 3840 || o.Width%2 != 0 || o.Height < 90 || o.Height > 2160 || o.Height%2 != 0:
		return fmt.Errorf("size is %dx%d, want even numbers from 160x90 to 3840x2160", o.Width, o.Height)
	case !(o.FPS >= 0.1 && o.FPS <= 240):
		return fmt.Errorf("fps is %v, want 0.1 to 240", o.FPS)
	case !(o.Seconds >= 0 && o.Seconds <= 24*3600):
		return fmt.Errorf("seconds is %v, want 0 (without end) to 86400", o.Seconds)
	}
	return nil
}

// Frames is how many frames there are, 0 where there is no end.
func (o Options) Frames() int {
	if o.Seconds == 0 {
		return 0
	}
	return max(1, int(math.Round(o.Seconds*o.FPS)))
}

// PTS is the stream time of frame i.
func (o Options) PTS(i int) time.Duration {
	return time.Duration(math.Round(float64(i) * 1e9 / o.FPS))
}

// String is the URL of the scene.
func (o Options) String() string {
	s := fmt.Sprintf("scene:street?seed=%d&size=%dx%d&fps=%s", o.Seed, o.Width, o.Height, number(o.FPS))
	if o.Seconds > 0 {
		s += "&seconds=" + number(o.Seconds)
	}
	return s
}

func number(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }
