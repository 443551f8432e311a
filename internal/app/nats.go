package app

import (
	"errors"

	"braid/internal/config"
	"braid/sink/embedded"
	"braid/sink/natsconn"
	"braid/sink/natsink"
	"braid/sink/spool"
)

// natsConfig is how to reach the server of a configuration.
func natsConfig(n config.NATS) natsconn.Config {
	return natsconn.Config{
		URL: n.URL, Username: n.Username, Password: n.Password,
		CredsFile: n.CredsFile, NKeyFile: n.NKeyFile, JWTFile: n.JWTFile,
		CAFile: n.TLS.CAFile, CertFile: n.TLS.CertFile, KeyFile: n.TLS.KeyFile, ServerName: n.TLS.ServerName,
	}
}

// sinkConfig is how a service publishes.
func sinkConfig(cfg config.Config) natsink.Config {
	n := cfg.NATS
	frames := natsink.Limits{
		MaxAge: n.MaxAge, MaxBytes: int64(n.MaxBytes), MaxPerCamera: int64(n.MaxPerCamera), Duplicates: n.DuplicateWindow,
		Replicas: n.Replicas, Storage: string(n.Storage), Retention: string(n.Retention),
	}
	events := frames
	events.MaxAge, events.MaxBytes = n.Events.MaxAge, int64(n.Events.MaxBytes)
	c := natsink.Config{Config: natsConfig(n), Site: cfg.Site, JetStream: n.UsesJetStream(), Frames: frames, Events: events}
	if n.Spools() {
		c.Spool = spool.Config{Dir: n.Spool.Dir, MaxBytes: int64(n.Spool.MaxBytes)}
	}
	return c
}

// startServer starts the embedded server of a configuration, and has c reach it.
func startServer(env *Env, cfg config.Config, server embedded.Config, c *natsink.Config) (*embedded.Server, error) {
	n := cfg.NATS
	room := 2 * int64(n.MaxBytes+n.Events.MaxBytes)
	server.Name, server.JetStream, server.UsersFile = "braid-"+cfg.Instance, n.UsesJetStream(), n.UsersFile
	server.MaxStore, server.MaxMemory = room, room
	s, err := embedded.Start(server, env.Log)
	if errors.Is(err, embedded.ErrUsers) {
		return nil, as(ErrInvalid, err)
	}
	if err != nil {
		return nil, as(ErrEnvironment, err)
	}
	c.URL = s.ClientURL()
	if n.UsersFile == "" {
		c.InProcess = s // else braid is a user like any other: the pipe inside hangs where a password is refused
	}
	return s, nil
}
