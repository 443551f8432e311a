package archtest

// layer says which packages of the module the packages of a pattern may import.
// Where several patterns fit the longest holds.
type layer struct {
	pattern string
	may     []string
	why     string // printed when it is broken: what the rule protects
}

const (
	whyDoc = "each package opens with what it owns and what it does not"
	whyCgo = "cgo lives in cuda, accel/openvino and internal/gst, so that all else builds, is tested and cross-compiles without C; " +
		"a library is opened at run time behind its own package"
	whySupport = "a package named test… or …test is a helper of tests and must not be in the program"
	whyLeaf    = "it is a leaf, which everybody may use because it uses nobody"
	whySource  = "a source ends at its Gate: it knows frames, not networks, sinks or the program around it"
	whyScene   = "a scene is put together in source/synth: what stands, what moves and what bodies look like do not know each other's drawing"
	whyStage   = "the graph core sees neither a backend, nor GStreamer, nor NATS: a stage gets frames and accel's interfaces, app gives it the rest"
	whySink    = "a sink takes messages of sink/wire: it knows nothing of how they came to be, so a sink can be added or left out alone"
	whyBackend = "a backend is known by accel's interfaces only: siblings never import each other, app picks one"
	whyPlan    = "planning is pure: profiles in, plan out; it must run without any device runtime"
)

var layers = []layer{
	{"cmd/braid", []string{"internal/app", "internal/logging"}, "a command reads flags and calls internal/app; it holds no logic"},
	{"internal/app", []string{
		"accel", "accel/...", "cuda", "cuda/nvml", "internal/...", "models/cards", "sink", "sink/...", "source", "source/...", "stages", "stages/...",
	}, "app puts the parts together and is imported by commands only"},

	{"source", []string{"internal/frame"}, whySource},
	{"source/...", []string{"source", "internal/frame"}, whySource},
	{"source/video", []string{"source", "internal/frame", "internal/gst", "internal/redact"}, whySource},

	{"source/synth", []string{"source", "internal/frame", "source/synth/..."}, whySource},
	{"source/synth/dice", nil, "the numbers of a seed are for ever: " + whyLeaf},
	{"source/synth/mesh", nil, "shapes know neither camera nor street: " + whyLeaf},
	{"source/synth/raster", []string{"source/synth/mesh"}, whyScene},
	{"source/synth/street", []string{"source/synth/dice", "source/synth/mesh", "source/synth/raster"}, whyScene},
	{"source/synth/actor", []string{"source/synth/dice", "source/synth/mesh"}, whyScene},
	{"source/synth/backdrop", []string{"source/synth/dice", "source/synth/mesh", "source/synth/raster", "source/synth/street"}, whyScene},
	{"source/synth/traffic", []string{"source/synth/dice", "source/synth/mesh", "source/synth/street", "source/synth/actor"}, whyScene},

	{"stages", []string{"accel", "internal/frame", "internal/histogram"}, whyStage},
	{"stages/...", []string{"stages", "accel", "internal/frame"}, whyStage},

	{"sink", []string{"sink/wire", "internal/frame"}, whySink},
	{"sink/...", []string{"sink", "sink/wire"}, whySink},
	{"sink/natsink", []string{"sink", "sink/wire", "sink/natsconn", "sink/spool"}, whySink},
	{"sink/embedded", []string{"sink", "sink/wire", "sink/natsconn", "internal/dirlock"}, whySink},
	{"sink/spool", []string{"internal/dirlock"}, "a queue on disk keeps records and need not know what is in them"},
	{"sink/subscribe", []string{"sink/wire", "sink/natsconn"}, whySink},
	{"sink/control", []string{"sink/wire", "sink/natsconn"}, whySink},
	{"sink/wire", nil, "messages are what subscribers rely on: " + whyLeaf},
	{"sink/video", []string{"sink", "sink/wire", "internal/frame", "internal/gst"}, whySink},

	{"accel", nil, "accel is types and interfaces: " + whyLeaf},
	{"accel/...", []string{"accel"}, whyBackend},
	{"accel/network/...", []string{"accel", "accel/network", "accel/network/onnxpb"}, whyBackend},
	{"accel/network/darknet", []string{"accel", "accel/network", "accel/network/onnxpb", "internal/strict"}, "an importer reads one format and writes ONNX; it names the nearest known word as every reader of files does"},
	{"accel/network", []string{"accel", "accel/network/onnxpb", "accel/network/infer"}, whyBackend},
	{"accel/network/quantize", []string{"accel", "accel/network", "accel/network/infer", "accel/network/onnxpb"}, "it changes the graph of a file and needs what infer reads of small constants; what runs the network is given by app"},
	{"accel/network/infer", []string{"accel", "accel/network/onnxpb"}, "it knows one node at a time: which tensors there are is accel/network's"},
	{"accel/ort", []string{"accel", "accel/hostcpu", "internal/sharedlib"}, whyBackend},
	{"accel/openvino", []string{"accel", "accel/hostcpu", "accel/enginecache", "internal/sharedlib"}, whyBackend},
	{"accel/trt", []string{"accel", "accel/network", "accel/enginecache", "accel/trt/...", "cuda"}, whyBackend},
	{"accel/trt/dla", []string{"accel", "accel/network"}, "what a DLA runs is published facts about networks: it must be known where there is neither TensorRT nor a DLA"},
	{"accel/enginecache", []string{"accel", "internal/atomicfile"}, "it keeps bytes and their descriptions, and need not know who builds them"},
	{"accel/plan", []string{"accel", "internal/strict"}, whyPlan},
	{"accel/plan/search", []string{"accel", "accel/plan", "internal/strict"}, whyPlan},
	{"accel/plan/whatif", []string{"accel", "accel/plan"}, whyPlan},
	{"accel/plan/jedi", []string{"accel", "accel/plan", "internal/strict"}, "an import is a plan of another program, read and translated: the numbers of layers are given to it by who knows the network"},
	{"accel/sim", []string{"accel", "accel/network", "accel/plan", "accel/sim/des", "accel/trt/dla", "internal/strict"}, "a simulated device is declared by files and judged by published rules: the times are a plan's profile, the results another backend's, which is given to it"},
	{"accel/sim/des", nil, "the simulator knows frames and times, not what they stand for: " + whyLeaf},
	{"accel/profile", []string{"accel", "accel/plan"}, "a measurement fills the planner's Profile and needs nothing else: devices come as accel interfaces"},

	{"cuda", []string{"internal/sharedlib"}, "cuda is the door to a C ABI: it finds its library as others find theirs, and knows nobody else"},
	{"cuda/nvml", nil, "the driver's gauges of a GPU know neither plans nor runtimes: " + whyLeaf},

	{"internal/frame", nil, whyLeaf},
	{"internal/histogram", nil, "waits of stages and ages of messages are counted alike, and read alike by all who export them: " + whyLeaf},
	{"internal/strict", nil, whyLeaf},
	{"internal/sharedlib", nil, "libraries are sought alike by all who open one at run time: " + whyLeaf},
	{"internal/logging", nil, whyLeaf},
	{"internal/redact", nil, whyLeaf},
	{"internal/doctor", nil, "doctor's checks are given as functions, so that they can be tested where nothing is missing: " + whyLeaf},
	{"internal/gst", []string{"internal/frame"}, "it wraps GStreamer for source/video and sink/video and knows neither"},
	{"internal/atomicfile", nil, whyLeaf},
	{"internal/dirlock", nil, whyLeaf},
	{"internal/card", []string{"internal/atomicfile", "internal/strict", "accel"}, "a model's card is read by app and by tools alike: it must not drag them in"},
	{"internal/fetch", []string{"internal/redact"}, "it downloads any file that has a SHA-256 and need not know what it is"},
	{"models/cards", nil, "it is data that the program carries: " + whyLeaf},
	{"internal/coco", []string{"internal/atomicfile"}, "a file format knows no one who fills it"},
	{"internal/accuracy", []string{"internal/coco", "sink/wire"}, "accuracy holds messages against a truth and needs no model: what was recorded is judged like what is running"},
	{"internal/config", []string{"internal/redact", "internal/strict", "source", "sink/wire"}, "a configuration is read before anything starts: it may name policies and slugs, and builds nothing"},
	{"internal/truth", []string{"internal/coco", "source/synth", "source/synth/actor", "source/synth/dice"}, "the truth of scenes in the form that evaluation and training read"},
	{"internal/metrics", []string{"internal/frame", "internal/histogram"}, "it names what is counted and counts nothing: app gives it what there is"},
	{"internal/bench", nil, "the arithmetic of a measurement must be testable without measuring: " + whyLeaf},
	{"internal/archtest", nil, whyLeaf},
	{"internal/testdata", nil, whyLeaf},
}

// library says which packages may import a module from outside.
type library struct {
	path  string   // module or the part of it that the rule is for
	homes []string // packages whose product code may import it
	tests bool     // tests and their helpers may import it anywhere
	why   string
}

const whyTestOnly = "it is a tool of tests and must not be in the program"

var libraries = []library{
	{"github.com/tinyzimmer", []string{"internal/gst"}, false, "go-gst leaves memory to finalizers, which come too late or too early; internal/gst frees by hand and is the one place to get this right"},
	{"github.com/yalue/onnxruntime_go", []string{"accel/ort"}, false, "its environment is one per process and its tensors may hold Go memory: accel/ort owns both"},
	{"github.com/nats-io/nats.go", []string{"sink/natsconn", "sink/natsink", "sink/embedded", "sink/subscribe", "sink/control"}, true, "NATS stays behind the sinks, so that all else runs and is tested without it"},
	{"github.com/nats-io/nkeys", []string{"sink/natsconn"}, true, "who we are to a NATS server is natsconn's business"},
	{"github.com/nats-io/nats-server", []string{"sink/embedded"}, true, "the embedded server is one sink's business"},
	{"github.com/prometheus", []string{"internal/metrics"}, true, "metrics are exported in one place, so that another monitoring system needs one other place"},
	{"github.com/spf13/viper", []string{"internal/config"}, false, "viper lower-cases keys and merges silently: internal/config hides it behind strict structs"},
	{"github.com/spf13/cobra", []string{"cmd/braid"}, false, "commands are the outermost layer; app takes plain options"},
	{"github.com/spf13/pflag", []string{"cmd/braid", "internal/config"}, false, "flags are read by commands and by the configuration's precedence only"},
	{"github.com/fsnotify/fsnotify", []string{"internal/app"}, false, "a running service follows its configuration file; nothing else waits for files"},
	{"github.com/jedib0t/go-pretty", []string{"internal/app", "cmd/braid"}, false, "tables and progress bars are drawn by app; other parts return values"},
	{"google.golang.org/protobuf", []string{"accel/network", "accel/network/..."}, true, "ONNX files are read and written by accel/network only"},
	{"github.com/google/jsonschema-go", []string{"internal/config", "internal/app"}, true, "schemas describe the configuration and messages; nothing on the frame path needs them"},
	{"go.yaml.in/yaml", []string{"internal/app", "internal/strict", "internal/card", "internal/config", "accel/plan", "accel/sim"}, true, "YAML is decoded strictly through internal/strict, so that an unknown key is an error everywhere"},
	{"golang.org/x/image", []string{"sink/video"}, false, "text is drawn on clips only; results are data"},
	{"golang.org/x/sync", []string{"internal/...", "sink", "sink/...", "source", "source/...", "stages", "stages/...", "accel/..."}, true, "accel and cmd start no goroutines"},
	{"golang.org/x/sys", []string{"internal/...", "accel/...", "cuda"}, true, "system calls stay with those that own memory, devices or files"},
	{"golang.org/x/term", []string{"internal/app", "internal/logging", "cmd/braid"}, false, "whether there is a terminal decides how app draws, and nothing else"},
	{"github.com/nats-io/jwt", nil, true, whyTestOnly},
	{"github.com/bluenviron", nil, true, whyTestOnly},
	{"github.com/pion", nil, true, whyTestOnly},
	{"pgregory.net/rapid", nil, true, whyTestOnly},
	{"go.uber.org/goleak", nil, true, whyTestOnly},
}

// cgoHomes are the packages with C of their own. cuda/cudatest is for tests: the
// stand-in for CUDA calls back into Go for what a network computes. So is
// internal/gst/gsttest: GStreamer's list of live objects is not to be had from Go.
var cgoHomes = []string{"accel/openvino", "cuda", "cuda/cudatest", "cuda/nvml", "internal/gst", "internal/gst/gsttest"}
