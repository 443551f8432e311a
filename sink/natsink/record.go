package natsink

import (
	"bytes"
	"encoding/binary"
	"errors"

	"braid/sink/spool"
	"braid/sink/wire"
)

// record is a message as it waits, in memory and on disk alike: what the spool
// needs, seq, the lengths of subject and id, subject, id, message. One buffer
// holds it all.
type record struct {
	buf              []byte
	subject, id, msg []byte // parts of buf
	seq              uint64
}

// disownedBit of seq, on disk, is a message that its writer does not count.
const disownedBit = 1 << 63

// recordHead is what stands before the subject, bytes.
const recordHead = spool.Head + 8 + 2 + 2

// newRecord writes a frame's message into an empty buffer.
func newRecord(buf []byte, rt *route, site string, m *wire.Frame) record {
	buf, id := beginRecord(buf, rt, site, m.Run, m.Seq)
	return cutRecord(m.AppendJSON(buf), len(rt.subject), id)
}

// changeRecord writes the last change of a camera's state into an empty buffer. Its
// id has a number too, by which one knows how far a stream has come.
func changeRecord(buf []byte, rt *route, site string) record {
	buf, id := beginRecord(buf, rt, site, rt.change.run+"/state", rt.written)
	return cutRecord(append(buf, rt.change.data...), len(rt.subject), id)
}

// beginRecord writes what stands before the message. id is the length of its id.
func beginRecord(buf []byte, rt *route, site, run string, seq uint64) (_ []byte, id int) {
	var head [recordHead]byte
	buf = append(append(buf, head[:]...), rt.subject...)
	buf = wire.AppendMsgID(buf, site, rt.slug, run, seq)
	id = len(buf) - recordHead - len(rt.subject)
	binary.LittleEndian.PutUint64(buf[spool.Head:], seq)
	binary.LittleEndian.PutUint16(buf[spool.Head+8:], uint16(len(rt.subject)))
	binary.LittleEndian.PutUint16(buf[spool.Head+10:], uint16(id))
	return buf, id
}

var errRecord = errors.New("a record of the spool is not a message: it was written by another version")

// parseRecord reads what newRecord or changeRecord wrote.
func parseRecord(buf []byte) (record, error) {
	if len(buf) < recordHead {
		return record{}, errRecord
	}
	subject := int(binary.LittleEndian.Uint16(buf[spool.Head+8:]))
	id := int(binary.LittleEndian.Uint16(buf[spool.Head+10:]))
	if subject == 0 || len(buf) < recordHead+subject+id {
		return record{}, errRecord
	}
	return cutRecord(buf, subject, id), nil
}

// run is the part of the id before the seq.
func (r *record) run() []byte { return r.id[:bytes.LastIndexByte(r.id, ':')+1] }

// disown says that what becomes of the message is of no interest to its writer.
func (r *record) disown() { r.buf[spool.Head+7] |= disownedBit >> 56 }

func (r *record) disowned() bool { return r.buf[spool.Head+7]&(disownedBit>>56) != 0 }

func cutRecord(buf []byte, subject, id int) record {
	end := recordHead + subject
	return record{
		buf: buf, seq: binary.LittleEndian.Uint64(buf[spool.Head:]) &^ disownedBit,
		subject: buf[recordHead:end], id: buf[end : end+id], msg: buf[end+id:],
	}
}
