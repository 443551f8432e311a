package video

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"
)

// reachTime is how long the camera's host has to take a connection that only asks for the cause of a fault.
const reachTime = 2 * time.Second

// ports are those of schemes whose URL has none.
var ports = map[string]string{"rtsp": "554", "rtsps": "322", "http": "80", "https": "443"}

// address is where a URL's host listens, HOST:PORT.
func address(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = ports[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port)
}

// unreachable says why nobody can connect to a camera, nil where one can: GStreamer does not tell a
// name that is wrong from a camera that is off or a path that it does not have.
func unreachable(ctx context.Context, host string) error {
	ctx, stop := context.WithTimeout(ctx, reachTime)
	defer stop()
	c, err := (&net.Dialer{}).DialContext(ctx, "tcp", host)
	if err == nil {
		return c.Close()
	}
	var name *net.DNSError
	var op *net.OpError
	switch {
	case errors.As(err, &name) && name.IsNotFound:
		return fmt.Errorf("no host is called %s", name.Name)
	case errors.As(err, &op) && op.Timeout():
		return fmt.Errorf("%s does not answer", host)
	case errors.As(err, &op):
		return fmt.Errorf("connecting to %s: %w", host, op.Err)
	}
	return err
}
