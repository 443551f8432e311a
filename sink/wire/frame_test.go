package wire_test

import (
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"braid/sink/wire"
)

func TestAppendJSONIsTheContractsExample(t *testing.T) {
	const want = `{"schema":"braid.v1.Frame","site":"demo","camera":"gate-1","run":"01J9ZC3K5X6Q","seq":48213,` +
		`"capture_ts":"2026-11-23T10:00:00.123456Z","clock":"wall","pts_ns":1607100000,"size":[1920,1080],` +
		`"model":"yolox-nano@3f1c9a2b","plan":"p-7f3a01c2","skipped":{"n":2,"why":"late"},"age_ms":41.7,` +
		`"stages_us":{"decode":2100,"prep":900,"infer.0":8100,"infer.1":7900,"detect":310,"queue":1500},` +
		`"objects":[{"label":"person","class":0,"score":0.91,"box":[0.1021,0.204,0.0512,0.3111]}]}`
	f := contractFrame()
	if got := string(f.AppendJSON(nil)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// drawFrame draws a Frame whose numbers survive the format's rounding.
func drawFrame(t *rapid.T) wire.Frame {
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "a\"\\\b\n\x00\x7f", "\u2028<&>", "\xff"}))
	f := wire.Frame{
		Schema: wire.SchemaFrame,
		Site:   text.Draw(t, "site"), Camera: text.Draw(t, "camera"), Run: text.Draw(t, "run"),
		Seq: rapid.Uint64().Draw(t, "seq"), File: text.Draw(t, "file"),
		Clock: text.Draw(t, "clock"), PTS: rapid.Int64().Draw(t, "pts"),
		Size:  [2]int{rapid.Int().Draw(t, "w"), rapid.Int().Draw(t, "h")},
		Model: text.Draw(t, "model"), Plan: text.Draw(t, "plan"),
		Age:   float64(rapid.IntRange(-1e6, 1e6).Draw(t, "age")) / 10,
		Error: text.Draw(t, "error"),
	}
	if rapid.Bool().Draw(t, "captured") {
		f.Capture = time.UnixMicro(rapid.Int64Range(0, 1e16).Draw(t, "capture")).UTC()
	}
	if rapid.Bool().Draw(t, "skipped") {
		f.Skipped = &wire.Skipped{N: rapid.Uint64Min(1).Draw(t, "n"), Why: text.Draw(t, "why")}
	}
	for range rapid.IntRange(0, 4).Draw(t, "stages") {
		us := rapid.Int64Range(-1e12, 1e12).Draw(t, "us")
		f.Stages = append(f.Stages, wire.Stage{Name: text.Draw(t, "stage"), Time: time.Duration(us) * time.Microsecond})
	}
	if f.Error != "" {
		return f
	}
	f.Objects = []wire.Object{}
	number := rapid.Custom(func(t *rapid.T) float32 {
		return float32(float64(rapid.IntRange(-20000, 20000).Draw(t, "x")) / 1e4)
	})
	for range rapid.IntRange(0, 3).Draw(t, "objects") {
		o := wire.Object{Label: text.Draw(t, "label"), Class: rapid.Int().Draw(t, "class"), Score: number.Draw(t, "score")}
		for i := range o.Box {
			o.Box[i] = number.Draw(t, "box")
		}
		f.Objects = append(f.Objects, o)
	}
	return f
}

// valid is f with the strings as they arrive: U+FFFD for what is not UTF-8.
func valid(f wire.Frame) wire.Frame {
	for _, s := range []*string{&f.Site, &f.Camera, &f.Run, &f.File, &f.Clock, &f.Model, &f.Plan, &f.Error} {
		*s = strings.ToValidUTF8(*s, "\ufffd")
	}
	if f.Skipped != nil {
		f.Skipped = &wire.Skipped{N: f.Skipped.N, Why: strings.ToValidUTF8(f.Skipped.Why, "\ufffd")}
	}
	var steps []wire.Stage
	for _, s := range f.Stages {
		steps = append(steps, wire.Stage{Name: strings.ToValidUTF8(s.Name, "\ufffd"), Time: s.Time})
	}
	f.Stages = steps
	for i := range f.Objects {
		f.Objects[i].Label = strings.ToValidUTF8(f.Objects[i].Label, "\ufffd")
	}
	return f
}

func TestFrameRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := drawFrame(t)
		line := f.AppendJSON(nil)
		if strings.ContainsAny(string(line), "\n\r") || !json.Valid(line) {
			t.Fatalf("not one line of JSON: %q", line)
		}
		got, err := wire.ParseFrame(line)
		if err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if want := valid(f); !reflect.DeepEqual(got, want) {
			t.Fatalf("got  %+v\nwant %+v\nline %s", got, want, line)
		}
		if again := got.AppendJSON(nil); string(again) != string(line) {
			t.Fatalf("written again: %s\nfirst: %s", again, line)
		}
	})
}

// TestAppendJSONLikeEncodingJSON compares with what encoding/json writes for
// the same fields.
func TestAppendJSONLikeEncodingJSON(t *testing.T) {
	type plain wire.Frame
	rapid.Check(t, func(t *rapid.T) {
		f := drawFrame(t)
		f.Stages = nil
		std, err := json.Marshal(plain(f))
		if err != nil {
			t.Fatal(err)
		}
		var want, got map[string]any
		if err := errors.Join(json.Unmarshal(std, &want), json.Unmarshal(f.AppendJSON(nil), &got)); err != nil {
			t.Fatal(err)
		}
		if f.Error != "" {
			delete(want, "objects")
		}
		delete(want, "capture_ts") // another number of decimals
		delete(got, "capture_ts")
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("got  %v\nwant %v", got, want)
		}
	})
}

func TestNumbers(t *testing.T) {
	for _, c := range []struct {
		x    float64
		want string
	}{
		{0, "0"},
		{1, "1"},
		{0.5, "0.5"},
		{0.00004, "0"},
		{0.00006, "0.0001"},
		{-0.00004, "0"},
		{-0.25, "-0.25"},
		{0.99996, "1"},
		{12.30001, "12.3"},
		{1e30, "68719476736"},
		{math.NaN(), "0"},
		{math.Inf(1), "68719476736"},
		{math.Inf(-1), "-68719476736"},
	} {
		f := wire.Frame{Objects: []wire.Object{{Score: float32(c.x)}}}
		if got := string(f.AppendJSON(nil)); !strings.Contains(got, `"score":`+c.want+`,`) {
			t.Errorf("%v: want %s in %s", c.x, c.want, got)
		}
	}
}

func TestOptionalKeys(t *testing.T) {
	optional := []string{"site", "file", "capture_ts", "skipped", "age_ms", "stages_us", "error"}
	empty := wire.Frame{Skipped: &wire.Skipped{}, Age: 0.01}
	line := string(empty.AppendJSON(nil))
	for _, key := range optional {
		if strings.Contains(line, `"`+key+`"`) {
			t.Errorf("%s is written when empty: %s", key, line)
		}
	}
	if !strings.HasSuffix(line, `"objects":[]}`) {
		t.Errorf("objects is not an empty list: %s", line)
	}
	year := wire.Frame{Capture: time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC)}
	if line := string(year.AppendJSON(nil)); strings.Contains(line, "capture_ts") {
		t.Errorf("a time outside RFC 3339 is written: %s", line)
	}
}

func TestParseFrameRefuses(t *testing.T) {
	for _, c := range []struct{ data, want string }{
		{``, "parsing a braid.v1.Frame message"},
		{`{}`, "wrong schema"},
		{`null`, "wrong schema"},
		{`{"schema":"braid.v1.Stats"}`, `"braid.v1.Stats"`},
		{`{"schema":"braid.v1.Frame","seq":-1}`, "seq"},
		{`{"schema":"braid.v1.Frame","stages_us":[1]}`, "stages_us"},
		{`{"schema":"braid.v1.Frame","stages_us":{"a":1.5}}`, "stages_us"},
		{`{"schema":"braid.v1.Frame","stages_us":{"a":9223372036854775807}}`, "out of range"},
	} {
		_, err := wire.ParseFrame([]byte(c.data))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.data, err, c.want)
		}
	}
	if _, err := wire.ParseStats([]byte(`{"schema":"braid.v1.Frame"}`)); !errors.Is(err, wire.ErrSchema) {
		t.Errorf("a frame is taken for stats: %v", err)
	}
}

func TestParseFrameIgnoresUnknownKeys(t *testing.T) {
	f, err := wire.ParseFrame([]byte(`{"schema":"braid.v1.Frame","camera":"a","track":{"id":[1]},"stages_us":null,"objects":[{"label":"x","zone":1}]}`))
	if err != nil || f.Camera != "a" || len(f.Objects) != 1 || f.Stages != nil {
		t.Errorf("%+v, %v", f, err)
	}
}

func TestFrameWithEncodingJSON(t *testing.T) {
	want := contractFrame()
	want.Schema = wire.SchemaFrame
	data, err := json.Marshal([]wire.Frame{want})
	if err != nil {
		t.Fatal(err)
	}
	var got []wire.Frame
	if err := json.Unmarshal(data, &got); err != nil || !reflect.DeepEqual(got[0], want) {
		t.Errorf("%v, got %+v", err, got)
	}
}

func TestStateRoundTrip(t *testing.T) {
	want := goldenCamera()
	want.Schema = wire.SchemaCamera
	data := goldens(t)["camera"]
	if got, err := wire.ParseCamera(data); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, got %+v", err, got)
	}
	stats, err := wire.ParseStats(goldens(t)["stats"])
	if err != nil || stats.Cameras[0].Published != 100 || stats.Nodes[0].Busy != 0.9 || stats.Cameras[0].FPS != 14.9877 {
		t.Errorf("%v, got %+v", err, stats)
	}
}

func TestSubjectsAndID(t *testing.T) {
	for got, want := range map[string]string{
		wire.FrameSubject("Demo", "Gate 1"):                                                   "braid.v1.demo.frame.gate-1",
		wire.FrameSubject("*", "*"):                                                           "braid.v1.*.frame.*",
		wire.CameraSubject("demo", "a.b"):                                                     "braid.v1.demo.camera.a-b",
		wire.StatsSubject("demo", ">"):                                                        "braid.v1.demo.stats.x",
		string(wire.AppendMsgID([]byte("~"), "Demo", "Gate 1", "01J9\r\nX: é", 7)):            "~demo:gate-1:01J9__X____:7",
		string(wire.AppendMsgID(nil, "demo", "gate-1", "01J9ZC3K5X6Q", 18446744073709551615)): "demo:gate-1:01J9ZC3K5X6Q:18446744073709551615",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestWritingAllocatesNothing(t *testing.T) {
	f := contractFrame()
	buf := make([]byte, 0, 4096)
	if n := testing.AllocsPerRun(100, func() {
		buf = f.AppendJSON(buf[:0])
		buf = wire.AppendMsgID(buf, "demo", "gate-1", f.Run, f.Seq)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzParseFrame(f *testing.F) {
	for _, frame := range goldenFrames() {
		f.Add(frame.AppendJSON(nil))
	}
	f.Add([]byte(`{"schema":"braid.v1.Frame","stages_us":{"a":1,"a":2},"capture_ts":"0000-01-01T00:00:00Z"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := wire.ParseFrame(data)
		if err != nil {
			return
		}
		line := m.AppendJSON(nil)
		again, err := wire.ParseFrame(line)
		if err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if second := again.AppendJSON(nil); string(second) != string(line) {
			t.Fatalf("first  %s\nsecond %s", line, second)
		}
	})
}

func BenchmarkAppendJSON(b *testing.B) {
	f := contractFrame()
	for len(f.Objects) < 20 {
		f.Objects = append(f.Objects, f.Objects[0])
	}
	buf := f.AppendJSON(nil)
	b.SetBytes(int64(len(buf)))
	b.ReportAllocs()
	for b.Loop() {
		buf = f.AppendJSON(buf[:0])
	}
}
