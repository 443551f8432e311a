package app

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"braid/internal/accuracy"
)

func evaluated(plan string, ap float64, classes ...accuracy.Class) *evalReport {
	r := newEvalReport(accuracy.Result{AP: ap, AP50: ap, Images: 10, Classes: classes})
	r.Model, r.Plan = "m@1", plan
	return r
}

func TestComparison(t *testing.T) {
	class := func(ap float64) []accuracy.Class {
		return []accuracy.Class{{ID: 1, Name: "cat", AP: ap, AP50: ap}, {ID: 2, Name: "dog", AP: accuracy.None, AP50: accuracy.None}}
	}
	for _, c := range []struct {
		name          string
		first, second *evalReport
		maxDrop       float64
		changed       bool
		says          string
		code          int
	}{
		{"nothing changes", evaluated("p-a", 0.5, class(0.5)...), evaluated("p-b", 0.5, class(0.5)...), 0, false, "plan p-b changes no AP", 0},
		{"rounding", evaluated("p-a", 0.5, class(0.5)...), evaluated("p-b", 0.49999, class(0.49999)...), 0.002, false, "plan p-b changes no AP", 0},
		{"a class changes", evaluated("p-a", 0.5, class(0.5)...), evaluated("p-b", 0.5, class(0.49)...), 0.002, true, "leaves the mAP as it is", 0},
		{"a drop within the limit", evaluated("p-a", 0.5, class(0.5)...), evaluated("p-b", 0.498, class(0.498)...), 0.002, true, "changes the mAP by -0.0020", 0},
		{"a drop beyond it", evaluated("p-a", 0.5, class(0.5)...), evaluated("p-b", 0.497, class(0.497)...), 0.002, true, "changes the mAP by -0.0030", 5},
		{"a gain", evaluated("p-a", 0.5, class(0.5)...), evaluated("p-b", 0.6, class(0.6)...), 0, true, "changes the mAP by +0.1000", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.first.Compare = newComparison(c.first, c.second, c.maxDrop)
			var out bytes.Buffer
			if err := c.first.print(&Env{Out: &out}); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(out.String(), c.says) || c.first.Compare.Changed != c.changed {
				t.Errorf("changed %v, want %v and %q in\n%s", c.first.Compare.Changed, c.changed, c.says, out.String())
			}
			if got := ExitCode(c.first.check(EvalOptions{})); got != c.code {
				t.Errorf("exit %d, want %d", got, c.code)
			}
		})
	}
}

func TestComparisonInJSON(t *testing.T) {
	r := evaluated("p-a", 0.5, accuracy.Class{ID: 3, Name: "cat", AP: 0.5, AP50: 0.75})
	r.Compare = newComparison(r, evaluated("p-b", 0.25, accuracy.Class{ID: 3, Name: "cat", AP: 0.25, AP50: 1}), 0.125)
	var out bytes.Buffer
	if err := r.print(&Env{Out: &out, JSON: true}); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Plan    string
		MAP     float64 `json:"mAP"`
		Compare map[string]any
	}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	text, _ := json.Marshal(got.Compare)
	const want = `{"AP50":0.25,"changed":true,"classes":[{"AP":0.25,"AP50":1,"diff_AP":-0.25,"diff_AP50":0.25,"id":3,"name":"cat"}],"drop":0.25,"mAP":0.25,"max_drop":0.125,"plan":"p-b"}`
	if got.Plan != "p-a" || got.MAP != 0.5 || string(text) != want {
		t.Errorf("got %s", out.String())
	}
}
