package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"braid/accel"
	"braid/accel/hostcpu"
	"braid/accel/network"
	"braid/accel/plan"
	"braid/accel/profile"
	"braid/internal/atomicfile"
	"braid/internal/card"
)

// ProfileOptions are the flags of braid profile.
type ProfileOptions struct {
	Choice
	Out       string   // FILE.yaml
	Devices   []string // none: all that can execute here
	Precision []string // of devices other than the CPU
	Quick     bool
	Input     string // a recording whose decoding is measured
	// Images and Annotations are the folder and the truth that precisions are judged by.
	Images, Annotations string
}

// Profile measures a model on this machine and keeps what it finds.
func Profile(ctx context.Context, env *Env, o ProfileOptions) (err error) {
	ctx, stop := env.untilDrain(ctx)
	defer stop()
	want, err := profileOptions(o)
	if err != nil {
		return err
	}
	if err := o.prepareOut(env); err != nil {
		return err
	}
	n, c, err := openNetwork(env, o.Model)
	if err != nil {
		return err
	}
	ref, err := profileRef(c, o.Model)
	if err != nil {
		return err
	}
	rt, err := openRuntime(env, o.Backend)
	if err != nil {
		return err
	}
	defer closeInto(&err, rt.Close)
	start := time.Now()
	s := &subject{env: env, runtime: rt, network: n, card: c, ref: ref}
	judge, err := s.judge(o)
	if err != nil {
		return err
	}
	if o.Input == "" {
		env.Log.Info("decoding is not measured: give a recording by --input")
	} else if s.decoded, err = decodeTime(ctx, env, o.Input); err != nil {
		return fmt.Errorf("measuring the decoding of %s: %w", parseInput(o.Input).name, err)
	}
	meters := newGauges(rt)
	defer closeInto(&err, meters.Close)
	want.Energy = meters.energyOf
	p, err := s.measure(ctx, o.Devices, want)
	if err != nil {
		return err
	}
	if !o.Quick {
		if err := s.beside(ctx, &p, o); err != nil {
			return err
		}
	}
	if judge != nil {
		if p.Accuracy, err = judge.losses(ctx, p); err != nil {
			return err
		}
	}
	if o.Quick { // the rest takes minutes, of engines that may not be needed
		return s.keep(p, o, time.Since(start))
	}
	p, stopped := s.refinedProfile(ctx, p, want)
	return errors.Join(stopped, s.keep(p, o, time.Since(start)))
}

// prepareOut makes the folder of --out and sees that the file can be written, before minutes are spent on
// what cannot.
func (o ProfileOptions) prepareOut(env *Env) error {
	if o.Out == "" {
		return nil
	}
	if err := makeFolder(o.Out); err != nil {
		return as(ErrEnvironment, fmt.Errorf("writing the profile: %w", err))
	}
	used := append(modelFiles(env, o.Model), parseInput(o.Input).path, o.Annotations)
	return checkOutFiles(append(used, namedByEnv(env)...), outFile{"--out", o.Out})
}

// keep writes the profile to its place in the cache, unless only some devices were
// measured, and where the user wants it.
func (s *subject) keep(p plan.Profile, o ProfileOptions, took time.Duration) error {
	s.compare(p)
	files := []string{}
	if len(o.Devices) == 0 {
		files = append(files, profilePath(s.env, s.ref, p.Machine, o.Quick))
	}
	if o.Out != "" {
		files = append(files, o.Out)
	}
	kept := writeProfile(p, files...) // what was measured is shown in any case
	if kept == nil {
		s.env.Log.Info("profile made", "seconds", int(took.Seconds()+0.5), "files", strings.Join(files, ", "))
	}
	if s.env.JSON {
		return errors.Join(writeProfileJSON(s.env.Out, p), kept)
	}
	_, err := s.env.Out.Write([]byte(profileTables(p)))
	return errors.Join(err, kept)
}

// compare says by how much the network takes longer than in the profile that was
// kept before: a machine that was disturbed now or then shows so.
func (s *subject) compare(p plan.Profile) {
	old, _ := keptProfile(s.env, s.ref, p.Machine)
	if old == nil {
		return
	}
	was, is := totals(*old), totals(p)
	order, _ := p.BySeries()
	for _, series := range order {
		if before, ms := was[series], is[series]; before > 0 && ms > 0 {
			s.env.Log.Info("against the profile that was kept", "device", series.Device, "threads", series.Threads, "precision", series.Precision, "time_ratio", fmt.Sprintf("%.2f", ms/before))
		}
	}
}

// totals are the milliseconds of all units of each series, 0 where one cannot run.
func totals(p plan.Profile) map[plan.Series]float64 {
	sums := map[plan.Series]float64{}
	order, units := p.BySeries()
	for _, s := range order {
		for _, u := range units[s] {
			sums[s] += u.MS
			if u.Why != "" {
				sums[s] = 0
				break
			}
		}
	}
	return sums
}

// profileOptions is how much is measured.
func profileOptions(o ProfileOptions) (profile.Options, error) {
	want := profile.Full()
	if o.Quick {
		want = profile.Quick()
	}
	if len(o.Precision) > 0 {
		want.Precisions = nil
	}
	for _, text := range o.Precision {
		var p plan.Precision
		if err := p.UnmarshalText([]byte(text)); err != nil {
			return want, Usage(fmt.Errorf("--precision: %w", err))
		}
		want.Precisions = append(want.Precisions, p)
	}
	return want, nil
}

// subject is a model that is measured on a runtime's devices.
type subject struct {
	env     *Env
	runtime accel.Backend
	network *network.Network
	card    *card.Card // nil: unknown input and head
	ref     string     // as a plan names it
	inputs  map[string][]byte
	decoded decoded // the zero value where no recording is at hand
}

// measure makes the Profile.
func (s *subject) measure(ctx context.Context, names []string, o profile.Options) (_ plan.Profile, err error) {
	all, err := s.runtime.Devices(ctx)
	if err != nil {
		return plan.Profile{}, as(ErrEnvironment, err)
	}
	devices, err := pickDevices(all, names)
	if err != nil {
		return plan.Profile{}, err
	}
	devices, simulated := unreal(devices)
	if len(devices) == 0 {
		return plan.Profile{}, Usage(errNothingMeasured)
	}
	asked := func(d accel.Device) bool { return d.ID.Kind() != "cpu" } // a CPU has its own precisions
	if slices.Contains(o.Precisions, plan.INT8) && slices.ContainsFunc(devices, asked) && !s.network.Quantized() {
		return plan.Profile{}, errFloat
	}
	n, err := s.describe(ctx)
	if err != nil {
		return plan.Profile{}, err
	}
	around, err := s.around(ctx)
	if err != nil {
		return plan.Profile{}, err
	}
	defer closeInto(&err, around.close)
	o.Prep, o.Detect, o.Log, o.Cores = around.prep, around.detect, s.env.Log, profile.Cores(all)
	o.HostCores, o.Keep = hostcpu.Cores(), hostcpu.Keep
	bar := progressIn(s.env, "/s")
	defer bar.stop()
	o.Progress = s.steps(bar, "profile")
	p, err := profile.Measure(ctx, s.runtime, devices, n, o)
	if err == nil {
		err = s.declare(ctx, &p, simulated, o.Precisions)
	}
	if err != nil {
		return plan.Profile{}, err
	}
	p.Machine = machineKey(all)
	p.CPU.Decode, p.CPU.Width, p.CPU.Height = s.decoded.ms, s.decoded.width, s.decoded.height
	if s.card != nil {
		p.CPU.Publish, err = publishTime(ctx, s.env, s.card)
	}
	return p, err
}

// pickDevices finds devices by name.
func pickDevices(all []accel.Device, names []string) ([]accel.Device, error) {
	if len(names) == 0 {
		return all, nil
	}
	var have []string
	for _, d := range all {
		have = append(have, string(d.ID))
	}
	var picked []accel.Device
	for _, name := range names {
		i := slices.Index(have, name)
		if i < 0 {
			return nil, as(ErrEnvironment, fmt.Errorf("there is no device %q here: there is %s", name, strings.Join(have, ", ")))
		}
		if !slices.ContainsFunc(picked, func(d accel.Device) bool { return d.ID == all[i].ID }) {
			picked = append(picked, all[i])
		}
	}
	return picked, nil
}

func writeProfile(p plan.Profile, files ...string) error {
	text, err := p.Marshal()
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := makeFolder(f); err != nil {
			return as(ErrEnvironment, fmt.Errorf("writing the profile: %w", err))
		}
		if err := atomicfile.Write(f, text); err != nil {
			return as(ErrEnvironment, fmt.Errorf("writing the profile: %w", err))
		}
	}
	return nil
}

// profileTables is the profile as a person reads it.
func profileTables(p plan.Profile) string {
	var b strings.Builder
	order, units := p.BySeries()
	for _, s := range order {
		fmt.Fprintf(&b, "%s\n", seriesLabel(s))
		unitTable(&b, units[s])
	}
	if len(p.Streams) > 0 {
		t := newTable(&b)
		t.AppendHeader(table.Row{"device", "threads", "streams", "frames/s"})
		for _, s := range p.Streams {
			t.AppendRow(table.Row{s.Device, s.Threads, s.N, fmt.Sprintf("%.1f", s.Rate)})
		}
		t.Render()
	}
	for _, c := range p.Corun {
		fmt.Fprintf(&b, "%s beside %s: x%.2f, and the other way x%.2f\n", c.A, c.B, c.SlowdownA, c.SlowdownB)
	}
	for _, t := range p.Transfers {
		fmt.Fprintf(&b, "%s to %s: %s KiB in %.3f ms\n", t.From, t.To, kib(t.Bytes), t.MS)
	}
	for _, a := range p.Accuracy {
		fmt.Fprintf(&b, "%s in %s: %.4f mAP less than in fp32, %d images\n", a.Device, a.Precision, a.Drop, a.Images)
	}
	for _, w := range p.Watts {
		fmt.Fprintf(&b, "%s: %.1f W at rest, %.1f W at work\n", w.Device, w.Idle, w.Busy)
	}
	fmt.Fprintf(&b, "CPU of a frame: decode %.2f ms, prep %.2f ms, detect %.2f ms, publish %.2f ms\n", p.CPU.Decode, p.CPU.Prep, p.CPU.Detect, p.CPU.Publish)
	if p.CPU.Beside > 0 {
		fmt.Fprintf(&b, "all steps at once on the CPU: %.2f times as long as alone\n", p.CPU.Beside)
	}
	for _, d := range p.Beside {
		fmt.Fprintf(&b, "the network on %s: %.2f times\n", d.Device, d.Times)
	}
	return b.String()
}

func seriesLabel(s plan.Series) string {
	if s.Threads > 0 {
		return fmt.Sprintf("%s, threads: %d", s.Device, s.Threads)
	}
	return fmt.Sprintf("%s, %s", s.Device, s.Precision)
}

func unitTable(b *strings.Builder, units []plan.Unit) {
	total, full := 0.0, 0.0
	for _, u := range units {
		total, full = total+u.MS, full+u.FullMS
	}
	t := newTable(b)
	none := full == 0 // it was not measured
	t.SetColumnConfigs([]table.ColumnConfig{{Name: "full ms", Hidden: none}, {Name: "full cut ms", Hidden: none}, {Name: "full away ms", Hidden: none}})
	t.AppendHeader(table.Row{"at", "ms", "±", "share", "cut ms", "full ms", "full cut ms", "full away ms", "KiB"})
	for _, u := range units {
		if u.Why != "" {
			t.AppendRow(table.Row{u.At, "-", "", "", "", "", "", "", u.Why})
			continue
		}
		t.AppendRow(table.Row{
			first(u.At, "(end)"), fmt.Sprintf("%.3f", u.MS), fmt.Sprintf("%.3f", u.CI), fmt.Sprintf("%5.1f %%", 100*u.MS/max(total, 1e-9)),
			fmt.Sprintf("%.3f", u.CutMS), fmt.Sprintf("%.3f", u.FullMS), fmt.Sprintf("%.3f", u.FullCutMS), fmt.Sprintf("%.3f", u.FullAwayMS), kib(u.Bytes),
		})
	}
	t.AppendFooter(table.Row{"sum", fmt.Sprintf("%.3f", total), "", "", "", fmt.Sprintf("%.3f", full)})
	t.Render()
}
