package app

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"go.yaml.in/yaml/v3"

	"braid/accel/network"
	"braid/accel/plan/jedi"
	"braid/internal/atomicfile"
)

// ImportOptions are the flags of braid plan import jedi.
type ImportOptions struct {
	Choice
	File     string
	Cfg      string // darknet network whose layers the cut points count
	Instance int    // from 1; 0: the file has but one
	Out      string // "" for stdout
}

// imported is a plan of JEDI's as plan import jedi writes it.
type imported struct {
	*jedi.Import
	source   string // the file
	instance string // its name
	others   string // what of the file was left out, or ""
	yaml     []byte
}

// PlanImportJedi makes a plan of a configuration of JEDI.
func PlanImportJedi(env *Env, o ImportOptions) error {
	if err := checkOutFiles([]string{o.File, o.Cfg}, outFile{"--out", o.Out}); err != nil {
		return err
	}
	in, others, err := o.instance()
	if err != nil {
		return err
	}
	layers, err := o.layers()
	if err != nil {
		return err
	}
	made, err := in.Plan(layers)
	if err != nil {
		return as(ErrInvalid, err)
	}
	if err := o.bindTo(env, made); err != nil {
		return err
	}
	body, err := made.Plan.Marshal()
	if err != nil {
		return err
	}
	i := imported{Import: made, source: o.File, instance: in.Name, others: others}
	i.yaml = slices.Concat(i.comment(), body)
	if o.Out != "" {
		if err := atomicfile.Write(o.Out, i.yaml); err != nil {
			return as(ErrEnvironment, err)
		}
	}
	return i.print(env, o.Out)
}

// instance reads the file and picks the instance.
func (o ImportOptions) instance() (in *jedi.Instance, others string, err error) {
	data, err := os.ReadFile(o.File)
	if err != nil {
		return nil, "", as(ErrInvalid, fmt.Errorf("reading configuration: %w", err))
	}
	all, ignored, err := jedi.Parse(data, o.File)
	if err != nil {
		return nil, "", as(ErrInvalid, err)
	}
	names := make([]string, len(all))
	for i, in := range all {
		names[i] = fmt.Sprintf("%d (%s)", i+1, in.Name)
	}
	switch {
	case o.Instance < 0 || o.Instance > len(all):
		return nil, "", Usage(fmt.Errorf("--instance %d: %s has %s", o.Instance, o.File, strings.Join(names, ", ")))
	case o.Instance == 0 && len(all) > 1:
		return nil, "", Usage(fmt.Errorf("%s runs several networks, and a plan is for one: choose by --instance from %s", o.File, strings.Join(names, ", ")))
	}
	pick := max(0, o.Instance-1)
	rest := slices.Delete(names, pick, pick+1)
	if len(rest) > 0 {
		others = "left out: instance " + strings.Join(rest, ", ")
	}
	if ignored > 0 {
		others = strings.TrimPrefix(fmt.Sprintf("%s; %d more behind instance_num", others, ignored), "; ")
	}
	return all[pick], others, nil
}

// layers are the tensors of tkDNN's layers, nil where no network is named.
func (o ImportOptions) layers() ([]string, error) {
	if o.Cfg == "" {
		return nil, nil
	}
	n, err := readDarknet(o.Cfg)
	if err != nil {
		return nil, err
	}
	return n.TKDNNLayers(), nil
}

// bindTo makes the plan one for the chosen model, if there is one: every cut point
// must be there.
func (o ImportOptions) bindTo(env *Env, made *jedi.Import) error {
	if o.Model == "" {
		return nil
	}
	n, c, err := openNetwork(env, o.Model)
	if err != nil {
		return err
	}
	made.Plan.Model = planRef(c)
	at := -1
	cuts := n.Cuts()
	for _, cut := range made.Cuts {
		i := slices.IndexFunc(cuts, func(c network.Cut) bool { return c.At == cut.At })
		switch {
		case i < 0:
			return invalidf("layer %d of %s ends in %q, where model %s has no cut point: was it imported from this network by 'braid model import darknet'?", cut.Layer, o.Cfg, cut.At, o.Model)
		case i <= at:
			return invalidf("layer %d of %s ends in %q, which model %s computes before the cut point in front of it", cut.Layer, o.Cfg, cut.At, o.Model)
		}
		at = i
	}
	return nil
}

// comment is the head of the plan file: where it is from, and what of that has no
// counterpart in it.
func (i imported) comment() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Instance %s of %s, by braid plan import jedi.\n", quoted(i.instance), quoted(i.source))
	if i.others != "" {
		fmt.Fprintf(&b, "# %s.\n", i.others)
	}
	for _, c := range i.Cuts {
		fmt.Fprintf(&b, "# layer %d ends in %s\n", c.Layer, c.At)
	}
	for _, r := range i.Rows {
		switch {
		case r.Line == 0:
			fmt.Fprintf(&b, "# %s, which the file does not set: %s, %s\n", r.Knob, r.Becomes, r.Note)
		case r.Becomes == "":
			fmt.Fprintf(&b, "# without counterpart: %s = %s (%s)\n", r.Knob, quoted(r.Value), r.Note)
		case r.Note != "":
			fmt.Fprintf(&b, "# %s = %s: %s\n", r.Knob, quoted(r.Value), r.Note)
		}
	}
	return b.Bytes()
}

// quoted fits a text of a file into a line of a comment.
func quoted(s string) string { return fmt.Sprintf("%.80q", s) }

func (i imported) print(env *Env, out string) error {
	if env.JSON {
		return i.printJSON(env, out)
	}
	if out == "" {
		_, err := env.Out.Write(i.yaml)
		return err
	}
	t := newTable(env.Out)
	t.AppendHeader(table.Row{"knob", "value", "becomes", "note"})
	for _, r := range i.Rows {
		t.AppendRow(table.Row{r.Knob, r.Value, first(r.Becomes, "without counterpart"), r.Note})
	}
	t.Render()
	fmt.Fprintf(env.Out, "plan %s written to %s\n", i.Plan.ID(), out)
	if i.others != "" {
		fmt.Fprintln(env.Out, i.others)
	}
	return nil
}

func (i imported) printJSON(env *Env, out string) error {
	var keys map[string]any // the plan's keys are those of its file
	if err := yaml.Unmarshal(i.yaml, &keys); err != nil {
		return errors.Join(errors.New("reading the plan back"), err)
	}
	return writeJSON(env.Out, struct {
		ID       string         `json:"id"`
		Plan     map[string]any `json:"plan"`
		Out      string         `json:"out,omitempty"`
		Instance string         `json:"instance"`
		Others   string         `json:"others,omitempty"`
		Cuts     []jedi.Cut     `json:"cuts"`
		Knobs    []jedi.Row     `json:"knobs"`
	}{i.Plan.ID(), keys, out, i.instance, i.others, append([]jedi.Cut{}, i.Cuts...), i.Rows})
}
