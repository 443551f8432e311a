package synth

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		url  string
		want Options
	}{
		{"scene:street", Options{Seed: 1, Width: 1280, Height: 720, FPS: 25}},
		{"scene:street?seed=7&size=640x360&fps=12.5&seconds=20", Options{7, 640, 360, 12.5, 20}},
		{"scene:street?seconds=0", Options{Seed: 1, Width: 1280, Height: 720, FPS: 25}},
	} {
		got, err := Parse(c.url)
		if err != nil || got != c.want {
			t.Errorf("%s: %+v, %v, want %+v", c.url, got, err, c.want)
		}
	}
}

func TestParseNamesWhatIsWrong(t *testing.T) {
	for url, want := range map[string]string{
		"scene:":                       `no scene is called ""`,
		"scene:harbour":                `no scene is called "harbour": there is street`,
		"street?seed=1":                "want scene:NAME",
		"scene:street?sed=7":           `unknown parameter "sed"`,
		"scene:street?seed=-1":         `seed is "-1"`,
		"scene:street?seed=1&seed=2":   "seed is given twice",
		"scene:street?size=640":        "want WIDTHxHEIGHT",
		"scene:street?size=641x360":    "even numbers",
		"scene:street?size=axb":        `size is "axb"`,
		"scene:street?fps=0":           "fps is 0",
		"scene:street?fps=NaN":         "fps is NaN",
		"scene:street?seconds=1000000": "seconds is 1e+06",
	} {
		_, err := Parse(url)
		if !errors.Is(err, ErrScene) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %q, want %q in it", url, err, want)
		}
	}
}

func TestStringParses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := Options{
			Seed:  rapid.Uint64().Draw(t, "seed"),
			Width: 2 * rapid.IntRange(80, 1920).Draw(t, "w"), Height: 2 * rapid.IntRange(45, 1080).Draw(t, "h"),
			FPS:     rapid.Float64Range(0.1, 240).Draw(t, "fps"),
			Seconds: rapid.Float64Range(0, 86400).Draw(t, "seconds"),
		}
		got, err := Parse(want.String())
		if err != nil || got != want {
			t.Fatalf("%s: %+v, %v", want, got, err)
		}
	})
}

func TestTimes(t *testing.T) {
	o := Options{FPS: 30, Seconds: 2}
	if o.Frames() != 60 || o.PTS(1) != 33333333*time.Nanosecond || o.PTS(30) != time.Second {
		t.Errorf("%d frames, %v, %v", o.Frames(), o.PTS(1), o.PTS(30))
	}
}

func FuzzParse(f *testing.F) {
	f.Add("scene:street?seed=7&size=1280x720&fps=25&seconds=20")
	f.Add("scene:street?size=1x1&fps=%")
	f.Fuzz(func(t *testing.T, url string) {
		o, err := Parse(url)
		if err == nil && (o.Validate() != nil || o.Frames() < 0) {
			t.Errorf("%q gives %+v", url, o)
		}
	})
}
