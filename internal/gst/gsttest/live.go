//go:build e2e && !nogst

// Package gsttest looks for GStreamer objects that a test has left behind.
package gsttest

/*
#cgo pkg-config: gstreamer-1.0
#include <gst/gst.h>
#include <stdlib.h>

// count puts the number of live objects of each type into the structure.
static GstStructure *live(void) {
  GstStructure *found = NULL;
  GList *tracers = gst_tracing_get_active_tracers();
  for (GList *t = tracers; t; t = t->next) {
    if (g_strcmp0(G_OBJECT_TYPE_NAME(t->data), "GstLeaksTracer") == 0) g_signal_emit_by_name(t->data, "get-live-objects", &found);
  }
  g_list_free_full(tracers, gst_object_unref);
  return found;
}

static guint size(const GValue *list) { return gst_value_list_get_size(list); }

static const gchar *kind(const GValue *list, guint i) {
  const GstStructure *s = gst_value_get_structure(gst_value_list_get_value(list, i));
  const GValue *object = gst_structure_get_value(s, "object");
  return G_VALUE_TYPE_NAME(object);
}
*/
import "C"

import (
	"os"
	"testing"
	"unsafe"
)

// Trace has GStreamer keep a list of its objects. It must be called before
// GStreamer is used for the first time in the process.
func Trace(t testing.TB) {
	t.Helper()
	if err := os.Setenv("GST_TRACERS", "leaks"); err != nil { //nolint:usetesting // GStreamer reads it once, for all tests of the process
		t.Fatal(err)
	}
}

// Live counts the objects that are alive, by type. Types of which there always are
// some, such as caps of pad templates, are among them: compare two counts.
func Live(t testing.TB) map[string]int {
	t.Helper()
	s := C.live()
	if s == nil {
		t.Fatal("GStreamer's leaks tracer does not run: it comes with libgstreamer1.0-0")
	}
	defer C.gst_structure_free(s)
	name := C.CString("live-objects-list")
	defer C.free(unsafe.Pointer(name))
	list := C.gst_structure_get_value(s, name)
	out := map[string]int{}
	for i := range C.size(list) {
		out[C.GoString((*C.char)(C.kind(list, i)))]++
	}
	return out
}
