//go:build !nogst

#include <gst/app/gstappsink.h>
#include <gst/video/video.h>

// A mapped sample, times in nanoseconds, -1 where unknown; and what the decoder
// is told and tells: threads, the buffers that went into it.
typedef struct {
  GstSample *sample;
  GstVideoFrame frame;
  gint64 pts, duration, age, ntp;
  int timed, threads;
  gint input, watched;
  const char *decoder;
  int lockstep, asked; // asked under lock
  GMutex lock;
  GCond turn;
} BraidSample;

enum { BRAID_NONE, BRAID_SAMPLE, BRAID_EOS, BRAID_BAD };
int braid_pull(GstElement *sink, BraidSample *s, guint64 timeout_ns);
void braid_unpull(BraidSample *s);
void braid_prepare(GstElement *pipeline, GstElement *sink, BraidSample *s);
void braid_ask(BraidSample *s);     // lets the decoder work on one frame
void braid_release(BraidSample *s); // lets it run on, to the end
gboolean braid_live(GstElement *sink);
