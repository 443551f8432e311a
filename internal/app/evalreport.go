package app

import (
	"errors"
	"fmt"
	"io"

	"github.com/jedib0t/go-pretty/v6/table"

	"braid/internal/accuracy"
)

// evalReport is what eval measured.
type evalReport struct {
	Model string `json:"model,omitempty"` // that ran
	Plan  string `json:"plan,omitempty"`
	accuracy.Result
	*operating
	Classes []evalClass `json:"classes"`
	Frames  *evalFrames `json:"frames,omitempty"` // of a recording
	Compare *comparison `json:"compare,omitempty"`
}

type evalClass struct {
	accuracy.Class
	*operating
}

// operating is what a recording reaches with the scores at which it was made.
type operating struct {
	Recall    float64 `json:"recall"`
	Precision float64 `json:"precision"`
}

// evalFrames says which images of the truth were judged.
type evalFrames struct {
	accuracy.Coverage
	Missing int `json:"missing"`
}

func newEvalReport(r accuracy.Result) *evalReport {
	report := &evalReport{Result: r}
	for _, c := range r.Classes {
		report.Classes = append(report.Classes, evalClass{Class: c})
	}
	return report
}

// operate adds what only recordings have: recall and precision at their own
// scores, and gaps.
func (r *evalReport) operate(c accuracy.Coverage) {
	var sum accuracy.Counts
	for i := range r.Classes {
		n := r.Classes[i].Counts
		sum = sum.Plus(n)
		r.Classes[i].operating = &operating{n.Recall(), n.Precision()}
	}
	r.operating = &operating{sum.Recall(), sum.Precision()}
	r.Frames = &evalFrames{c, c.Missing()}
}

// boxes is how many there were to find.
func (r *evalReport) boxes() (n int) {
	for _, c := range r.Classes {
		n += c.Boxes
	}
	return n
}

// check holds the result against what was asked for.
func (r *evalReport) check(o EvalOptions) error {
	var errs []error
	for _, c := range []struct {
		name, flag string
		got, want  float64
	}{{"mAP", "--min-map", r.AP, o.MinMAP}, {"AP50", "--min-ap50", r.AP50, o.MinAP50}} {
		if c.got < c.want {
			errs = append(errs, fmt.Errorf("%s %.4f is below %s %g", c.name, c.got, c.flag, c.want))
		}
	}
	if r.Compare != nil {
		errs = append(errs, r.Compare.check())
	}
	return as(ErrCheck, errors.Join(errs...))
}

func (r *evalReport) print(env *Env) error {
	if env.JSON {
		return writeJSON(env.Out, r)
	}
	r.writeClasses(env.Out)
	r.writeTotal(env.Out)
	if r.Compare != nil {
		r.Compare.write(env.Out)
	}
	return nil
}

func (r *evalReport) writeClasses(w io.Writer) {
	t := newTable(w)
	header := table.Row{"class", "AP", "AP50", "boxes", "detections"}
	if r.operating != nil {
		header = append(header, "recall", "precision")
	}
	t.AppendHeader(header)
	add := func(name string, ap, ap50 float64, boxes, detections int, o *operating) {
		row := table.Row{name, score(ap), score(ap50), boxes, detections}
		if o != nil {
			row = append(row, score(o.Recall), score(o.Precision))
		}
		t.AppendRow(row)
	}
	for _, c := range r.Classes {
		add(c.Name, c.AP, c.AP50, c.Boxes, c.Class.Detections, c.operating)
	}
	add("all", r.AP, r.AP50, r.boxes(), r.Detections, r.operating)
	t.Render()
}

func (r *evalReport) writeTotal(w io.Writer) {
	t := newTable(w)
	t.AppendHeader(table.Row{"", "all sizes", "small", "medium", "large"})
	t.AppendRow(table.Row{"AP", score(r.AP), score(r.APSmall), score(r.APMedium), score(r.APLarge)})
	t.AppendRow(table.Row{"AR", score(r.AR100), score(r.ARSmall), score(r.ARMedium), score(r.ARLarge)})
	t.Render()
	fmt.Fprintf(w, "AP50 %s, AP75 %s, AR with 1 detection %s, with 10 %s\n", score(r.AP50), score(r.AP75), score(r.AR1), score(r.AR10))
	if r.Model != "" {
		fmt.Fprintf(w, "model %s, plan %s, %d images\n", r.Model, r.Plan, r.Images)
	}
	if f := r.Frames; f != nil {
		fmt.Fprintf(w, "%d of %d images analysed; left out: %d without a message, %d failed, %d messages of other frames\n",
			f.Analysed, f.Coverage.Images, f.Missing, f.Failed, f.Strange)
	}
}

// score writes a number from 0 to 1, "-" where it has no meaning.
func score(v float64) string {
	if v == accuracy.None {
		return "-"
	}
	return fmt.Sprintf("%.3f", v)
}
