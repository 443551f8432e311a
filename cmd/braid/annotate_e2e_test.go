//go:build e2e

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"braid/internal/card/cardtest"
	"braid/internal/frame"
	"braid/internal/gst"
	"braid/internal/testdata"
	"braid/sink/wire"
	"braid/source/images"
)

// shown is one picture of a clip: its luma, and when it is shown.
type shown struct {
	width, height int
	luma          []byte
	at            time.Duration
}

// play decodes a clip, with a copy of every picture's luma.
func play(t *testing.T, path string) []shown {
	t.Helper()
	r, err := gst.Open(t.Context(), gst.Options{
		Launch: "filesrc name=f ! decodebin", Properties: []gst.Property{{Element: "f", Name: "location", Value: path}}, Start: time.Minute,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}()
	var clip []shown
	for {
		s, err := r.Next(t.Context())
		if errors.Is(err, io.EOF) {
			return clip
		}
		if err != nil {
			t.Fatalf("playing %s, after %d pictures: %v", path, len(clip), err)
		}
		if n := len(clip); n > 0 && s.PTS <= clip[n-1].at {
			t.Errorf("picture %d is shown at %v, the one before at %v", n, s.PTS, clip[n-1].at)
		}
		p := shown{s.Width, s.Height, make([]byte, s.Width*s.Height), s.PTS}
		frame.Plane{Data: p.luma, Stride: s.Width}.Copy(s.Planes[0])
		clip = append(clip, p)
	}
}

// alone wants no other file of the clip's in its folder.
func alone(t *testing.T, clip string) {
	t.Helper()
	if left, err := filepath.Glob(clip + ".*"); err != nil || len(left) > 0 {
		t.Errorf("left over: %v, %v", left, err)
	}
}

// TestAnnotatedBatch wants every frame of two videos in the clip, with something
// drawn where an object was found, and the results as they are without a clip.
func TestAnnotatedBatch(t *testing.T) {
	t.Parallel()
	const each = 40
	road, dog := testdata.Path(t, "videos/udacity_solidWhiteRight.mp4"), testdata.Path(t, "videos/sam2_01_dog.mp4")
	dir := t.TempDir()
	plain, with, clip := filepath.Join(dir, "plain.jsonl"), filepath.Join(dir, "with.jsonl"), filepath.Join(dir, "clip.mp4")
	args := []string{"batch", road, dog, "--model", cardtest.YOLOXNano(t, threshold), "--max-frames", "40"}
	mustRun(t, append(args, "--out", plain)...)
	balanced(t, summaryOf(t, mustRun(t, append(args, "--out", with, "--annotate", clip, "-o", "json")...).out))
	if !bytes.Equal(read(t, plain), read(t, with)) {
		t.Error("the clip has changed the results")
	}
	alone(t, clip)
	got, want := play(t, clip), frames(t, with)
	if len(got) != 2*each || len(want) != 2*each {
		t.Fatalf("%d pictures of %d frames, want %d", len(got), len(want), 2*each)
	}
	for i, p := range got {
		if p.width != 960 || p.height != 540 {
			t.Fatalf("picture %d is %dx%d", i, p.width, p.height)
		}
		// 25 frames/s, then 30 from where the first video ends.
		at := time.Duration(i) * 40 * time.Millisecond
		if i >= each {
			at = each*40*time.Millisecond + time.Duration(want[i].PTS-want[each].PTS)
		}
		if (p.at - at).Abs() > 2*time.Millisecond {
			t.Errorf("picture %d is shown at %v, want %v", i, p.at, at)
		}
	}
	if n := differ(play(t, dog)[:each], got[each:], want[each:]); n < each {
		t.Errorf("%d boxes show in %d frames of a dog and its owner", n, each)
	}
}

// differ counts the objects along whose left side the clip shows something else
// than the video, which is larger.
func differ(video, clip []shown, found []wire.Frame) (n int) {
	for i, p := range clip {
		for _, o := range found[i].Objects {
			x := int(o.Box[0]*float32(p.width) + 1)
			y0, y1 := int(o.Box[1]*float32(p.height)), int((o.Box[1]+o.Box[3])*float32(p.height))
			sum, rows := 0, 0
			for y := max(y0, 0); y < min(y1, p.height); y++ {
				was := video[i].luma[y*video[i].height/p.height*video[i].width+x*video[i].width/p.width]
				d := int(p.luma[y*p.width+x]) - int(was)
				sum, rows = sum+max(d, -d), rows+1
			}
			if rows > 0 && sum/rows > 20 {
				n++
			}
		}
	}
	return n
}

// TestAnnotatedPictures makes a clip of a generated video and a folder of photos
// of many sizes.
func TestAnnotatedPictures(t *testing.T) {
	t.Parallel()
	photos := filepath.Dir(testdata.Path(t, "images/well-known/dog.jpg"))
	dir := t.TempDir()
	out, clip := filepath.Join(dir, "x.jsonl"), filepath.Join(dir, "x.mp4")
	r := mustRun(t, "batch", "test:?pattern=ball&size=321x241&fps=10&frames=30", photos, "--model", "ball", "--out", out, "--annotate", clip)
	got, want := play(t, clip), frames(t, out)
	if len(got) != len(want) || len(got) < 33 || got[0].width != 322 || got[0].height != 242 {
		t.Fatalf("%d pictures of %d frames, %dx%d", len(got), len(want), got[0].width, got[0].height)
	}
	if last := got[len(got)-1].at - got[len(got)-2].at; last != images.Interval {
		t.Errorf("the last photo comes %v after the one before", last)
	}
	if !strings.Contains(r.stderr, "frames_left_out=0") {
		t.Errorf("the log does not tell of the clip:\n%s", r.stderr)
	}
}

// TestInterruptedClipPlays interrupts a batch: the clip ends where the results do.
func TestInterruptedClipPlays(t *testing.T) {
	video := testdata.Path(t, "videos/intel_one-by-one-person-detection.mp4")
	dir := t.TempDir()
	out, clip := filepath.Join(dir, "x.jsonl"), filepath.Join(dir, "x.mp4")
	cmd := command(t, "batch", video, "--model", cardtest.YOLOXNano(t, threshold), "--out", out, "--annotate", clip)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	waitForLines(t, out, 30)
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // the exit code is looked at
	if code := cmd.ProcessState.ExitCode(); code != 130 {
		t.Fatalf("exit %d, want 130", code)
	}
	if a, b := len(play(t, clip)), len(frames(t, out)); a != b {
		t.Errorf("%d pictures of %d frames", a, b)
	}
	alone(t, clip)
}

// TestAnnotatedRun wants a mosaic of two live cameras when the service is stopped,
// and one camera in its own size.
func TestAnnotatedRun(t *testing.T) {
	clip := filepath.Join(t.TempDir(), "x.mp4")
	s := serve(t, twoCameras, "--annotate", clip)
	s.watch(t, "80")
	sum := s.stop(t, syscall.SIGINT, 0)
	balanced(t, sum)
	got := play(t, clip)
	most := max(sum.Cameras[0].Published, sum.Cameras[1].Published)
	if n := uint64(len(got)) + s.leftOut(t); n < most*9/10 || n > most*3/2 || len(got) < 10 || got[0].width != 1280 || got[0].height != 480 {
		t.Errorf("%d pictures %dx%d of %d frames", len(got), got[0].width, got[0].height, most)
	}
	white := [2]bool{} // a ball in each half
	for i, v := range got[len(got)-1].luma {
		if y, x := i/1280, i%1280; y > 30 && v > 225 {
			white[x/640] = true
		}
	}
	if white != [2]bool{true, true} {
		t.Errorf("balls in the left and right half: %v", white)
	}
	alone(t, clip)

	one := strings.Replace(twoCameras, `  - {name: right, url: "test:?pattern=ball&size=640x480&fps=20"}`, "", 1)
	s = serve(t, one, "--annotate", clip)
	s.watch(t, "20")
	s.stop(t, syscall.SIGTERM, 0)
	if got := play(t, clip); uint64(len(got))+s.leftOut(t) < 20 || len(got) < 5 || got[0].width != 320 || got[0].height != 240 {
		t.Errorf("%d pictures of %dx%d", len(got), got[0].width, got[0].height)
	}
}

// leftOut is how many frames a clip has no picture of: a live camera does not wait for
// the encoder, which takes its time to start.
func (s *service) leftOut(t *testing.T) uint64 {
	t.Helper()
	for line := range strings.Lines(s.logs.String()) {
		var told struct {
			Msg     string
			LeftOut uint64 `json:"frames_left_out"`
		}
		if json.Unmarshal([]byte(line), &told) == nil && told.Msg == "annotated clip" {
			return told.LeftOut
		}
	}
	t.Fatalf("the log does not tell of the clip:\n%s", s.logs.String())
	return 0
}

func TestClipsThatCannotBe(t *testing.T) {
	video := testdata.Path(t, "videos/sam2_01_dog.mp4")
	dir := t.TempDir()
	own := filepath.Join(dir, "own.mp4")
	if err := os.Symlink(video, own); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(dir, "folder.mp4")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "out.mp4")
	if err := os.WriteFile(out, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	config := writeFile(t, "braid.yaml", twoCameras+"  - {name: own, url: \"file://"+own+"\"}\n")
	batch := []string{"batch", own, "--model", "ball", "--out", out, "--annotate"}
	run := []string{"run", "-c", config, "--annotate"}
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{append(batch, "x.avi"), 2, "ends in .mp4"},
		{append(batch, folder), 2, "is a directory"},
		{append(batch, own), 2, "overwrite"},
		{append(batch, out), 2, "are one file"},
		{append(batch, filepath.Join(dir, "x.mp4"), "--resume"), 2, "--resume"},
		{append(batch, filepath.Join(dir, "none", "x.mp4")), 4, "there is no folder"},
		{append(run, "x.webm"), 2, "ends in .mp4"},
		{append(run, own), 2, "overwrite"},
		{append(run, filepath.Join(dir, "none", "x.mp4")), 4, "there is no folder"},
	} {
		r := braid(t, c.args...)
		if r.code != c.code || !strings.Contains(lastLines(r.stderr), c.want) {
			t.Errorf("%v: exit %d, want %d and %q\n%s", c.args, r.code, c.code, c.want, r.stderr)
		}
	}
	if got := read(t, out); string(got) != "old" {
		t.Errorf("the results of before are %q", got)
	}
	if info, err := os.Stat(own); err != nil || info.Size() < 1<<20 {
		t.Errorf("the input is gone: %v", err)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) > 3 {
		t.Errorf("left over: %v, %v", files, err)
	}
}

// TestClipOnFullDisk wants all results, and the clip's failure told.
func TestClipOnFullDisk(t *testing.T) {
	video := testdata.Path(t, "videos/sam2_01_dog.mp4")
	dir := t.TempDir()
	out, clip := filepath.Join(dir, "x.jsonl"), filepath.Join(dir, "x.mp4")
	if err := os.Symlink("/dev/full", clip+".part.data"); err != nil {
		t.Fatal(err)
	}
	r := braid(t, "batch", video, "--model", "ball", "--out", out, "--annotate", clip)
	if r.code != 1 || !strings.Contains(lastLines(r.stderr), "x.mp4: the disk is full") {
		t.Errorf("exit %d\n%s", r.code, r.stderr)
	}
	if n := len(frames(t, out)); n < 100 {
		t.Errorf("%d results", n)
	}
	if _, err := os.Stat(clip); err == nil {
		t.Error("there is a clip")
	}
	alone(t, clip)
}
