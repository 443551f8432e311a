package source

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"braid/internal/frame"
)

// ErrClosed is returned by Offer and Put after the Gate was closed.
var ErrClosed = errors.New("gate closed")

// DefaultQueue is the number of frames that wait in a Gate where GateConfig
// does not say.
const DefaultQueue = 2

// GateConfig is what one camera's Gate does.
type GateConfig struct {
	Camera string        // name as the user wrote it
	Policy Policy        // what to do when the graph is busy
	Every  int           // hand on one frame of Every, under any Policy; 0 and 1: all
	MaxFPS float64       // hand on at most so many frames a second of stream time; 0: all
	Queue  int           // frames that may wait for the graph; 0: DefaultQueue
	Skip   uint64        // frames at the start that were analysed before: passed over, numbered but not counted
	Weight float64       // share of the graph against other cameras; 0: 1
	MinFPS float64       // frames a second that are served before all shares; 0: none
	Budget time.Duration // age that a message may have: what would be older is dropped as late; 0: any
	Limit  uint64        // close after so many frames, the skipped ones among them; 0: no limit

	// Lockstep lets the source work only while the graph waits for this camera's
	// frame, one camera after the other. For recordings: a camera that is silent
	// would hold up the others.
	Lockstep bool
}

// Validate says what is wrong with the values.
func (c GateConfig) Validate() error {
	if c.Policy > EveryN {
		return fmt.Errorf("policy %v is unknown", c.Policy)
	}
	if c.Every < 0 || c.Policy == EveryN && c.Every == 0 {
		return fmt.Errorf("every is %d, must be positive", c.Every)
	}
	if c.MaxFPS < 0 || math.IsNaN(c.MaxFPS) || math.IsInf(c.MaxFPS, 0) {
		return fmt.Errorf("max_fps is %v, must be a positive number", c.MaxFPS)
	}
	if !(c.Weight >= 0) || math.IsInf(c.Weight, 1) {
		return fmt.Errorf("weight is %v, must be a positive number", c.Weight)
	}
	if !(c.MinFPS >= 0) || math.IsInf(c.MinFPS, 1) {
		return fmt.Errorf("min_fps is %v, must be a positive number", c.MinFPS)
	}
	if c.Budget < 0 {
		return fmt.Errorf("budget is %v, must be positive", c.Budget)
	}
	if c.Queue < 0 {
		return fmt.Errorf("queue is %d, must be positive", c.Queue)
	}
	return nil
}

// Gate is where frames of one camera wait for the graph, and the only place
// where they are dropped. The source's goroutine calls Offer, Put and Abandon,
// the Mux takes frames out; Close and Discard may come from anywhere. Every
// frame that Offer counts in ends in the Ledger.
type Gate struct {
	camera         string
	policy         Policy
	pool           *frame.Pool
	ledger         *frame.Ledger
	rate           rate // the source's goroutine only
	skips          uint64
	limit          uint64
	weight, minFPS float64
	budget         time.Duration
	offers         uint64 // the source's goroutine only
	pulse          pulse
	room           chan struct{} // a token after each frame that leaves: wakes Block
	step           lockstep

	mu      sync.Mutex
	queue   []*frame.Frame // ring
	head, n int
	pending frame.Skipped // dropped since the newest frame in the queue
	seq     uint64
	closed  bool
	wake    chan<- struct{} // the Mux's, nil before it has one
}

// NewGate makes the Gate of one camera. It fills frames of pool, which several
// Gates may share, and counts in ledger. The pool should hold the queue, one
// that is being filled and those that the graph keeps: with fewer, the queue is
// never full.
func NewGate(cfg GateConfig, pool *frame.Pool, ledger *frame.Ledger) (*Gate, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("making the gate of camera %s: %w", cfg.Camera, err)
	}
	if pool == nil || ledger == nil {
		return nil, fmt.Errorf("making the gate of camera %s: no pool or no ledger", cfg.Camera)
	}
	if cfg.Queue == 0 {
		cfg.Queue = DefaultQueue
	}
	return &Gate{
		camera: cfg.Camera,
		policy: cfg.Policy,
		pool:   pool,
		ledger: ledger,
		rate:   newRate(cfg.Every, cfg.MaxFPS),
		skips:  cfg.Skip,
		limit:  cfg.Limit,
		weight: cmp.Or(cfg.Weight, 1), minFPS: cfg.MinFPS, budget: cfg.Budget,
		seq:   cfg.Skip,
		pulse: pulse{born: time.Now(), first: make(chan struct{}, 1)},
		room:  make(chan struct{}, 1),
		step:  lockstep{on: cfg.Lockstep, asked: make(chan struct{}, 1)},
		queue: make([]*frame.Frame, cfg.Queue),
	}, nil
}

// Camera is the name that the Gate writes into each Frame.
func (g *Gate) Camera() string { return g.camera }

// Waiting is how many frames wait for the graph.
func (g *Gate) Waiting() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.n
}

// Policy is what the Gate does when the graph is busy.
func (g *Gate) Policy() Policy { return g.policy }

// Offer counts a frame in and asks whether it is wanted: a rate limit (every-n,
// max_fps) or a policy that has no room answers nil, nil, and the frame is
// counted as dropped; the source then skips the copy. Otherwise it returns an
// empty Frame to fill and Put. Policy block waits here.
//
// It returns ErrClosed, or ctx's cause, when the Gate or ctx ended; a frame
// that was waiting then is counted as cancelled.
func (g *Gate) Offer(ctx context.Context, pts time.Duration) (*frame.Frame, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if g.isClosed() {
		return nil, ErrClosed
	}
	if err := g.Asked(ctx); err != nil {
		return nil, err
	}
	g.pulse.beat()
	if g.limit > 0 && g.offers == g.limit {
		g.Close()
		return nil, ErrClosed
	}
	g.offers++
	if g.offers <= g.skips {
		return nil, nil
	}
	g.ledger.CountIn()
	if !g.rate.admit(pts) {
		g.skip(frame.Rate)
		return nil, nil
	}
	if g.policy == Block {
		return g.await(ctx)
	}
	return g.claim(), nil
}

// await waits for room in the queue, then for a free Frame: a frame is only
// decoded into memory when the graph is about to want it.
func (g *Gate) await(ctx context.Context) (*frame.Frame, error) {
	err := g.awaitRoom(ctx)
	if err != nil {
		g.skip(frame.Cancelled)
		return nil, err
	}
	if f := g.pool.TryGet(); f != nil {
		return f, nil
	}
	g.pulse.hold()
	defer g.pulse.release()
	f, err := g.pool.Get(ctx)
	if err != nil {
		g.skip(frame.Cancelled)
		return nil, err
	}
	return f, nil
}

func (g *Gate) awaitRoom(ctx context.Context) error {
	if ok, err := g.hasRoom(); ok || err != nil {
		return err
	}
	g.pulse.hold()
	defer g.pulse.release()
	for {
		select {
		case <-g.room:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if ok, err := g.hasRoom(); ok || err != nil {
			return err
		}
	}
}

func (g *Gate) hasRoom() (bool, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return false, ErrClosed
	}
	return g.n < len(g.queue), nil
}

// claim finds an empty Frame without waiting, or counts a drop.
func (g *Gate) claim() *frame.Frame {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.policy == DropNewest {
		if g.n < len(g.queue) {
			if f := g.pool.TryGet(); f != nil {
				return f
			}
		}
		g.skipLocked(frame.Policy)
		return nil
	}
	if f := g.pool.TryGet(); f != nil {
		return f
	}
	if g.n == 0 { // every Frame is in the graph
		g.skipLocked(frame.Policy)
		return nil
	}
	f := g.dropHead(frame.Policy)
	f.Meta = frame.Meta{}
	return f
}

// Put hands a filled Frame over; it is the Gate's from then on, also on error.
// Its Meta must hold PTS, Capture, Clock, Since and Decode; the Gate fills the rest.
// After Close it counts the Frame as cancelled and returns ErrClosed.
func (g *Gate) Put(ctx context.Context, f *frame.Frame) error {
	f.Camera, f.Ledger, f.Arrived = g.camera, g.ledger, time.Now()
	if g.policy == Block { // Offer left room: this waits only behind several Offers in a row
		if err := g.awaitRoom(ctx); err != nil {
			g.Abandon(f)
			return err
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		f.Release()
		g.skipLocked(frame.Cancelled)
		return ErrClosed
	}
	if g.n == len(g.queue) {
		if g.policy == DropNewest {
			f.Release()
			g.skipLocked(frame.Policy)
			return nil
		}
		g.dropHead(frame.Policy).Release()
	}
	f.Skipped, g.pending = g.pending, frame.Skipped{}
	g.step.wanted.Store(false)
	g.queue[(g.head+g.n)%len(g.queue)] = f
	g.n++
	notify(g.wake)
	return nil
}

// Abandon gives back a Frame that Offer handed out and that cannot be filled,
// because its source failed or stops. It is counted as cancelled.
func (g *Gate) Abandon(f *frame.Frame) {
	f.Release()
	g.skip(frame.Cancelled)
}

// Close says that no frame will come any more. Frames that wait are still
// served. Closing again is harmless.
func (g *Gate) Close() { g.close(false) }

// Discard closes the Gate and counts the frames that wait in it as cancelled.
func (g *Gate) Discard() { g.close(true) }

func (g *Gate) close(discard bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
	for discard && g.n > 0 {
		g.pop().Release()
		g.ledger.CountDropped(frame.Cancelled)
	}
	notify(g.room)
	notify(g.step.asked)
	notify(g.wake)
}

// take removes the oldest frame that will not be too late and numbers it; nil where there is
// none. stay is how long it will be in the graph. The last one may enter an idle graph all
// the same: nothing stands in its way, and what is expected may be out of date.
func (g *Gate) take(now time.Time, stay time.Duration, idle bool) *frame.Frame {
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.n > 0 && g.tooLate(g.queue[g.head], now, stay, idle && g.n == 1) {
		g.dropHead(frame.Late).Release()
	}
	if g.n == 0 {
		return nil
	}
	f := g.pop()
	g.seq++
	f.Seq = g.seq
	notify(g.room)
	return f
}

// tooLate says whether the message of a frame would be older than the budget lets it, by
// this machine's clock: a camera's own may be wrong. The age of a recording's frame is not
// known. A frame of Block is never given up.
func (g *Gate) tooLate(f *frame.Frame, now time.Time, stay time.Duration, spared bool) bool {
	if g.budget == 0 || g.policy == Block || f.Since.IsZero() {
		return false
	}
	age := now.Sub(f.Since)
	return age > g.budget || !spared && age+stay > g.budget
}

// over says that no frame will come any more, and none is left.
func (g *Gate) over() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.closed && g.n == 0
}

func (g *Gate) attach(wake chan<- struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.wake = wake
}

func (g *Gate) pop() *frame.Frame {
	f := g.queue[g.head]
	g.queue[g.head] = nil
	g.head = (g.head + 1) % len(g.queue)
	g.n--
	return f
}

// dropHead takes the oldest frame out for a reason and moves what it would have
// reported as skipped to the frame after it.
func (g *Gate) dropHead(why frame.Reason) *frame.Frame {
	f := g.pop()
	after := &g.pending
	if g.n > 0 {
		after = &g.queue[g.head].Skipped
	}
	if after.N == 0 {
		after.Why = why
	}
	after.N += f.Skipped.N + 1
	g.ledger.CountDropped(why)
	return f
}

func (g *Gate) skip(why frame.Reason) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.skipLocked(why)
}

func (g *Gate) skipLocked(why frame.Reason) {
	g.ledger.CountDropped(why)
	g.pending.N++
	g.pending.Why = why
}

// notify leaves a token, unless one is there already or nobody listens.
func notify(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
