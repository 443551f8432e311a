//go:build !nogst

package gst

/*
#include <stdlib.h>
#include "native.h"
*/
import "C"

import (
	"slices"
	"strings"
	"unsafe"
)

// maxWarnings bounds what a stream that warns at every frame can make us keep.
const maxWarnings = 16

// posted reads the bus until it is empty and returns the first error on it.
// Warnings are kept. go-gst's own message wrapper has no error codes and cannot
// read a missing-plugin message.
func (r *Reader) posted() error {
	for {
		msg := C.gst_bus_pop_filtered(r.bus, C.GST_MESSAGE_ERROR|C.GST_MESSAGE_WARNING|C.GST_MESSAGE_ELEMENT)
		if msg == nil {
			return nil
		}
		err := r.read(msg)
		C.gst_mini_object_unref((*C.GstMiniObject)(unsafe.Pointer(msg)))
		if err != nil {
			return err
		}
	}
}

// read sorts one message. decodebin names a stream that it cannot decode in a
// message of its own before it fails; it fails with the same error, but without
// that message, where the file has only streams that nobody wants.
func (r *Reader) read(msg *C.GstMessage) error {
	switch msg._type {
	case C.GST_MESSAGE_ELEMENT:
		if e := missingPlugin(msg); e != nil && !isSideStream(e.Debug) {
			r.missing = e
		}
		return nil
	case C.GST_MESSAGE_WARNING:
		if len(r.warnings) < maxWarnings {
			r.warnings = append(r.warnings, report(msg))
		}
		return nil
	}
	e := report(msg)
	if e.Kind != MissingPlugin && e.Kind != NoVideo {
		return e
	}
	if r.missing != nil {
		return r.missing
	}
	if e.Kind == MissingPlugin && strings.Contains(e.Debug, "no suitable plugins found") {
		return &Error{Kind: NoVideo, Element: e.Element, Text: "only sound or text", Debug: e.Debug}
	}
	return e
}

// isSideStream says that the caps of a missing decoder are of no interest to
// whoever wants pictures.
func isSideStream(caps string) bool {
	return slices.ContainsFunc([]string{"audio/", "text/", "subpicture/", "application/x-id3"}, func(p string) bool {
		return strings.HasPrefix(caps, p)
	})
}

// report copies an error or warning message.
func report(msg *C.GstMessage) *Error {
	var gerr *C.GError
	var debug *C.gchar
	if msg._type == C.GST_MESSAGE_WARNING {
		C.gst_message_parse_warning(msg, &gerr, &debug)
	} else {
		C.gst_message_parse_error(msg, &gerr, &debug)
	}
	defer C.g_error_free(gerr)
	defer C.g_free(C.gpointer(debug))
	return &Error{
		Kind:    kindOf(C.GoString(C.g_quark_to_string(gerr.domain)), int(gerr.code)),
		Element: sourceOf(msg),
		Text:    strings.TrimSpace(C.GoString(gerr.message)),
		Debug:   strings.TrimSpace(C.GoString(debug)),
	}
}

func sourceOf(msg *C.GstMessage) string {
	if msg.src == nil {
		return "pipeline"
	}
	return C.GoString(msg.src.name)
}

// missingPlugin reads what decodebin posts where it finds no decoder, nil where
// the message is about something else.
func missingPlugin(msg *C.GstMessage) *Error {
	st := C.gst_message_get_structure(msg)
	if st == nil || C.GoString(C.gst_structure_get_name(st)) != "missing-plugin" {
		return nil
	}
	e := &Error{Kind: MissingPlugin, Element: sourceOf(msg), Text: field(st, "name")}
	detail := C.CString("detail")
	defer C.free(unsafe.Pointer(detail))
	text := C.g_strdup_value_contents(C.gst_structure_get_value(st, detail))
	defer C.g_free(C.gpointer(text))
	e.Debug = strings.Trim(C.GoString(text), `"`)
	e.Package = Package(e.Debug)
	return e
}

func field(st *C.GstStructure, name string) string {
	key := C.CString(name)
	defer C.free(unsafe.Pointer(key))
	return C.GoString(C.gst_structure_get_string(st, key))
}

func kindOf(domain string, code int) Kind {
	switch domain {
	case "gst-resource-error-quark":
		switch code {
		case C.GST_RESOURCE_ERROR_NOT_FOUND:
			return NotFound
		case C.GST_RESOURCE_ERROR_NOT_AUTHORIZED:
			return Auth
		case C.GST_RESOURCE_ERROR_NO_SPACE_LEFT:
			return DiskFull
		}
	case "gst-stream-error-quark":
		switch code {
		case C.GST_STREAM_ERROR_CODEC_NOT_FOUND:
			return MissingPlugin
		case C.GST_STREAM_ERROR_TYPE_NOT_FOUND, C.GST_STREAM_ERROR_WRONG_TYPE:
			return NoVideo
		case C.GST_STREAM_ERROR_DEMUX, C.GST_STREAM_ERROR_DECODE:
			return Damaged
		}
	case "gst-core-error-quark":
		if code == C.GST_CORE_ERROR_MISSING_PLUGIN {
			return MissingPlugin
		}
	}
	return Other
}
