package natsconn

import (
	"context"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Probe asks once whether a server is there, and whether it has JetStream.
func Probe(ctx context.Context, c Config) (jetStream bool, err error) {
	opts, err := c.options()
	if err != nil {
		return false, err
	}
	nc, err := nats.Connect(c.url(), append(opts, nats.NoReconnect())...)
	if err != nil {
		return false, fmt.Errorf("connecting to %s: %w", c.Redacted(), err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		return false, fmt.Errorf("asking %s for JetStream: %w", c.Redacted(), err)
	}
	_, err = js.AccountInfo(ctx)
	return err == nil, nil // an error is its way of saying no
}
