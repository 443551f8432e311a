// Package embeddedtest helps tests that start NATS servers.
package embeddedtest

import "go.uber.org/goleak"

// Leaks are goroutines of nats-server that outlive its WaitForShutdown for a
// moment: they end by themselves, but on a busy machine later than goleak waits.
func Leaks() []goleak.Option {
	const server = "github.com/nats-io/nats-server/v2/server"
	return []goleak.Option{
		goleak.IgnoreAnyFunction(server + "/ats.Register.func1"),
		goleak.IgnoreAnyFunction(server + ".(*fileStore).flushStreamStateLoop"),
	}
}
