package metrics

import "github.com/prometheus/client_golang/prometheus"

// describe makes the description of a metric of braid's.
func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("braid_"+name, help, labels, nil)
}

// The metrics. A name is for ever: dashboards and alerts are written with it.
var (
	buildInfo = describe("build_info", "1, with the version of the program.", "version")

	cameraState   = describe("camera_state", "1 for the state that the camera is in.", "camera", "state")
	cameraAttempt = describe("camera_attempts", "Tries to connect since the camera last played well.", "camera")

	received  = describe("frames_received_total", "Frames that the camera sent.", "camera")
	published = describe("frames_published_total", "Frames whose message every sink took.", "camera")
	dropped   = describe("frames_dropped_total", "Frames that were given up: before inference, or (spool) before the server had their message.", "camera", "reason")
	failed    = describe("frames_failed_total", "Frames that failed in a stage or sink.", "camera", "where")
	inFlight  = describe("frames_in_flight", "Frames between their camera and their server, those on disk among them.", "camera")
	waiting   = describe("camera_queue_frames", "Frames of the camera that wait for the graph.", "camera")
	age       = describe("message_age_seconds", "From the capture of a frame to its message.", "camera")

	busy     = describe("stage_busy_seconds", "Time that a worker had one frame.", "model", "stage")
	blocked  = describe("stage_blocked_seconds", "Time that a worker waited for room behind it, frame by frame.", "model", "stage")
	starved  = describe("stage_starved_seconds", "Time that a worker waited for a frame.", "model", "stage")
	workers  = describe("stage_workers", "Workers of the stage.", "model", "stage", "on")
	queued   = describe("stage_queue_frames", "Frames that wait behind the stage.", "model", "stage")
	capacity = describe("stage_queue_capacity", "Frames that may wait behind the stage.", "model", "stage")

	connected = describe("sink_connected", "1 while the sink's server is connected.", "sink")
	pending   = describe("sink_pending_messages", "Messages that the server has not confirmed yet.", "sink")
	spooled   = describe("sink_spooled_messages", "Messages that wait on disk for the server.", "sink")
	lost      = describe("sink_dropped_messages_total", "Messages that the sink gave up, also those that an earlier process left on disk.", "sink")
)

// all are the metrics, for the registry.
var all = []*prometheus.Desc{
	buildInfo, cameraState, cameraAttempt, received, published, dropped, failed, inFlight, waiting, age,
	busy, blocked, starved, workers, queued, capacity, connected, pending, spooled, lost,
}
