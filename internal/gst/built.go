//go:build !nogst

package gst

// Built says whether this program can play video.
const Built = true
