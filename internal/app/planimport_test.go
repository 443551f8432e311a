package app

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"braid/accel/plan"
	"braid/internal/testdata"
)

var update = flag.Bool("update", false, "write golden files anew")

// importText runs plan import jedi on files, without a model.
func importText(o ImportOptions) (string, error) {
	var out bytes.Buffer
	err := PlanImportJedi(&Env{Out: &out}, o)
	return out.String(), err
}

var cfgPath = regexp.MustCompile(`cfg_path [=:] "([^"]*)"`)

// TestImportOfTheNineNetworks makes plans of configurations that have the cut
// tables published for JEDI's nine networks, in both generations of them, and
// holds the plans against golden files.
func TestImportOfTheNineNetworks(t *testing.T) {
	files, err := filepath.Glob("testdata/jedi/*.cfg")
	if err != nil || len(files) != 17 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			network := testdata.Path(t, "cfg/"+cfgPath.FindStringSubmatch(string(text))[1])
			got, err := importText(ImportOptions{File: file, Cfg: network})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := plan.Parse([]byte(got), "imported"); err != nil {
				t.Error(err)
			}
			golden := strings.TrimSuffix(file, ".cfg") + ".yaml"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// tiny is a network of two convolutions: layers 0 conv_0, 1 relu_0, 2 maxpool_1,
// 3 conv_2, 4 yolo_3.
const tiny = "[net]\nwidth=32\nheight=32\n[convolutional]\nfilters=4\nsize=1\nactivation=relu\n[maxpool]\nsize=2\nstride=2\n" +
	"[convolutional]\nfilters=6\nsize=1\nactivation=linear\n[yolo]\nclasses=1\nnum=1\nanchors=1,1\n"

// two is a file with two instances of three.
const two = `configs = { instance_num = "2"; instances = (
 { network_name = "a"; device_num = "2"; cut_points = "1,4"; devices = "GPU,DLA"; dla_cores = "0,1"; buffer_num = "2"; pre_thread_num = "1"; post_thread_num = "1"; data_type = "FP16"; },
 { device_num = "1"; cut_points = "4"; devices = "GPU"; dla_cores = "0"; buffer_num = "2"; pre_thread_num = "1"; post_thread_num = "1"; data_type = "FP16"; },
 { } ) }`

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestImportOfOneInstance(t *testing.T) {
	file, cfg := write(t, "two.cfg", two), write(t, "tiny.cfg", tiny)
	got, err := importText(ImportOptions{File: file, Cfg: cfg, Instance: 1})
	if err != nil || !strings.Contains(got, "until: relu_0") || !strings.Contains(got, "left out: instance 2 (2); 1 more behind instance_num") {
		t.Errorf("%v\n%s", err, got)
	}
	got, err = importText(ImportOptions{File: file, Instance: 2}) // no cut, no network needed
	if err != nil || strings.Contains(got, "until:") || !strings.Contains(got, "left out: instance 1 (a)") {
		t.Errorf("%v\n%s", err, got)
	}
	for _, c := range []struct {
		o    ImportOptions
		code int
		want string
	}{
		{ImportOptions{File: file, Cfg: cfg}, 2, "choose by --instance from 1 (a), 2 (2)"},
		{ImportOptions{File: file, Cfg: cfg, Instance: 3}, 2, "--instance 3: "},
		{ImportOptions{File: file, Instance: 1}, 3, "--cfg"},
		{ImportOptions{File: file, Cfg: "no.cfg", Instance: 1}, 3, "no.cfg"},
		{ImportOptions{File: file, Cfg: file, Instance: 1}, 3, "two.cfg:1"},
		{ImportOptions{File: "no.cfg"}, 3, "no.cfg"},
		{ImportOptions{File: cfg}, 3, "tiny.cfg:1"},
		{ImportOptions{File: file, Instance: 2, Out: "/no/such/folder/plan.yaml"}, 4, "/no/such/folder"},
	} {
		if _, err := importText(c.o); ExitCode(err) != c.code || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want code %d and %q", c.o, err, c.code, c.want)
		}
	}
}

// TestImportToAFile writes a plan that is the one printed, and says what became of
// each knob.
func TestImportToAFile(t *testing.T) {
	file, out := write(t, "two.cfg", two), filepath.Join(t.TempDir(), "plan.yaml")
	printed, err := importText(ImportOptions{File: file, Instance: 2})
	if err != nil {
		t.Fatal(err)
	}
	said, err := importText(ImportOptions{File: file, Instance: 2, Out: out})
	if err != nil {
		t.Fatal(err)
	}
	written, err := os.ReadFile(out)
	if err != nil || string(written) != printed {
		t.Errorf("%v\n%s\nwant\n%s", err, written, printed)
	}
	for _, want := range []string{"device_num", "1 segment", "in_flight 4", "streams", "JEDI takes 2", "written to " + out, "left out"} {
		if !strings.Contains(said, want) {
			t.Errorf("nothing is said of %q:\n%s", want, said)
		}
	}
	var js bytes.Buffer
	if err := PlanImportJedi(&Env{Out: &js, JSON: true}, ImportOptions{File: file, Instance: 2}); err != nil {
		t.Fatal(err)
	}
	var got struct {
		ID    string
		Plan  map[string]any
		Cuts  []any
		Knobs []struct{ Knob, Becomes string }
	}
	if err := json.Unmarshal(js.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if p, err := plan.Parse(written, out); err != nil || p.ID() != got.ID || got.Plan["in_flight"] != 4.0 || got.Cuts == nil || len(got.Knobs) < 9 {
		t.Errorf("%v: %s", err, js.String())
	}
}

// TestImportForAModel refuses cut points that the model does not have.
func TestImportForAModel(t *testing.T) {
	file, cfg := write(t, "two.cfg", two), write(t, "tiny.cfg", tiny)
	model := filepath.Join(testdata.Root(t), "models", "ball.yaml")
	o := ImportOptions{File: file, Cfg: cfg, Instance: 1, Choice: Choice{Model: model}}
	env := &Env{Out: &bytes.Buffer{}, Getenv: func(string) string { return "" }}
	if err := PlanImportJedi(env, o); ExitCode(err) != 3 || !strings.Contains(err.Error(), `layer 1 of `+cfg+` ends in "relu_0", where model`) {
		t.Errorf("got %v", err)
	}
	o.Instance = 2
	var out bytes.Buffer
	env.Out = &out
	if err := PlanImportJedi(env, o); err != nil || !strings.Contains(out.String(), "model: ball@sha256:") {
		t.Errorf("%v\n%s", err, out.String())
	}
}
