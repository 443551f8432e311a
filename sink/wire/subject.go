package wire

import "strconv"

// The headers of every message. NATS takes MsgID as the key under which a
// stream drops a message that it already has; stats do not carry it.
const (
	HeaderMsgID       = "Nats-Msg-Id"
	HeaderContentType = "Content-Type"
	HeaderSchema      = "Braid-Schema"

	ContentTypeJSON = "application/json"
)

// The JetStream streams, where there are any: StreamFrames keeps the frames,
// StreamEvents the changes of cameras' states.
const (
	StreamFrames = "BRAID_FRAMES"
	StreamEvents = "BRAID_EVENTS"
)

// FrameSubject is where the frames of a camera are published. "*" stands for
// every site or camera; anything else is made a token by Slug.
func FrameSubject(site, camera string) string { return subject(site, "frame", camera) }

// CameraSubject is where a camera's changes of state are published.
func CameraSubject(site, camera string) string { return subject(site, "camera", camera) }

// StatsSubject is where an instance publishes its Stats.
func StatsSubject(site, instance string) string { return subject(site, "stats", instance) }

func subject(site, kind, name string) string {
	return "braid.v1." + token(site) + "." + kind + "." + token(name)
}

func token(name string) string {
	if name == "*" {
		return name
	}
	return Slug(name)
}

// AppendMsgID appends the value of the header Nats-Msg-Id:
// <site>:<camera>:<run>:<seq>, site and camera as slugs. It allocates nothing
// when they are slugs already and dst has room.
func AppendMsgID(dst []byte, site, camera, run string, seq uint64) []byte {
	dst = append(dst, Slug(site)...)
	dst = append(dst, ':')
	dst = append(dst, Slug(camera)...)
	dst = append(dst, ':')
	for i := range len(run) {
		c := run[i]
		if c <= ' ' || c == ':' || c >= 0x7f { // would break the header or the id
			c = '_'
		}
		dst = append(dst, c)
	}
	dst = append(dst, ':')
	return strconv.AppendUint(dst, seq, 10)
}
