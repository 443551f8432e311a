package metrics

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Options say what a Server tells.
type Options struct {
	Listen string          // host:port; port 0: any that is free
	Read   func() Snapshot // safe for concurrent use
	// Unready are the parts that keep the instance from doing its work now, one line each;
	// none: it does. It must be quick and safe for concurrent use.
	Unready func() []string
	Pprof   bool // serve profiles of the process below /debug/pprof/
}

// Server answers /metrics, /healthz and /readyz over HTTP.
type Server struct {
	listener net.Listener
	server   *http.Server
	ended    chan error
}

// Registry has braid's metrics, the Go runtime's and the process's.
func Registry(read func() Snapshot) *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(collector{read}, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r
}

// Serve listens. It starts one goroutine, and those of net/http for each connection, which
// end with Close.
func Serve(o Options) (*Server, error) {
	l, err := net.Listen("tcp", o.Listen)
	if err != nil {
		return nil, fmt.Errorf("http.listen: listening on %s: %w", o.Listen, err)
	}
	s := &Server{
		listener: l, ended: make(chan error, 1),
		server: &http.Server{Handler: o.handler(), ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute},
	}
	go func() { s.ended <- s.server.Serve(l) }()
	return s, nil
}

// Addr is host:port as it is.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// patience is for how long Close lets requests end by themselves.
const patience = time.Second

// Close ends the listener and all connections.
func (s *Server) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if s.server.Shutdown(ctx) != nil { // a profile goes on for as long as it was asked to
		_ = s.server.Close() // the listener is closed already, which is all that could fail
	}
	if err := <-s.ended; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving metrics: %w", err)
	}
	return nil
}

func (o Options) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(Registry(o.Read), promhttp.HandlerOpts{EnableOpenMetrics: true}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if why := o.Unready(); len(why) > 0 {
			say(w, http.StatusServiceUnavailable, why...)
			return
		}
		say(w, http.StatusOK, "ready")
	})
	if o.Pprof {
		mux.HandleFunc("GET /debug/pprof/", pprof.Index)
		mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
		mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
		mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
		mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	}
	return mux
}

func say(w http.ResponseWriter, code int, lines ...string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(code)
	_, _ = w.Write([]byte(strings.Join(lines, "\n") + "\n")) // who asked may have gone
}
