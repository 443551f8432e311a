//go:build e2e && !nogst

package rtsptest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v5"
	"github.com/bluenviron/gortsplib/v5/pkg/base"
	"github.com/bluenviron/gortsplib/v5/pkg/description"
	"github.com/bluenviron/gortsplib/v5/pkg/format"
	"github.com/bluenviron/gortsplib/v5/pkg/format/rtph264"
	"github.com/bluenviron/gortsplib/v5/pkg/liberrors"
	"github.com/pion/rtcp"
)

const (
	rtpClock = 90000
	fps      = 25
)

// Options say what the camera plays and what it does wrong. After N is counted
// in frames of one session; 0 is never.
type Options struct {
	Clip           Clip
	User, Password string // asked for where User is set
	NotFound       bool   // answers 404
	Hang           bool   // takes connections and never answers
	SilentAfter    int    // stops sending, but keeps the connection
	CloseAfter     int    // closes the connection
	Then           Clip   // is played from ThenAfter on
	ThenAfter      int
	Reports        bool          // sends RTCP sender reports, one a second
	ClockOffset    time.Duration // the camera's clock minus this host's
}

// Server is a running camera.
type Server struct {
	URL string // without credentials

	opts    Options
	server  *gortsplib.Server
	stream  *gortsplib.ServerStream
	media   *description.Media
	forma   *format.H264
	done    chan struct{}
	feeds   sync.WaitGroup
	mu      sync.Mutex
	playing map[*gortsplib.ServerSession]chan struct{}
	enc     *rtph264.Encoder
	sent    int       // frames in all sessions: sequence numbers and time stamps go on between them
	first   time.Time // when the camera sent the first frame of a session, by its own clock
}

// Start runs a camera until the test ends.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	s := &Server{opts: o, done: make(chan struct{}), playing: map[*gortsplib.ServerSession]chan struct{}{}}
	s.forma = &format.H264{PayloadTyp: 96, PacketizationMode: 1}
	s.media = &description.Media{Type: description.MediaTypeVideo, Formats: []format.Format{s.forma}}
	s.server = &gortsplib.Server{Handler: s, RTSPAddress: "127.0.0.1:0", DisableRTCPSenderReports: true}
	s.mu.Lock() // until all is made: a client in C is not seen by the race detector
	defer s.mu.Unlock()
	if err := s.server.Start(); err != nil {
		t.Fatal(err)
	}
	s.stream = &gortsplib.ServerStream{Server: s.server, Desc: &description.Session{Medias: []*description.Media{s.media}}}
	if err := s.stream.Initialize(); err != nil {
		t.Fatal(err)
	}
	enc, err := s.forma.CreateEncoder()
	if err != nil {
		t.Fatal(err)
	}
	s.enc = enc
	s.URL = fmt.Sprintf("rtsp://%s/cam", s.server.NetListener().Addr())
	t.Cleanup(s.close)
	return s
}

func (s *Server) close() {
	close(s.done)
	s.stream.Close()
	s.server.Close()
	_ = s.server.Wait() // only says that it was closed
	s.feeds.Wait()
}

// First is the camera's own time of the first frame of the newest session.
func (s *Server) First() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.first
}

// OnDescribe is called by gortsplib.
func (s *Server) OnDescribe(ctx *gortsplib.ServerHandlerOnDescribeCtx) (*base.Response, *gortsplib.ServerStream, error) {
	s.mu.Lock()
	o := s.opts
	s.mu.Unlock()
	switch {
	case o.Hang:
		<-s.done
		return &base.Response{StatusCode: base.StatusServiceUnavailable}, nil, nil
	case o.User != "" && !ctx.Conn.VerifyCredentials(ctx.Request, o.User, o.Password):
		return &base.Response{StatusCode: base.StatusUnauthorized}, nil, liberrors.ErrServerAuth{}
	case o.NotFound:
		return &base.Response{StatusCode: base.StatusNotFound}, nil, nil
	}
	return &base.Response{StatusCode: base.StatusOK}, s.stream, nil
}

// OnSetup is called by gortsplib.
func (s *Server) OnSetup(*gortsplib.ServerHandlerOnSetupCtx) (*base.Response, *gortsplib.ServerStream, error) {
	return &base.Response{StatusCode: base.StatusOK}, s.stream, nil
}

// OnPlay is called by gortsplib.
func (s *Server) OnPlay(ctx *gortsplib.ServerHandlerOnPlayCtx) (*base.Response, error) {
	stop := make(chan struct{})
	s.mu.Lock()
	s.playing[ctx.Session] = stop
	s.mu.Unlock()
	s.feeds.Go(func() { s.feed(ctx.Session, stop) })
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

// feed sends one session its frames in real time.
func (s *Server) feed(session *gortsplib.ServerSession, stop chan struct{}) {
	tick := time.NewTicker(time.Second / fps)
	defer tick.Stop()
	start := time.Now().Add(s.opts.ClockOffset)
	s.mu.Lock()
	s.first = start
	s.mu.Unlock()
	for n := 0; ; n++ {
		select {
		case <-s.done:
			return
		case <-stop:
			return
		case <-tick.C:
		}
		switch {
		case s.opts.CloseAfter > 0 && n >= s.opts.CloseAfter:
			session.Close()
			return
		case s.opts.SilentAfter > 0 && n >= s.opts.SilentAfter:
			continue
		}
		if s.send(n, start) != nil {
			return
		}
	}
}

// send sends frame n of a session that began at start.
func (s *Server) send(n int, start time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.opts.Reports && n%fps == 0 {
		s.report(start.Add(time.Duration(n) * time.Second / fps))
	}
	clip := s.opts.Clip
	if s.opts.ThenAfter > 0 && n >= s.opts.ThenAfter {
		clip = s.opts.Then
	}
	packets, err := s.enc.Encode(clip.units[n%len(clip.units)])
	if err != nil {
		return err
	}
	for _, p := range packets {
		p.Timestamp = stamp(s.sent)
		if err := s.stream.WritePacketRTP(s.media, p); err != nil {
			return err
		}
	}
	s.sent++
	return nil
}

// report says when the next frame was taken.
func (s *Server) report(at time.Time) {
	stats := s.stream.Stats().Medias[s.media].Formats[s.forma]
	_ = s.stream.WritePacketRTCP(s.media, &rtcp.SenderReport{ // a lost report is as good as a lost packet
		SSRC: stats.LocalSSRC, NTPTime: ntp(at), RTPTime: stamp(s.sent), PacketCount: uint32(s.sent),
	})
}

// stamp is the RTP time stamp of frame n, from an arbitrary begin.
func stamp(n int) uint32 { return 1234567 + uint32(n)*rtpClock/fps }

// ntp is the time since 1900 in 32.32 bits (RFC 5905).
func ntp(t time.Time) uint64 {
	return uint64(t.Unix()+2208988800)<<32 | uint64(t.Nanosecond())<<32/1e9
}
