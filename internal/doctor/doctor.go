// Package doctor checks what braid needs on a machine and says the line that
// mends what is missing. It decides and words; looking at the machine is done by
// functions in Deps, so it loads no library and owns nothing that must be closed.
package doctor

import (
	"context"
	"time"
)

// Status is how a check ended.
type Status string

// A warning leaves braid usable, perhaps with less; a failure does not.
const (
	OK   Status = "ok"
	Warn Status = "warn"
	Fail Status = "fail"
)

// Result is what one check found. Fix is the line to type, or what to change; it
// is empty where nothing is wrong.
type Result struct {
	Name   string `json:"name"`
	Status Status `json:"status"`
	Detail string `json:"detail"`
	Fix    string `json:"fix,omitempty"`
}

// Check is one thing to look at. Run may leave the Result's Name empty.
type Check struct {
	Name string
	Run  func(ctx context.Context) Result
}

// patience bounds one check: a server that does not answer must not hang doctor.
const patience = 5 * time.Second

// Run does the checks one after the other and returns a Result for each, in
// order. When ctx ends, the checks that were left are warnings that say so.
func Run(ctx context.Context, checks []Check) []Result {
	results := make([]Result, 0, len(checks))
	for _, c := range checks {
		results = append(results, run(ctx, c))
	}
	return results
}

func run(ctx context.Context, c Check) Result {
	if ctx.Err() != nil {
		return Result{Name: c.Name, Status: Warn, Detail: "not checked: " + context.Cause(ctx).Error()}
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r := c.Run(ctx)
	r.Name = c.Name
	return r
}

// Worst is the gravest status among results, OK for none. A Fail is the
// environment's fault: exit code 4.
func Worst(results []Result) Status {
	worst := OK
	for _, r := range results {
		if r.Status == Fail || r.Status == Warn && worst == OK {
			worst = r.Status
		}
	}
	return worst
}
