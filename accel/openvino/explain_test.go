package openvino

import "testing"

func TestExplained(t *testing.T) {
	for message, want := range map[string]string{
		"Exception from src/inference/src/cpp/core.cpp:105:\nException from src/inference/src/model_reader.cpp:188:\nUnable to read the model. Please check if the model format is supported and model is correct.\n\n\n": "Unable to read the model. Please check if the model format is supported and model is correct.",
		"Exception from src/inference/src/cpp/core.cpp:268:\nCheck '!m_device_map.empty()' failed at src/plugins/intel_gpu/src/plugin/plugin.cpp:559:\n[GPU] Can't get\tFULL_DEVICE_NAME.\n":                              "[GPU] Can't get FULL_DEVICE_NAME.",
		"plain": "plain",
		"Exception from src/inference/a.cpp:7:\n": "Exception from src/inference/a.cpp:7:",
		"": "",
	} {
		if got := explained(message); got != want {
			t.Errorf("%q is %q, want %q", message, got, want)
		}
	}
}

func TestNodeOf(t *testing.T) {
	for layer, want := range map[string]string{
		"Slice_4":                                   "Slice_4",
		"Conv_41/WithoutBiases":                     "Conv_41",
		"/model.0/conv/Conv/WithoutBiases":          "/model.0/conv/Conv",
		"Concat_40_abcd_acdb_Conv_41/WithoutBiases": "Conv_41",
		"Concat_331_acdb_abcd_Reshape_405":          "Reshape_405",
		"/a/Relu_abcd_aBcd8b_/a/Conv":               "/a/Conv",
		"conv1_ABcd8b8a_abcd_out":                   "out",
		"bad_cafe_1":                                "bad_cafe_1",
		"Convolution_123":                           "Convolution_123",
	} {
		if got := nodeOf(layer); got != want {
			t.Errorf("%q is of %q, want %q", layer, got, want)
		}
	}
}
