package control

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"braid/sink/natsconn"
	"braid/sink/wire"
)

// ErrNoState is wrapped where the server has no BRAID_STATE.
var ErrNoState = errors.New("no braid keeps its state there")

// ErrNobody is wrapped where no instance answers.
var ErrNobody = errors.New("no instance answers")

// ErrInvalid marks an error of Config.Do where what was asked for is wrong, and is
// wrapped by Ask then. It adds no words.
var ErrInvalid = errors.New("invalid request")

// refusal is an error that the request is to blame for.
type refusal struct{ error }

func (r refusal) Unwrap() []error { return []error{ErrInvalid, r.error} }

// Invalid marks err as the request's fault.
func Invalid(err error) error { return refusal{err} }

// answerTime is how long a request may take: a pipeline is stopped in it.
const answerTime = 30 * time.Second

// Client asks instances.
type Client struct {
	nc      *nats.Conn
	url     string
	refused chan error // what the server does not permit: it answers nothing to the request itself
}

// Dial connects to a server that must be there.
func Dial(c natsconn.Config) (*Client, error) {
	if c.Client == "" {
		c.Client = "braid cameras"
	}
	refused := make(chan error, 1)
	nc, err := c.Connect(natsconn.Events{Error: func(err error) {
		if errors.Is(err, nats.ErrPermissionViolation) {
			select {
			case refused <- err:
			default:
			}
		}
	}})
	if err != nil {
		return nil, err
	}
	if !nc.IsConnected() {
		err := nc.LastError()
		nc.Close()
		return nil, fmt.Errorf("connecting to %s: %w", c.Redacted(), cmp.Or(err, nats.ErrNoServers))
	}
	return &Client{nc: nc, url: c.Redacted(), refused: refused}, nil
}

// Close ends the connection.
func (c *Client) Close() { c.nc.Close() }

// permitted ends with the server's refusal as its cause, at once: else the request
// would wait for an answer that cannot come. Cancel it when the request is over.
func (c *Client) permitted(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, refuse := context.WithCancelCause(ctx)
	go func() {
		select {
		case err := <-c.refused:
			refuse(err)
		case <-ctx.Done():
		}
	}()
	return ctx, func() { refuse(nil) }
}

// List reads the states of the instances of a site, "" is every one: those whose
// keys have not expired.
//
// It asks which keys there are and reads each, and does not watch the bucket: a
// watcher counts its first values when it begins and says that they are complete
// after as many, so that one which expires in between is waited for without end.
func (c *Client) List(ctx context.Context, site string) ([]State, error) {
	if site == "" {
		site = "*"
	}
	ctx, done := c.permitted(ctx)
	defer done()
	js, err := jetstream.New(c.nc)
	if err != nil {
		return nil, fmt.Errorf("asking %s for JetStream: %w", c.url, err)
	}
	stream, err := js.Stream(ctx, "KV_"+Bucket)
	if errors.Is(err, jetstream.ErrStreamNotFound) || errors.Is(err, nats.ErrNoResponders) || errors.Is(err, jetstream.ErrJetStreamNotEnabled) {
		return nil, fmt.Errorf("looking for the bucket %s on %s: %w", Bucket, c.url, ErrNoState)
	}
	if err != nil {
		return nil, fmt.Errorf("opening the bucket %s on %s: %w", Bucket, c.url, cmp.Or(context.Cause(ctx), err))
	}
	values, err := read(ctx, stream, "$KV."+Bucket+".", token(site)+".>")
	if err != nil {
		return nil, fmt.Errorf("reading the bucket %s on %s: %w", Bucket, c.url, cmp.Or(context.Cause(ctx), err))
	}
	return gather(values), nil
}

// readers is how many keys are asked for at a time: a server may be far away.
const readers = 16

// read returns the values of the keys that fit a pattern, without those that are
// deleted or expire meanwhile.
func read(ctx context.Context, stream jetstream.Stream, prefix, keys string) (map[string][]byte, error) {
	info, err := stream.Info(ctx, jetstream.WithSubjectFilter(prefix+keys))
	if err != nil {
		return nil, err
	}
	var mu sync.Mutex
	values := map[string][]byte{}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(readers)
	for subject := range info.State.Subjects {
		g.Go(func() error {
			m, err := stream.GetLastMsgForSubject(ctx, subject)
			if errors.Is(err, jetstream.ErrMsgNotFound) {
				return nil
			}
			if err != nil {
				return err
			}
			if len(m.Data) > 0 { // else it marks a deleted key
				mu.Lock()
				values[strings.TrimPrefix(subject, prefix)] = m.Data
				mu.Unlock()
			}
			return nil
		})
	}
	return values, g.Wait()
}

// gather sorts values by instance.
func gather(values map[string][]byte) []State {
	states := map[string]*State{}
	for key, value := range values {
		parts := strings.Split(key, ".")
		if len(parts) < 3 {
			continue
		}
		owner := parts[0] + "." + parts[1]
		s := states[owner]
		if s == nil {
			s = &State{}
			states[owner] = s
		}
		switch parts[2] {
		case "camera":
			if m, err := wire.ParseCamera(value); err == nil {
				s.Cameras = append(s.Cameras, m)
			}
		case "instance":
			_ = json.Unmarshal(value, &s.Instance) // a later version's may not parse: its cameras are shown
		}
	}
	return sorted(states)
}

func sorted(states map[string]*State) []State {
	keys := make([]string, 0, len(states))
	for k := range states {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	out := make([]State, 0, len(keys))
	for _, k := range keys {
		s := states[k]
		slices.SortFunc(s.Cameras, func(a, b wire.Camera) int { return strings.Compare(a.Camera, b.Camera) })
		out = append(out, *s)
	}
	return out
}

// Ask sends a request to an instance and waits until it is done.
func (c *Client) Ask(ctx context.Context, site, instance string, r Request) error {
	data, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("writing the request: %w", err)
	}
	ctx, done := c.permitted(ctx)
	defer done()
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	m, err := c.nc.RequestWithContext(ctx, Subject(site, instance), data)
	switch {
	case errors.Is(err, nats.ErrNoResponders):
		return fmt.Errorf("asking %s at %s: %w", instance, site, ErrNobody)
	case err != nil:
		return fmt.Errorf("asking %s at %s: %w", instance, site, cmp.Or(context.Cause(ctx), err))
	}
	var reply Reply
	if err := json.Unmarshal(m.Data, &reply); err != nil {
		return fmt.Errorf("reading the answer of %s: %w", instance, err)
	}
	switch {
	case reply.Error == "":
		return nil
	case reply.Invalid:
		return Invalid(errors.New(reply.Error))
	}
	return errors.New(reply.Error)
}
