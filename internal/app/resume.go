package app

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"braid/sink"
	"braid/sink/jsonl"
	"braid/sink/natsink"
	"braid/sink/wire"
)

// resumed is how many frames of each input an earlier batch has written.
type resumed map[resumeKey]uint64

type resumeKey struct{ camera, run string }

func (r resumed) frames(camera, run string) uint64 { return r[resumeKey{camera, run}] }

// behind is a sink of a batch that is resumed: what it has already it is not
// given again. Sinks that were cut off at different frames go on together with
// the one that has fewest.
type behind struct {
	sink.Sink
	done resumed
}

// Write implements sink.Sink.
func (s behind) Write(ctx context.Context, m *wire.Frame, r sink.Receipt) {
	if m.Seq <= s.done.frames(m.Camera, m.Run) {
		r.Settle(nil)
		return
	}
	s.Sink.Write(ctx, m, r)
}

// checkResume says whether there is something to go on from.
func (b *batch) checkResume() error {
	file, stream := b.o.Out != "" && b.o.Out != "-", b.o.NATS != "" && b.cfg.NATS.UsesJetStream()
	switch {
	case !b.o.Resume || file:
		return nil
	case b.o.Out == "" && stream:
		return nil
	case b.o.Out == "-":
		return Usage(errors.New("--resume cannot read back what went to stdout: give --out FILE.jsonl"))
	}
	return Usage(errors.New("--resume goes on from a file or a stream: give --out FILE.jsonl, or with --nats URL --set nats.jetstream=true"))
}

// resumeAt is how many frames of an input every sink has.
func (b *batch) resumeAt(ctx context.Context, camera, run string) (uint64, error) {
	if !b.o.Resume {
		return 0, nil
	}
	key := resumeKey{camera, run}
	lines := b.lines[key]
	if b.o.NATS == "" {
		return lines, nil
	}
	if !b.cfg.NATS.UsesJetStream() { // nobody knows what has arrived: the file decides
		b.stored[key] = lines
		return lines, nil
	}
	ctx, cancel := context.WithTimeout(ctx, inspectWait)
	defer cancel()
	stored, err := natsink.Stored(ctx, b.natsConfig(), camera, run)
	if err != nil {
		return 0, as(ErrEnvironment, fmt.Errorf("resuming: %w", err))
	}
	b.stored[key] = stored
	if b.o.Out == "" {
		return stored, nil
	}
	return min(lines, stored), nil
}

// openLines opens the sink of --out: a file that the first result empties, stdout, or with --resume a
// file behind the last whole line that it holds.
func (b *batch) openLines() (sink.Sink, error) {
	if info, err := os.Stat(b.o.Out); err == nil && info.IsDir() {
		return nil, Usage(fmt.Errorf("--out %s is a directory", b.o.Out))
	}
	if err := b.spare("--out", b.o.Out); err != nil {
		return nil, err
	}
	if !b.o.Resume {
		s, err := jsonl.Open(b.o.Out, b.env.Out)
		if err != nil {
			return nil, as(ErrEnvironment, err)
		}
		b.begin = s.Begin
		return s, nil
	}
	f, err := b.reopen()
	if err != nil {
		return nil, err
	}
	return behind{jsonl.New(f), b.lines}, nil
}

// pathsOf are the paths of inputs on this machine, URLs as they are.
func pathsOf(inputs []string) (paths []string) {
	for _, arg := range inputs {
		paths = append(paths, parseInput(arg).path)
	}
	return paths
}

// spare refuses to write over what is read.
func (b *batch) spare(flag, path string) error {
	used := append(b.model.card.Files(), b.cfg.Model, b.cfg.Plan)
	used = append(used, namedByEnv(b.env)...)
	return spare(flag, path, append(used, pathsOf(b.o.Inputs)...))
}

// reopen goes to the end of what an earlier batch has written.
func (b *batch) reopen() (*os.File, error) {
	f, err := os.OpenFile(b.o.Out, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, as(ErrEnvironment, err)
	}
	if err := jsonl.Take(f); err != nil {
		return nil, as(ErrEnvironment, errors.Join(err, f.Close()))
	}
	done, end, err := readDone(f, b.isOurs())
	if err == nil {
		b.lines = done
		err = f.Truncate(end)
	}
	if err == nil {
		_, err = f.Seek(end, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("resuming %s: %w", b.o.Out, err), f.Close())
	}
	return f, nil
}

// isOurs refuses a frame of an earlier batch that this one cannot go on from, since the output is that of one: of another
// site or model. Of another plan it may be, the chosen one of a cache that is gone, say; that is told once.
func (b *batch) isOurs() func(wire.Frame) error {
	told := false
	return func(m wire.Frame) error {
		for _, c := range [][3]string{{"site", m.Site, b.cfg.Site}, {"model", m.Model, b.model.card.ID()}} {
			if c[1] != c[2] {
				return as(ErrInvalid, fmt.Errorf("it is of %s %s, and this batch is of %s: name that %s, or another --out", c[0], c[1], c[2], c[0]))
			}
		}
		if is := b.pipeline.plan.ID(); m.Plan != is && !told {
			told = true
			b.env.Log.Warn("the batch goes on with another plan than it began with", "was", m.Plan, "plan", is)
		}
		return nil
	}
}

// readDone counts the lines of each camera and run, and finds where the last
// whole line ends. A line cut off by a crash is not counted. ours refuses what cannot be gone on from.
func readDone(r io.Reader, ours func(wire.Frame) error) (done resumed, end int64, err error) {
	done = resumed{}
	in := bufio.NewReader(r)
	for n := 1; ; n++ {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return done, end, nil
		}
		if err != nil {
			return nil, 0, err
		}
		m, err := wire.ParseFrame(line)
		if err != nil {
			return nil, 0, fmt.Errorf("line %d is not a frame's: %w", n, err)
		}
		if err := ours(m); err != nil {
			return nil, 0, fmt.Errorf("line %d: %w", n, err)
		}
		key := resumeKey{m.Camera, m.Run}
		if m.Seq != done[key]+1 {
			return nil, 0, fmt.Errorf("line %d has seq %d of camera %s, want %d", n, m.Seq, m.Camera, done[key]+1)
		}
		done[key] = m.Seq
		end += int64(len(line))
	}
}
