package jedi

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"braid/accel/plan"
	"braid/internal/testdata"
)

// config is a file with one instance, whose knobs start on line 2.
func config(instance string) string {
	return "configs = { instance_num = \"1\"; instances = ( {\n" + instance + "\n} ) }"
}

// stages are the knobs of a valid instance with n stages on the GPU, some of them
// replaced or, by "-", left out.
func stages(n int, with ...string) string {
	list := func(entry string) string { return strings.TrimSuffix(strings.Repeat(entry+",", n), ",") }
	knobs := [][2]string{
		{"device_num", fmt.Sprint(n)},
		{"cut_points", "1,3,5,7"[:2*(n-1)] + "9"},
		{"devices", list("GPU")},
		{"dla_cores", list("0")},
		{"streams", list("2")},
		{"buffer_num", "4"},
		{"pre_thread_num", "1"},
		{"post_thread_num", "1"},
		{"data_type", "FP16"},
		{"batch", "1"},
	}
	for i := 0; i+1 < len(with); i += 2 {
		knobs = append(knobs, [2]string{with[i], with[i+1]})
	}
	last := map[string]string{}
	for _, k := range knobs {
		last[k[0]] = k[1]
	}
	var lines []string
	for _, k := range knobs {
		if v, ok := last[k[0]]; ok && v != "-" {
			lines = append(lines, fmt.Sprintf("%s = %q;", k[0], v))
			delete(last, k[0])
		}
	}
	return config(strings.Join(lines, "\n"))
}

// layers are those of a network of ten; nothing is computed up to layer 0, and 4
// is an alias.
var layers = []string{"", "l1", "l2", "l3", "l3", "l5", "l6", "l7", "l8", "l9"}

func convert(file string) (*Import, error) {
	instances, _, err := Parse([]byte(file), "f.cfg")
	if err != nil {
		return nil, err
	}
	return instances[0].Plan(layers)
}

func TestPlan(t *testing.T) {
	segment := func(until string, streams int, on ...plan.Placement) plan.Segment {
		return plan.Segment{Until: until, Devices: on, Streams: streams, Fallback: plan.Allow}
	}
	gpu, dla0, dla1 := plan.Placement{ID: "gpu:0"}, plan.Placement{ID: "dla:0"}, plan.Placement{ID: "dla:1"}
	for _, c := range []struct {
		name string
		file string
		want func(*plan.Plan)
		says map[string]string // of a knob
	}{
		{"one stage", stages(1), func(p *plan.Plan) {
			p.Segments = []plan.Segment{segment("", 2, gpu)}
			p.InFlight = 8
		}, map[string]string{"cut_points": "no cut", "buffer_num": "an in_flight of 5 would"}},
		{"both cores", stages(3, "devices", "GPU, DLA, GPU", "dla_cores", "0,2,0", "streams", "1,4,3", "pre_thread_num", "3", "post_thread_num", "2"), func(p *plan.Plan) {
			p.Segments = []plan.Segment{segment("l1", 1, gpu), segment("l3", 2, dla0, dla1), segment("", 3, gpu)}
			p.Prep.Workers, p.Detect.Workers, p.InFlight = 3, 2, 16
		}, map[string]string{"devices": "gpu:0 x1, dla:0 x2 + dla:1 x2, gpu:0 x3", "cut_points": "until l1, l3"}},
		{"both cores, odd streams", stages(1, "devices", "DLA", "dla_cores", "2", "streams", "3"), func(p *plan.Plan) {
			p.Segments = []plan.Segment{segment("", 1, plan.Placement{ID: "dla:0", Streams: 2}, plan.Placement{ID: "dla:1", Streams: 1})}
			p.InFlight = 8
		}, map[string]string{"devices": "dla:0 x2 + dla:1 x1"}},
		{"both cores, one stream", stages(1, "devices", "DLA", "dla_cores", "2", "streams", "1"), func(p *plan.Plan) {
			p.Segments = []plan.Segment{segment("", 1, dla0)}
			p.InFlight = 8
		}, map[string]string{"dla_cores": "stage 1: with one stream the second core would idle"}},
		{"one core each", stages(2, "devices", "DLA,DLA", "dla_cores", "0,1"), func(p *plan.Plan) {
			p.Segments = []plan.Segment{segment("l1", 2, dla0), segment("", 2, dla1)}
			p.InFlight = 12
		}, nil},
		{"2 on a GPU", stages(1, "dla_cores", "2"), func(p *plan.Plan) {
			p.Segments = []plan.Segment{segment("", 2, gpu)}
			p.InFlight = 8
		}, map[string]string{"dla_cores": "loads the same engine twice"}},
		{"short and missing streams", stages(3, "streams", "5"), func(p *plan.Plan) {
			p.Segments = []plan.Segment{segment("l1", 5, gpu), segment("l3", 2, gpu), segment("", 2, gpu)}
			p.InFlight = 16
		}, map[string]string{"streams": "JEDI takes 2 for what is missing"}},
		{"long lists", stages(2, "cut_points", "1,9,12", "devices", "GPU,GPU,DLA", "streams", "1,1,1,1"), func(p *plan.Plan) {
			p.Segments = []plan.Segment{segment("l1", 1, gpu), segment("", 1, gpu)}
			p.InFlight = 12
		}, map[string]string{"cut_points": "JEDI does not use what follows entry 2: 12", "devices": "entry 2: DLA", "streams": "entry 2: 1, 1"}},
		{"a last layer behind the end", stages(2, "cut_points", "1,10"), func(p *plan.Plan) {
			p.Segments = []plan.Segment{segment("l1", 2, gpu), segment("", 2, gpu)}
			p.InFlight = 12
		}, map[string]string{"cut_points": "layer 10 is behind the network's last, 9: taken as its end"}},
		{"no data type, no batch", stages(1, "data_type", "-", "batch", "-"), func(p *plan.Plan) {
			p.Segments = []plan.Segment{segment("", 2, gpu)}
			p.InFlight = 8
		}, map[string]string{"data_type": "JEDI takes FP16", "batch": "JEDI has no default"}},
		{"FP32", stages(2, "data_type", "FP32"), func(p *plan.Plan) {
			p.Segments = []plan.Segment{segment("l1", 2, gpu), segment("", 2, gpu)}
			p.Precision, p.InFlight = plan.FP32, 12
		}, map[string]string{"data_type": "in fp16 at each cut"}},
		{"a type for each stage, a short list of cores", stages(3, "data_type", "INT8,FP16", "model_type", "TkdnnModel", "dla_cores", "1", "devices", "DLA,GPU,GPU"), func(p *plan.Plan) {
			p.Segments = []plan.Segment{segment("l1", 2, dla1), segment("l3", 2, gpu), segment("", 2, gpu)}
			p.Segments[1].Precision = plan.FP16
			p.Precision, p.InFlight = plan.INT8, 16
		}, map[string]string{"data_type": "precision int8, fp16, int8", "dla_cores": "JEDI takes 0 for what is missing", "model_type": "tkDNN"}},
		{"an ONNX model without cuts", stages(1, "model_type", "OnnxModel", "onnx_file_path", "a.onnx", "cuda_graphs", "1", "batch", "4"), func(p *plan.Plan) {
			p.Segments = []plan.Segment{segment("", 2, gpu)}
			p.InFlight = 8
		}, map[string]string{"onnx_file_path": "--model", "cuda_graphs": "braid chooses", "batch": "one frame an inference"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := convert(c.file)
			if err != nil {
				t.Fatal(err)
			}
			want := plan.Default()
			want.Precision = plan.FP16
			c.want(&want)
			if !reflect.DeepEqual(got.Plan, want) {
				t.Errorf("got  %+v\nwant %+v", got.Plan, want)
			}
			for knob, part := range c.says {
				row := rowOf(got.Rows, knob)
				if !strings.Contains(row.Becomes+" "+row.Note, part) {
					t.Errorf("%s: %+v does not say %q", knob, row, part)
				}
			}
		})
	}
}

func rowOf(rows []Row, knob string) Row {
	for _, r := range rows {
		if r.Knob == knob {
			return r
		}
	}
	return Row{}
}

// TestEveryKnobIsReported sets all of them and wants each in the result once, with
// the text that the file has.
func TestEveryKnobIsReported(t *testing.T) {
	var with []string
	for _, k := range knobs {
		if k.lacks != "" {
			with = append(with, k.name, "some of "+k.name)
		}
	}
	got, err := convert(stages(2, append(with, "model_type", "TkdnnModel")...))
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Rows) != len(knobs) {
		t.Errorf("%d rows for %d knobs", len(got.Rows), len(knobs))
	}
	for i, r := range got.Rows {
		k := knobs[i]
		if r.Knob != k.name || r.Value == "" || r.Line < 2 || (r.Becomes == "") != (k.lacks != "") || k.lacks != "" && (r.Note != k.lacks || r.Value != "some of "+k.name) {
			t.Errorf("knob %+v: %+v", k, r)
		}
	}
}

func TestErrors(t *testing.T) {
	for _, c := range []struct {
		name, file string
		want       []string
	}{
		{"not libconfig", "configs = {", []string{"f.cfg:1: want a setting or }, got the end of the file"}},
		{"nothing", "", []string{"f.cfg:1: want configs = {"}},
		{"another file", "a = 1;", []string{"f.cfg:1: a: unknown setting, known: configs", "f.cfg:1: want configs = {"}},
		{"no instances", `configs = { instance_num = "1" }`, []string{"f.cfg:1: instances: want a list of groups"}},
		{"instances in a group", `configs = { instances = {} }`, []string{"instances: want a list"}},
		{"no number of instances", "configs = {\ninstances = ( {} ) }", []string{`f.cfg:1: instance_num: is missing, for which JEDI runs nothing: write instance_num = "1"`}},
		{"number without quotes", `configs = { instance_num = 1; instances = ( {} ) }`, []string{`instance_num: JEDI reads texts only: write instance_num = "1"`}},
		{"too many", `configs = { instance_num = "2"; instances = ( {} ) }`, []string{`"2": the list has 1`}},
		{"zero", `configs = { instance_num = "0"; instances = ( {} ) }`, []string{`"0": the list has 1`}},
		{"an instance that is no group", `configs = { instance_num = "1"; instances = ( "x" ) }`, []string{"instances[0]: want a group of knobs, got text"}},
		{"unknown setting", `configs = { instance_nums = "1"; instances = ( {} ) }`, []string{`configs.instance_nums: unknown setting, did you mean "instance_num"?`}},
		{"unknown knob", stages(1, "buffer_nums", "2"), []string{`instances[0].buffer_nums: unknown knob, did you mean "buffer_num"?`}},
		{"number of a knob without quotes", config("\nbuffer_num = 3;"), []string{`f.cfg:3: instances[0].buffer_num: JEDI reads texts only: write buffer_num = "3"`}},
		{"array", config(`cut_points = [1, 2];`), []string{`a list is one text with commas, "1, 2"`}},
		{"all that is missing", config(""), []string{"device_num: is missing, and JEDI has no default"}},
		{"missing with stages", config(`device_num = "1"`), []string{"cut_points: is missing", "devices: is missing"}},
		{"too many stages", stages(1, "device_num", "13"), []string{`device_num: "13": want a whole number, 1 to 12`}},
		{"no number", stages(1, "device_num", "two"), []string{`"two"`}},
		{"short cut points", stages(3, "cut_points", "1,9"), []string{"cut_points: has entries for 2 of 3 stages, past whose end JEDI reads"}},
		{"short devices", stages(2, "devices", "GPU"), []string{"devices: has entries for 1 of 2 stages"}},
		{"short cores", stages(2, "dla_cores", "0"), []string{"dla_cores: has entries for 1"}},
		{"no cores", stages(2, "dla_cores", "-"), []string{"dla_cores: is missing"}},
		{"falling cut points", stages(3, "cut_points", "3,1,9"), []string{"stage 2 ends at layer 1, not behind layer 3 where stage 1 does"}},
		{"odd cut point", stages(2, "cut_points", "a,9"), []string{`entry 1 is "a"`}},
		{"empty entry", stages(2, "cut_points", "1,,9"), []string{`entry 2 is ""`}},
		{"a last layer before the end", stages(2, "cut_points", "1,8"), []string{"leaves out the rest: the network's last layer is 9"}},
		{"a layer that is not there", stages(3, "cut_points", "1,20,21"), []string{"there is no layer 20: the network's last layer is 9"}},
		{"a layer before all tensors", stages(2, "cut_points", "0,9"), []string{"nothing is computed up to layer 0"}},
		{"an empty stage", stages(3, "cut_points", "3,4,9"), []string{"nothing is computed between layer 3 and layer 4"}},
		{"cut points of an ONNX file", stages(2, "model_type", "OnnxModel"), []string{"braid model cuts"}},
		{"unknown model type", stages(1, "model_type", "OnxModel"), []string{`did you mean "OnnxModel"?`}},
		{"unknown device", stages(1, "devices", "gpu"), []string{`did you mean "GPU"?`}},
		{"unknown core", stages(1, "dla_cores", "3"), []string{`entry 1 is "3": want a whole number, 0 to 2`}},
		{"no stream", stages(1, "streams", "0"), []string{"1 to 64"}},
		{"unknown type", stages(1, "data_type", "FP61"), []string{`data_type: unknown value FP61, did you mean "FP16"?`}},
		{"no slots", stages(1, "buffer_num", "-"), []string{"buffer_num: is missing"}},
		{"many slots", stages(1, "buffer_num", "2049"), []string{"1 to 2048"}},
		{"no threads", stages(1, "pre_thread_num", "0", "post_thread_num", "65"), []string{"pre_thread_num", "post_thread_num", "1 to 64"}},
		{"batch", stages(1, "batch", "no"), []string{"batch"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := convert(c.file)
			if err == nil {
				t.Fatalf("no error but %+v", got.Plan)
			}
			for _, part := range c.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q does not say %q", err, part)
				}
			}
			for line := range strings.Lines(err.Error()) {
				if !strings.HasPrefix(line, "f.cfg:") {
					t.Errorf("line %q", line)
				}
			}
		})
	}
}

// TestWithoutANetwork needs one for cuts only.
func TestWithoutANetwork(t *testing.T) {
	for n, want := range map[int]string{1: "", 2: `give the network that they count by --cfg (cfg_path is "net.cfg")`} {
		instances, ignored, err := Parse([]byte(stages(n, "cfg_path", "net.cfg")), "f.cfg")
		if err != nil || ignored != 0 {
			t.Fatal(err)
		}
		switch _, err := instances[0].Plan(nil); {
		case want == "" && err != nil, want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%d stages: %v", n, err)
		}
	}
}

// TestDocumentation wants every knob in the table of docs/plans.md.
func TestDocumentation(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(testdata.Root(t), "docs", "plans.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, ok := strings.Cut(string(data), "## Plans of JEDI")
	if !ok {
		t.Fatal("docs/plans.md has no section on JEDI")
	}
	for _, k := range knobs {
		if !strings.Contains(table, "`"+k.name+"`") {
			t.Errorf("docs/plans.md does not say what becomes of %s", k.name)
		}
	}
}
