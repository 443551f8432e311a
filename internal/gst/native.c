//go:build !nogst

// What go-gst lacks: samples without wrapper objects, GstVideoMeta,
// GstReferenceTimestampMeta, a look at the decoder before it starts.
#include "native.h"
#include <string.h>

static void read_times(GstElement *sink, BraidSample *s) {
  GstBuffer *buf = gst_sample_get_buffer(s->sample);
  GstSegment *seg = gst_sample_get_segment(s->sample);
  GstClockTime at = GST_CLOCK_TIME_NONE, now = gst_element_get_current_running_time(sink);
  GstReferenceTimestampMeta *ref = gst_buffer_get_reference_timestamp_meta(buf, NULL);
  s->pts = s->ntp = -1;
  s->duration = GST_BUFFER_DURATION(buf); // GST_CLOCK_TIME_NONE, and what is made of it, is -1
  if (seg->format == GST_FORMAT_TIME) {
    s->pts = gst_segment_to_stream_time(seg, GST_FORMAT_TIME, GST_BUFFER_PTS(buf));
    at = gst_segment_to_running_time(seg, GST_FORMAT_TIME, GST_BUFFER_PTS(buf));
  }
  s->timed = GST_CLOCK_TIME_IS_VALID(at) && GST_CLOCK_TIME_IS_VALID(now);
  s->age = GST_CLOCK_DIFF(at, now);
  if (ref && gst_structure_has_name(gst_caps_get_structure(ref->reference, 0), "timestamp/x-ntp")) s->ntp = ref->timestamp;
}

int braid_pull(GstElement *sink, BraidSample *s, guint64 timeout_ns) {
  GstVideoInfo info;
  s->sample = gst_app_sink_try_pull_sample(GST_APP_SINK(sink), timeout_ns);
  if (!s->sample) return gst_app_sink_is_eos(GST_APP_SINK(sink)) ? BRAID_EOS : BRAID_NONE;
  GstBuffer *buf = gst_sample_get_buffer(s->sample);
  if (!gst_video_info_from_caps(&info, gst_sample_get_caps(s->sample)) || !gst_video_frame_map(&s->frame, &info, buf, GST_MAP_READ)) {
    g_clear_pointer(&s->sample, gst_sample_unref);
    return BRAID_BAD;
  }
  read_times(sink, s);
  return BRAID_SAMPLE;
}

void braid_unpull(BraidSample *s) {
  if (!s->sample) return;
  gst_video_frame_unmap(&s->frame);
  g_clear_pointer(&s->sample, gst_sample_unref);
}

static void set_turn(BraidSample *s, int lockstep, int asked) {
  g_mutex_lock(&s->lock);
  s->asked = asked;
  if (!lockstep) s->lockstep = 0;
  g_cond_broadcast(&s->turn);
  g_mutex_unlock(&s->lock);
}

void braid_ask(BraidSample *s) { set_turn(s, 1, 1); }
void braid_release(BraidSample *s) { set_turn(s, 0, 1); }

static GstPadProbeReturn on_input(GstPad *pad, GstPadProbeInfo *info, gpointer data) {
  BraidSample *s = data;
  g_atomic_int_inc(&s->input);
  g_mutex_lock(&s->lock);
  while (s->lockstep && !s->asked) g_cond_wait(&s->turn, &s->lock);
  g_mutex_unlock(&s->lock);
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn on_output(GstPad *pad, GstPadProbeInfo *info, gpointer s) {
  set_turn(s, 1, 0);
  return GST_PAD_PROBE_OK;
}

// The first video parser or decoder of the pipeline counts what goes in.
static void on_element(GstBin *top, GstBin *sub, GstElement *e, BraidSample *s) {
  const gchar *klass = gst_element_get_metadata(e, GST_ELEMENT_METADATA_KLASS);
  GstPad *pad = gst_element_get_static_pad(e, "sink");
  if (pad && (strstr(klass, "Video") || strstr(klass, "Image")) && (strstr(klass, "Decoder") || strstr(klass, "Parser"))) {
    if (g_atomic_int_compare_and_exchange(&s->watched, 0, 1)) gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, on_input, s, NULL);
    if (strstr(klass, "Decoder")) {
      g_atomic_pointer_set(&s->decoder, g_intern_string(GST_OBJECT_NAME(gst_element_get_factory(e))));
      if (s->threads && g_object_class_find_property(G_OBJECT_GET_CLASS(e), "max-threads")) g_object_set(e, "max-threads", s->threads, NULL);
    }
  }
  g_clear_object(&pad);
}

// Padded planes are fine here, so the decoder may hand out its own pictures.
static GstPadProbeReturn on_query(GstPad *pad, GstPadProbeInfo *info, gpointer data) {
  GstQuery *q = GST_PAD_PROBE_INFO_QUERY(info);
  if (GST_QUERY_TYPE(q) != GST_QUERY_ALLOCATION) return GST_PAD_PROBE_OK;
  gst_query_add_allocation_meta(q, GST_VIDEO_META_API_TYPE, NULL);
  return GST_PAD_PROBE_HANDLED;
}

void braid_prepare(GstElement *pipeline, GstElement *sink, BraidSample *s) {
  GstPad *pad = gst_element_get_static_pad(sink, "sink");
  g_mutex_init(&s->lock);
  g_cond_init(&s->turn);
  if (s->lockstep) gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, on_output, s, NULL);
  g_signal_connect(pipeline, "deep-element-added", G_CALLBACK(on_element), s);
  gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM, on_query, NULL, NULL);
  gst_object_unref(pad);
}

// A sink that shows no frame at its time has no latency itself, so what is before it is asked.
gboolean braid_live(GstElement *sink) {
  GstPad *pad = gst_element_get_static_pad(sink, "sink");
  GstQuery *q = gst_query_new_latency();
  gboolean live = FALSE;
  if (gst_pad_peer_query(pad, q)) gst_query_parse_latency(q, &live, NULL, NULL);
  gst_query_unref(q);
  gst_object_unref(pad);
  return live;
}
