package network

import "google.golang.org/protobuf/encoding/protowire"

// fieldMetadata is ModelProto.metadata_props, entries of a key and a value.
const fieldMetadata protowire.Number = 14

// Metadata are the texts that an exporter left in the file beside the graph, such
// as the names of classes. Their meaning is the exporter's own. What does not
// decode is left out.
func (n *Network) Metadata() map[string]string {
	out := map[string]string{}
	fields(n.model.ProtoReflect().GetUnknown(), func(num protowire.Number, entry []byte) {
		if num != fieldMetadata {
			return
		}
		var text [2]string
		fields(entry, func(num protowire.Number, value []byte) {
			if num == 1 || num == 2 {
				text[num-1] = string(value)
			}
		})
		out[text[0]] = text[1]
	})
	return out
}

// fields calls f with every field of a message that holds bytes.
func fields(message []byte, f func(protowire.Number, []byte)) {
	for len(message) > 0 {
		num, typ, n := protowire.ConsumeTag(message)
		if n < 0 {
			return
		}
		size := protowire.ConsumeFieldValue(num, typ, message[n:])
		if size < 0 {
			return
		}
		if typ == protowire.BytesType {
			if value, k := protowire.ConsumeBytes(message[n:]); k >= 0 {
				f(num, value)
			}
		}
		message = message[n+size:]
	}
}
