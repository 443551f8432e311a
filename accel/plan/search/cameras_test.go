package search_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"braid/accel/plan/search"
)

func TestParseCameras(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"16x1080p@15", "[16x1920x1080@15]"},
		{"4x1280x720@30", "[4x1280x720@30]"},
		{"1x2160p@29.97, 2x640x480@7.5", "[1x3840x2160@29.97 2x640x480@7.5]"},
	} {
		got, err := search.ParseCameras(c.text)
		if err != nil || fmt.Sprint(got) != c.want {
			t.Errorf("%s: %v, %v, want %s", c.text, got, err, c.want)
		}
	}
}

func TestParseCamerasRefuses(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "such as 16x1080p@15"},
		{"1080p@15", "is not number x size @ frames a second"},
		{"16x1080p", "is not number x size @ frames a second"},
		{"0x1080p@15", "has no camera"},
		{"4x1080p@0", "has no frames"},
		{"4x1000p@15", "write it as 1280x720"},
		{"4x0x720@15", "has no pixels"},
		{"9999x720p@1,9999x720p@1", "19998 are more than 10000"},
		{"4x720p@15,", `"" is not`},
	} {
		_, err := search.ParseCameras(c.text)
		if !errors.Is(err, search.ErrGoal) || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v, want %q", c.text, err, c.want)
		}
	}
}

// FuzzParseCameras: what is read is written and read back the same.
func FuzzParseCameras(f *testing.F) {
	for _, text := range []string{"16x1080p@15", "4x1280x720@30, 1x480p@0.5", "x@", "99999x1p@1"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := search.ParseCameras(text)
		if err != nil {
			return
		}
		var parts []string
		for _, c := range got {
			parts = append(parts, c.String())
		}
		again, err := search.ParseCameras(strings.Join(parts, ","))
		if err != nil || fmt.Sprint(again) != fmt.Sprint(got) {
			t.Errorf("%v is read back as %v, %v", got, again, err)
		}
	})
}
