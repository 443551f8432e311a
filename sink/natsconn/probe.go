package natsconn

import (
	"context"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Probe asks once whether a server is there, and whether it has JetStream.
func Probe(ctx context.Context, c Config) (jetStream bool, err error) {
	js, done, err := c.JetStreamOnce()
	if err != nil {
		return false, err
	}
	defer done()
	_, err = js.AccountInfo(ctx)
	return err == nil, nil // an error is its way of saying no
}

// JetStreamOnce connects to ask a few questions, and never again. done closes the
// connection.
func (c Config) JetStreamOnce() (_ jetstream.JetStream, done func(), err error) {
	opts, err := c.options()
	if err != nil {
		return nil, nil, err
	}
	nc, err := c.dial(append(opts, nats.NoReconnect()))
	if err != nil {
		return nil, nil, err
	}
	js, err := jetstream.New(nc)
	if err != nil {
		nc.Close()
		return nil, nil, fmt.Errorf("asking %s for JetStream: %w", c.Redacted(), err)
	}
	return js, nc.Close, nil
}
