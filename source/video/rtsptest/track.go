//go:build e2e && !nogst

package rtsptest

import (
	"time"

	"github.com/bluenviron/gortsplib/v5"
	"github.com/bluenviron/gortsplib/v5/pkg/description"
	"github.com/bluenviron/gortsplib/v5/pkg/format"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

const (
	rtpClock = 90000
	fps      = 25
)

// track is one clip as a server gives it out.
type track struct {
	clip   Clip
	media  *description.Media
	forma  format.Format
	stream *gortsplib.ServerStream
	encode func(unit [][]byte) ([]*rtp.Packet, error)
}

func newTrack(server *gortsplib.Server, c Clip) (*track, error) {
	t := &track{clip: c}
	if c.jpeg {
		f := &format.MJPEG{}
		enc, err := f.CreateEncoder()
		if err != nil {
			return nil, err
		}
		t.forma, t.encode = f, func(unit [][]byte) ([]*rtp.Packet, error) { return enc.Encode(unit[0]) }
	} else {
		f := &format.H264{PayloadTyp: 96, PacketizationMode: 1}
		enc, err := f.CreateEncoder()
		if err != nil {
			return nil, err
		}
		t.forma, t.encode = f, enc.Encode
	}
	t.media = &description.Media{Type: description.MediaTypeVideo, Formats: []format.Format{t.forma}}
	t.stream = &gortsplib.ServerStream{Server: server, Desc: &description.Session{Medias: []*description.Media{t.media}}}
	return t, t.stream.Initialize()
}

// send sends one frame of a clip, which need not be the track's own but is of its
// codec. lost says of each packet whether the net loses it.
func (t *track) send(c Clip, n int, stamp uint32, lost func() bool) error {
	packets, err := t.encode(c.units[n%len(c.units)])
	if err != nil {
		return err
	}
	for _, p := range packets {
		p.Timestamp = stamp
		if lost() {
			continue
		}
		if err := t.stream.WritePacketRTP(t.media, p); err != nil {
			return err
		}
	}
	return nil
}

// report says when the frame with a stamp was taken.
func (t *track) report(at time.Time, stamp uint32, sent int) {
	stats := t.stream.Stats().Medias[t.media].Formats[t.forma]
	_ = t.stream.WritePacketRTCP(t.media, &rtcp.SenderReport{ // a lost report is as good as a lost packet
		SSRC: stats.LocalSSRC, NTPTime: ntp(at), RTPTime: stamp, PacketCount: uint32(sent),
	})
}

// ntp is the time since 1900 in 32.32 bits (RFC 5905).
func ntp(t time.Time) uint64 {
	return uint64(t.Unix()+2208988800)<<32 | uint64(t.Nanosecond())<<32/1e9
}
