package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"braid/accel/plan"
	"braid/internal/atomicfile"
)

// planPath is where the plan that auto chose is kept: beside the profiles, by the
// model's hash and the machine.
func planPath(env *Env, ref, machine string) string {
	name := strings.TrimSuffix(filepath.Base(profilePath(env, ref, machine, false)), ".yaml")
	return filepath.Join(cacheDir(env), "plans", name+".yaml")
}

// keptPlan is the plan that auto chose for a model on a machine, nil where there is
// none or the model was profiled after that. One that cannot be read is as good as
// none, and said.
func keptPlan(env *Env, ref, machine string) *plan.Plan {
	path := planPath(env, ref, machine)
	info, err := os.Stat(path)
	if err != nil {
		return nil
	}
	if newer, err := os.Stat(profilePath(env, ref, machine, false)); err == nil && newer.ModTime().After(info.ModTime()) {
		return nil
	}
	data, err := os.ReadFile(path)
	var p plan.Plan
	if err == nil {
		p, err = plan.Parse(data, path)
	}
	if err == nil && p.Machine != machine {
		err = fmt.Errorf("%s is of machine %s", path, p.Machine)
	}
	if err == nil {
		err = p.For(ref)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		env.Log.Warn("a kept plan is not used", "error", oneLine(err.Error()))
	}
	if err != nil {
		return nil
	}
	return &p
}

// keepPlan keeps the plan that auto chose. Without it the next start chooses again.
func keepPlan(env *Env, ref string, p plan.Plan) {
	path := planPath(env, ref, p.Machine)
	text, err := p.Marshal()
	if err == nil {
		err = makeFolder(path)
	}
	if err == nil {
		err = atomicfile.Write(path, text)
	}
	if err != nil {
		env.Log.Warn("the plan is not kept", "error", err)
	}
}
