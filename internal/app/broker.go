package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"braid/sink/embedded"
	"braid/sink/natsink"
)

// broker is a NATS server with JetStream inside this process, which stores messages in
// a folder that goes with it, and a sink that publishes to it.
type broker struct {
	sink    *natsink.Sink
	closers []func() error
}

// brokerStore is the room for messages, in bytes: old ones make way for new ones.
const brokerStore = 64 << 20

// newBroker starts one under a name. site is that of the messages.
func newBroker(ctx context.Context, env *Env, site string) (_ *broker, err error) {
	b := &broker{}
	defer func() {
		if err != nil {
			err = errors.Join(err, b.close())
		}
	}()
	log := slog.New(hushed{env.Log.Handler()})
	dir, err := os.MkdirTemp("", "braid-"+site+"-")
	if err != nil {
		return nil, as(ErrEnvironment, fmt.Errorf("making a folder for messages: %w", err))
	}
	b.closers = append(b.closers, func() error { return os.RemoveAll(dir) })
	server, err := embedded.Start(embedded.Config{Listen: "127.0.0.1:0", Name: "braid-" + site, JetStream: true, StoreDir: dir, MaxStore: 4 * brokerStore}, log)
	if err != nil {
		return nil, as(ErrEnvironment, err)
	}
	b.closers = append(b.closers, server.Shutdown)
	cfg := natsink.Config{Site: site, JetStream: true, Frames: natsink.Limits{MaxBytes: brokerStore, MaxAge: time.Hour}, Events: natsink.Limits{MaxBytes: brokerStore / 8}}
	cfg.URL, cfg.InProcess = server.ClientURL(), server
	if b.sink, err = natsink.New(ctx, cfg, log); err != nil {
		return nil, as(ErrEnvironment, err)
	}
	b.closers = append(b.closers, b.sink.Close)
	return b, nil
}

// close ends the sink and the server, and removes what was stored.
func (b *broker) close() error {
	l := live{closers: b.closers}
	return l.close()
}
