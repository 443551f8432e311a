package app

import (
	"context"
	"fmt"
	"slices"
	"time"

	"braid/accel"
	"braid/accel/plan"
	"braid/internal/coco"
	"braid/source"
)

// contest holds the int8 model against the float32 one on each device that is here.
type contest struct {
	env         *Env
	rt          accel.Backend
	float, int8 *model
	truth       *coco.Dataset // nil: accuracy is not measured
	dir         string        // of its pictures
	only        []string      // classes to evaluate, where it is not all
}

// deviceResult is what one device makes of both.
type deviceResult struct {
	Device  accel.DeviceID `json:"device"`
	Runtime string         `json:"runtime"`
	Error   string         `json:"error,omitempty"` // why there are no figures
	// FloatMS and Int8MS are the medians of one run, on a CPU with one thread.
	FloatMS float64 `json:"float_ms,omitempty"`
	Int8MS  float64 `json:"int8_ms,omitempty"`
	// Speedup is the median of how many times as fast int8 is, of rounds in which
	// both ran in turn; Low and High are its quartiles.
	Speedup float64      `json:"speedup,omitempty"`
	Low     float64      `json:"speedup_low,omitempty"`
	High    float64      `json:"speedup_high,omitempty"`
	Slower  bool         `json:"slower"`
	Score   *scoreChange `json:"accuracy,omitempty"`
}

// scoreChange is average precision before and after.
type scoreChange struct {
	FloatAP   float64 `json:"float_mAP"`
	Int8AP    float64 `json:"int8_mAP"`
	FloatAP50 float64 `json:"float_AP50"`
	Int8AP50  float64 `json:"int8_AP50"`
	Drop      float64 `json:"drop"` // of mAP; negative where int8 is better
	Worse     bool    `json:"worse"`
}

// run measures on every device but the simulated ones. A device that cannot run one
// of the two is reported with the reason.
func (c contest) run(ctx context.Context) ([]deviceResult, error) {
	devices, err := c.rt.Devices(ctx)
	if err != nil {
		return nil, as(ErrEnvironment, err)
	}
	var all []deviceResult
	for _, d := range devices {
		if d.ID.Kind() == "sim" {
			continue
		}
		k := deviceResult{Device: d.ID, Runtime: d.Backend + " " + d.Version}
		if err := c.on(ctx, &k); err != nil {
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			k.Error = oneLine(err.Error())
		}
		all = append(all, k)
	}
	return all, nil
}

func (c contest) on(ctx context.Context, k *deviceResult) error {
	if err := c.race(ctx, k); err != nil {
		return fmt.Errorf("measuring speed: %w", err)
	}
	if c.truth == nil {
		return nil
	}
	before, err := c.score(ctx, c.float, k.Device, floatPrecision)
	if err != nil {
		return err
	}
	after, err := c.score(ctx, c.int8, k.Device, int8Precision(k.Device))
	if err != nil {
		return err
	}
	k.Score = &scoreChange{
		FloatAP: before.AP, Int8AP: after.AP, FloatAP50: before.AP50, Int8AP50: after.AP50,
		Drop: before.AP - after.AP, Worse: before.AP-after.AP >= sameAP,
	}
	return nil
}

const floatPrecision = plan.FP32

// int8Precision is what a device has to be told: a CPU's runtime computes in the
// precision that the file has.
func int8Precision(d accel.DeviceID) plan.Precision {
	if d.Kind() == "cpu" {
		return plan.FP32
	}
	return plan.INT8
}

// score evaluates a model on one device.
func (c contest) score(ctx context.Context, m *model, d accel.DeviceID, precision plan.Precision) (*evalReport, error) {
	p := plan.Serial(planRef(m.card))
	p.Segments[0].Devices[0].ID, p.Precision = d, precision
	frames := func() (source.Source, error) { return pictures(c.truth, c.dir, c.env.Log) }
	e := evaluator{env: c.env, rt: c.rt, model: m.forEvaluation(), truth: c.truth, only: c.only, frames: frames}
	return e.under(ctx, p)
}

// How long both run in turn.
const (
	raceTime   = 4 * time.Second
	raceRounds = 15 // at least
)

// race runs both in turn on the same noise, with one thread where that is a CPU's.
func (c contest) race(ctx context.Context, k *deviceResult) (err error) {
	float, err := c.lane(ctx, c.float, k.Device, floatPrecision)
	if err != nil {
		return err
	}
	defer closeInto(&err, float.close)
	int8, err := c.lane(ctx, c.int8, k.Device, int8Precision(k.Device))
	if err != nil {
		return err
	}
	defer closeInto(&err, int8.close)
	var floats, ints, ratios []float64
	for began := time.Now(); len(ratios) < raceRounds || time.Since(began) < raceTime; {
		a, err := float.time(ctx)
		if err != nil {
			return err
		}
		b, err := int8.time(ctx)
		if err != nil {
			return err
		}
		floats, ints, ratios = append(floats, a), append(ints, b), append(ratios, a/b)
	}
	k.FloatMS, k.Int8MS = quantile(floats, 0.5), quantile(ints, 0.5)
	k.Low, k.Speedup, k.High = quantile(ratios, 0.25), quantile(ratios, 0.5), quantile(ratios, 0.75)
	k.Slower = k.Speedup < 1
	return nil
}

// quantile is the value below which a share of v lies. It sorts v.
func quantile(v []float64, share float64) float64 {
	slices.Sort(v)
	return v[int(share*float64(len(v)-1))]
}
