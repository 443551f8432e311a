//go:build e2e && !nogst

package rtsptest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v5"
	"github.com/bluenviron/gortsplib/v5/pkg/base"
	"github.com/bluenviron/gortsplib/v5/pkg/liberrors"

	"braid/internal/porttest"
)

// Options say what the camera plays and what it does wrong. …After is counted in
// frames of one session; 0 is never.
type Options struct {
	Clip           Clip
	User, Password string // asked for where User is set
	NotFound       bool   // answers 404
	Hang           bool   // takes connections and never answers
	SilentAfter    int    // stops sending, but keeps the connection
	CloseAfter     int    // closes the connection
	LoseEvery      int    // one packet of so many is not sent
	Jump           time.Duration
	JumpAfter      int  // the time stamps make the Jump
	Then           Clip // is played from ThenAfter on; of another codec, in a new session
	ThenAfter      int
	Faults         int           // so many tries go wrong, later ones go well; 0: all go wrong
	Down           bool          // refuses connections until Up
	UDP            bool          // also over UDP, where the client wants it; without, it refuses that
	Reports        bool          // sends RTCP sender reports, one a second
	ClockOffset    time.Duration // the camera's clock minus this host's
}

// Server is a camera.
type Server struct {
	URL string // without credentials

	address string
	opts    Options
	feeds   sync.WaitGroup
	mu      sync.Mutex
	server  *gortsplib.Server // nil while it is down
	track   *track
	done    chan struct{} // closed when it goes down
	playing map[*gortsplib.ServerSession]chan struct{}
	tries   int       // DESCRIBEs
	packets int       // that the net saw
	sent    int       // frames in all sessions: time stamps go on between them
	ahead   uint32    // what a jump added to the time stamps
	changed bool      // Then is what is played from now on
	first   time.Time // when the camera sent the first frame of a session, by its own clock
}

// Start runs a camera until the test ends.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	s := &Server{opts: o, playing: map[*gortsplib.ServerSession]chan struct{}{}}
	s.address = porttest.Address(t)
	if err := s.up(t); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.GoDown)
	if o.Down {
		s.GoDown()
	}
	return s
}

// up listens. A camera that comes back has its old address.
func (s *Server) up(t testing.TB) error {
	t.Helper()
	s.mu.Lock() // until all is made: a client in C is not seen by the race detector
	defer s.mu.Unlock()
	server := &gortsplib.Server{Handler: s, RTSPAddress: s.address, DisableRTCPSenderReports: true}
	if s.opts.UDP {
		server.UDPRTPAddress, server.UDPRTCPAddress = porttest.Pair(t)
	}
	if err := server.Start(); err != nil {
		return err
	}
	s.server, s.done = server, make(chan struct{})
	s.URL = fmt.Sprintf("rtsp://%s/cam", s.address)
	return s.change(s.clip())
}

// clip is what a new session gets. s.mu is held.
func (s *Server) clip() Clip {
	if s.changed {
		return s.opts.Then
	}
	return s.opts.Clip
}

// change plays another clip from now on. s.mu is held.
func (s *Server) change(c Clip) (err error) {
	if s.track != nil {
		s.track.stream.Close()
	}
	s.track, err = newTrack(s.server, c)
	return err
}

// GoDown cuts all connections and refuses new ones.
func (s *Server) GoDown() {
	s.mu.Lock()
	server, track := s.server, s.track
	s.server, s.track = nil, nil
	if server != nil {
		close(s.done)
	}
	s.mu.Unlock()
	if server == nil {
		return
	}
	track.stream.Close()
	server.Close()
	_ = server.Wait() // only says that it was closed
	s.feeds.Wait()
}

// ComeBack listens again where the camera was.
func (s *Server) ComeBack(t testing.TB) {
	t.Helper()
	if err := s.up(t); err != nil {
		t.Fatal(err)
	}
}

// First is the camera's own time of the first frame of the newest session.
func (s *Server) First() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.first
}

// Sent is how many frames it has sent in all sessions.
func (s *Server) Sent() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sent
}

// Tries is how often a client has asked what there is.
func (s *Server) Tries() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tries
}

// OnDescribe is called by gortsplib.
func (s *Server) OnDescribe(ctx *gortsplib.ServerHandlerOnDescribeCtx) (*base.Response, *gortsplib.ServerStream, error) {
	s.mu.Lock()
	o, done := s.opts, s.done
	known := o.User == "" || ctx.Conn.VerifyCredentials(ctx.Request, o.User, o.Password)
	s.tries++
	if s.well() {
		o = Options{}
	}
	t := s.track
	s.mu.Unlock()
	switch {
	case o.Hang:
		<-done
		return &base.Response{StatusCode: base.StatusServiceUnavailable}, nil, nil
	case !known:
		return &base.Response{StatusCode: base.StatusUnauthorized}, nil, liberrors.ErrServerAuth{}
	case o.NotFound || t == nil:
		return &base.Response{StatusCode: base.StatusNotFound}, nil, nil
	}
	return &base.Response{StatusCode: base.StatusOK}, t.stream, nil
}

// well says that the faults are over. s.mu is held.
func (s *Server) well() bool { return s.opts.Faults > 0 && s.tries > s.opts.Faults }

// OnSetup is called by gortsplib.
func (s *Server) OnSetup(*gortsplib.ServerHandlerOnSetupCtx) (*base.Response, *gortsplib.ServerStream, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.track == nil {
		return &base.Response{StatusCode: base.StatusNotFound}, nil, nil
	}
	return &base.Response{StatusCode: base.StatusOK}, s.track.stream, nil
}

// OnPlay is called by gortsplib.
func (s *Server) OnPlay(ctx *gortsplib.ServerHandlerOnPlayCtx) (*base.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.track == nil {
		return &base.Response{StatusCode: base.StatusNotFound}, nil
	}
	f := &feed{Server: s, session: ctx.Session, track: s.track, done: s.done, stop: make(chan struct{}), opts: s.opts}
	if s.well() {
		f.opts = Options{Clip: s.opts.Clip, Reports: s.opts.Reports, ClockOffset: s.opts.ClockOffset}
	}
	s.playing[ctx.Session] = f.stop
	s.feeds.Go(f.run)
	return &base.Response{StatusCode: base.StatusOK}, nil
}

// OnSessionClose is called by gortsplib.
func (s *Server) OnSessionClose(ctx *gortsplib.ServerHandlerOnSessionCloseCtx) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if stop := s.playing[ctx.Session]; stop != nil {
		delete(s.playing, ctx.Session)
		close(stop)
	}
}
