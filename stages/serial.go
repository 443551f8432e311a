package stages

import "context"

// RunSerial does what Run does, one frame after the other on the caller's
// goroutine, with worker 0 of each node: the baseline.
func (g *Graph) RunSerial(ctx context.Context, in Intake, emit Emit) error {
	if err := g.begin(nil); err != nil {
		return err
	}
	defer g.end()
	defer g.watch()()
	r := &run{graph: g, in: in, emit: emit}
	for {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		j := <-g.free // all are idle here
		if ok, err := r.next(ctx, j); !ok {
			return err
		}
		if err := r.steps(ctx, j); err != nil {
			return err
		}
		if err := r.send(ctx, j); err != nil {
			return err
		}
	}
}

// steps takes j through all nodes. On an error j is abandoned.
func (r *run) steps(ctx context.Context, j *Job) error {
	for _, n := range r.graph.nodes {
		err := n.process(ctx, n.workers[0], j)
		n.spent(n.workers[0], 0)
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		if err != nil {
			r.graph.abandon(ctx, j)
			return err
		}
	}
	return nil
}
