package jedi

// branch is where a knob is from.
type branch int

const (
	master branch = iota
	onnx          // onnx_support of 2023 and what came after
)

// knob is a setting of an instance.
type knob struct {
	name string
	from branch
	// lacks says why no plan has a counterpart; "" for those that become a part of it.
	lacks string
}

// What braid does where JEDI has knobs that no plan needs.
const (
	inCard   = "the model card says it"
	inInput  = "what is analysed is an argument of batch and run, not of a plan"
	inImport = "the file is an argument of 'braid model import darknet'"
	byEngine = "an option of the runtime that builds for the device; braid chooses it"
	byRange  = "a plan has a precision and a device for a segment, not for layers: cut at both ends of the range"
	byINT8   = "braid takes a quantized model (QDQ nodes in the ONNX file), not a calibration"
)

// knobs are all of them, in the order in which they are reported.
var knobs = []knob{
	{"network_name", master, inCard + ": the head's kind and anchors"},
	{"app_type", master, inCard + ": the head's kind"},
	{"device_num", master, ""},
	{"cut_points", master, ""},
	{"devices", master, ""},
	{"dla_cores", master, ""},
	{"streams", master, ""},
	{"data_type", master, ""},
	{"buffer_num", master, ""},
	{"pre_thread_num", master, ""},
	{"post_thread_num", master, ""},
	{"batch", master, ""},
	{"batch_thread_num", master, "prep fills one frame at a time; prep.workers is pre_thread_num"},
	{"model_type", onnx, ""},
	{"cfg_path", master, inImport},
	{"bin_path", master, inImport + ": weights in darknet's form, where tkDNN has a form of its own"},
	{"onnx_file_path", onnx, "the model is chosen by --model"},
	{"quantized_onnx_file_path", onnx, "a quantized network is a model of its own, chosen by --model"},
	{"name_path", master, inCard + ": labels"},
	{"label_path", onnx, inCard + ": labels"},
	{"image_preprocessing", onnx, inCard + ": input.resize, mean and std"},
	{"resize_interpolation", onnx, inCard + ": resizing is bilinear"},
	{"crop_base_size", onnx, inCard + ": input.resize has no crop"},
	{"image_path", master, inInput},
	{"offset", master, inInput},
	{"sample_size", master, inInput + ": --max-frames"},
	{"model_dir", master, "a folder for built engines; braid has $BRAID_CACHE_DIR"},
	{"timing_cache_path", onnx, "a file of the builder; braid has $BRAID_CACHE_DIR"},
	{"calib_table", master, byINT8},
	{"calib_image_path", master, byINT8},
	{"calib_images_num", master, byINT8},
	{"opencv_parallel_num", master, "braid's prep has no threads besides prep.workers"},
	{"aux_streams", onnx, byEngine},
	{"cuda_graphs", onnx, byEngine},
	{"dla_sram_sizes", onnx, byEngine},
	{"optimization_cfg_path", onnx, "shapes are fixed: a symbolic input gets the card's size and batch 1"},
	{"save_layer_info", onnx, byEngine},
	{"fp16_ranges", onnx, byRange},
	{"fp32_ranges", onnx, byRange},
	{"gpu_ranges", onnx, byRange},
}

func known() (names []string) {
	for _, k := range knobs {
		names = append(names, k.name)
	}
	return names
}

func lookup(name string) (knob, bool) {
	for _, k := range knobs {
		if k.name == name {
			return k, true
		}
	}
	return knob{}, false
}
