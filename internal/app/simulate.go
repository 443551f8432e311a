package app

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"braid/accel"
	"braid/accel/plan"
	"braid/accel/sim"
)

// simVariable is the environment variable that names the file of simulated devices: they
// belong to the machine, as real ones do, and not to a plan.
const simVariable = "BRAID_SIM"

// errUndeclared is why a simulated device cannot be run on.
var errUndeclared = errors.New("simulated devices are declared in a file: name it by " + simVariable + "=FILE.yaml, docs/simulation.md says how")

// readSimulated reads the file that declares the simulated devices, nil where none is
// named.
func readSimulated(env *Env) (*sim.File, error) {
	path := env.Getenv(simVariable)
	if path == "" {
		return nil, nil //nolint:nilnil // to have none is the rule
	}
	f, err := readMachine(path)
	if err != nil {
		return nil, as(ErrInvalid, fmt.Errorf("%s: %w", simVariable, err))
	}
	if len(f.Runnable()) == 0 {
		return nil, invalidf("%s: %s: devices: none is sim:NAME, and no other can be run on", simVariable, path)
	}
	return &f, nil
}

// openSimulated opens the devices of a file, whose results cpu computes.
func openSimulated(env *Env, f *sim.File, cpu accel.Backend) (*sim.Backend, error) {
	if f == nil {
		return nil, as(ErrEnvironment, errUndeclared)
	}
	b, err := sim.Open(sim.Options{File: *f, CPU: cpu, Log: env.Log})
	return b, as(ErrInvalid, err)
}

// simulatedFound says what is declared, for doctor.
func simulatedFound(env *Env) (_ string, err error) {
	f, err := readSimulated(env)
	if err != nil {
		return "", err
	}
	var list []string
	for _, d := range f.Runnable() {
		list = append(list, fmt.Sprintf("%s (%s)", d.ID, d.Kind))
	}
	return fmt.Sprintf("%s of %s, declared in %s", strings.Join(list, ", "), f.Name, env.Getenv(simVariable)), nil
}

// simulatedIn are the simulated devices that a plan uses.
func simulatedIn(p plan.Plan) (list []accel.DeviceID) {
	for _, s := range p.Segments {
		for _, d := range s.Devices {
			if d.ID.Kind() == "sim" {
				list = with(list, d.ID)
			}
		}
	}
	return list
}

// stood is for how long the time of simulated devices has stood still so far, while this
// machine computed results that were due.
func stood(rt accel.Backend) time.Duration {
	if r, ok := rt.(*runtimes); ok {
		if b := r.sim.opened(); b != nil {
			return b.Stood()
		}
	}
	return 0
}

// unreal divides devices into those that can be measured and those that are declared.
func unreal(devices []accel.Device) (real, simulated []accel.Device) {
	for _, d := range devices {
		if d.ID.Kind() == "sim" {
			simulated = append(simulated, d)
		} else {
			real = append(real, d)
		}
	}
	return real, simulated
}
