package bench

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"regexp"
	"strings"
	"testing"
)

func TestAgainst(t *testing.T) {
	row := func(name string, fps, half float64) Row {
		return Row{Name: name, FPS: fps, CI: half, Lo: fps - half, Hi: fps + half}
	}
	base := Report{Hardware: "a", Model: "m", Rows: []Row{row("same", 100, 1), row("slow", 100, 1), row("noisy", 100, 10), row("little", 100, 1), row("fast", 100, 1), row("gone", 1, 1)}}
	base.Rows[0].Lo, base.Rows[0].Hi = 0, 0 // a file from before the interval was written
	now := Report{Hardware: "b", Model: "m", Inputs: []string{"x.mp4"}, Cameras: 2, Rows: []Row{row("same", 100, 1), row("slow", 90, 1), row("noisy", 90, 10), row("little", 96, 1), row("fast", 120, 1), row("new", 1, 1)}}
	now.Rows[2].Disturbed = true
	v := now.Against(base, "base.json", 0.05)
	if v.OK || len(v.Slower()) != 1 || v.Slower()[0] != "slow by 10.0 %" {
		t.Errorf("slower: %v, ok %t", v.Slower(), v.OK)
	}
	for i, want := range []Verdict{
		{"same", 100, 100, 0, false, false},
		{"slow", 100, 90, -0.1, true, true},
		{"noisy", 100, 90, -0.1, false, false},
		{"little", 100, 96, -0.04, true, false},
		{"fast", 100, 120, 0.2, true, false},
	} {
		got := v.Rows[i]
		if math.Abs(got.Change-want.Change) < 1e-9 {
			got.Change = want.Change
		}
		if got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	notes := strings.Join(v.Notes, "\n")
	want := "another machine: b, and a in base.json\nanother input: x.mp4 on 2 cameras, and frames in memory in base.json\nrow noisy was measured on a disturbed machine, now or then\nrow new is not in base.json\nrow gone of base.json was not measured"
	if notes != want {
		t.Errorf("got\n%s\nwant\n%s", notes, want)
	}
}

// TestIncomparable: a report that says nothing of this one must not pass for one
// that found nothing slower.
func TestIncomparable(t *testing.T) {
	report := func(model, row string) Report { return Report{Model: model, Rows: []Row{{Name: row, FPS: 1}}} }
	now := report("m@1", "auto")
	for _, c := range []struct {
		name, want string
		base       Report
	}{
		{"comparable", "", report("m@1", "auto")},
		{"a base that names no model", "", report("", "auto")},
		{"another model", "it is of model n@1, and this report of m@1", report("n@1", "auto")},
		{"no row in common", "it has no row of this report (auto), but serial", report("m@1", "serial")},
	} {
		if why := now.Incomparable(c.base); !strings.HasPrefix(why, c.want) || (why == "") != (c.want == "") {
			t.Errorf("%s: %q", c.name, why)
		}
	}
}

// benchLine is a line of golang.org/design/14313-benchmark-format.
var benchLine = regexp.MustCompile(`^Benchmark[A-Z]\S*-[0-9]+\t[1-9][0-9]*(\t[0-9.]+ \S+)+$`)

func TestBenchstat(t *testing.T) {
	r := example()
	r.Rows[2].Name = "my plan-4"
	var b strings.Builder
	if err := r.WriteBenchstat(&b, "linux", "amd64"); err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/report.bench", b.String())
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")[5:]
	if len(lines) != 18 { // six rounds of three rows, without the disturbed one
		t.Errorf("%d lines", len(lines))
	}
	for _, l := range lines {
		if !benchLine.MatchString(l) {
			t.Errorf("%q is no line of a benchmark", l)
		}
	}
}

// TestPage holds the page's text and drawings against a golden file, wants it
// well-formed as XML reads HTML, and without anything from elsewhere.
func TestPage(t *testing.T) {
	r := example()
	base := example()
	base.Rows[1].FPS, base.Rows[1].Lo, base.Rows[1].Hi = 150, 149, 151
	r.Compare = r.Against(base, "base.json", 0.05)
	var b strings.Builder
	if err := r.WritePage(&b); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	golden(t, "testdata/report.html", page)
	for _, bad := range []string{"<script", "http", "src=", "url(", "@import", "ZgotmplZ", "NaN", "%!"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page has %q in it", bad)
		}
	}
	for _, want := range []string{"a&lt;b&gt;.mp4", "125.0 frames/s", "prefers-color-scheme: dark", "slower", "6 of 7", "pipeline, too few cut points"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %q in it", want)
		}
	}
	count := elements(t, page)
	if count["svg"] != 4 || count["table"] != 3 { // rates, two sweeps, a timeline
		t.Errorf("%d drawings and %d tables", count["svg"], count["table"])
	}
	if n := strings.Count(page, "<title>frame "); n != 5 || !strings.Contains(page, "<title>frame 2: 10.00 ms") {
		t.Errorf("%d pieces in the timeline", n)
	}
}

// elements counts a page's elements, all of which must be closed.
func elements(t *testing.T, page string) map[string]int {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(page))
	d.Strict, d.AutoClose, d.Entity = false, []string{"meta"}, xml.HTMLEntity
	count := map[string]int{}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return count
		}
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := token.(xml.StartElement); ok {
			count[e.Name.Local]++
		}
	}
}

// A report of one row without figures still makes a page.
func TestBarePage(t *testing.T) {
	var b strings.Builder
	if err := (Report{Rows: []Row{{Name: "serial"}}}).WritePage(&b); err != nil {
		t.Fatal(err)
	}
	if page := b.String(); strings.Contains(page, "NaN") || strings.Contains(page, "Timelines") || strings.Contains(page, "limit is") {
		t.Errorf("%s", page)
	}
}

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		max  float64
		want int
	}{{0, 1}, {1, 6}, {7, 8}, {133, 7}, {0.003, 7}, {5e-324, 1}, {math.Inf(1), 1}, {math.NaN(), 1}} {
		if got := (scale{max: c.max}).ticks(7); len(got) != c.want {
			t.Errorf("to %g: %v", c.max, got)
		}
	}
}
