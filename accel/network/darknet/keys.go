package darknet

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"braid/internal/strict"
)

// keys says what a section may hold.
type keys struct {
	used    []string          // that the import reads
	ignored []string          // that only matter in training, or say how darknet runs
	fixed   map[string]string // that would change the result, of which the import takes this value only
}

// anyLayer are the keys that every section but [net] may hold.
var anyLayer = keys{
	ignored: words("burnin_update clip dont_update learning_rate onlyforward stopbackward stream train_only_bn wait_stream"),
	fixed:   map[string]string{"dontload": "0", "dontloadscales": "0"},
}

// known lists the keys of each section, by its full name.
var known = map[string]keys{
	"net": {
		used: words("channels height letter_box width"),
		ignored: words("B1 B2 adam adversarial_lr angle aspect attention augment_speed badlabels_rejection_percentage batch blur burn_in " +
			"center clip contrastive contrastive_color contrastive_jit_flip cutmix decay dynamic_minibatch ema_alpha eps equidistant_point " +
			"exposure flip gamma gaussian_noise hue inputs label_smooth_eps learning_rate learning_rate_min loss_scale max_batches " +
			"max_chart_loss max_crop max_ratio min_crop min_ratio mixup momentum mosaic mosaic_bound notruth num_sigmas_reject_badlabels " +
			"optimized_memory policy power random resize_step saturation scale scales seq_scales sequential_subdivisions sgdr_cycle sgdr_mult " +
			"show_receptive_field step steps subdivisions track try_fix_nan unsupervised use_cuda_graph weights_reject_freq workspace_size_limit_MB"),
		fixed: map[string]string{"time_steps": "1"},
	},
	"convolutional": {
		used:    words("activation batch_normalize cbn dilation filters groups pad padding size stride stride_x stride_y"),
		ignored: words("angle assisted_excitation dot grad_centr reverse"),
		fixed: map[string]string{
			"antialiasing": "0", "bin_output": "0", "binary": "0", "coordconv": "0", "flipped": "0", "rotate": "0",
			"share_index": "-1000000000", "stretch": "0", "stretch_sway": "0", "sway": "0", "xnor": "0",
		},
	},
	"maxpool": {
		used:  words("padding size stride stride_x stride_y"),
		fixed: map[string]string{"antialiasing": "0", "maxpool_depth": "0", "maxpool_zero_nonmax": "0", "out_channels": "1"},
	},
	"avgpool": {},
	"route":   {used: words("group_id groups layers")},
	"shortcut": {
		used:    words("activation from"),
		ignored: words("weights_normalization"), // of weights that there must not be
		fixed:   map[string]string{"alpha": "1", "beta": "1", "weights_type": "none"},
	},
	"scale_channels": {used: words("activation from scale_wh")},
	"sam":            {used: words("activation from")},
	"upsample":       {used: words("stride"), fixed: map[string]string{"scale": "1"}},
	"reorg":          {used: words("stride"), fixed: map[string]string{"extra": "0", "flatten": "0", "reverse": "0"}},
	"reorg3d":        {used: words("stride"), fixed: map[string]string{"reverse": "0"}},
	"dropout":        {ignored: words("dropblock dropblock_size_abs dropblock_size_rel probability")},
	"yolo": {
		used: words("anchors beta_nms classes mask new_coords nms_kind num scale_x_y"),
		ignored: words("cls_normalizer counters_per_class delta_normalizer dets_for_show dets_for_track embedding_layer focal_loss " +
			"ignore_thresh iou_loss iou_normalizer iou_thresh iou_thresh_kind jitter label_smooth_eps map max max_delta obj_normalizer " +
			"objectness_smooth random resize show_details sim_thresh track_ciou_norm track_history_size truth_thresh"),
	},
	"region": {
		used: words("anchors classes num softmax"),
		ignored: words("absolute bias_match class_scale classfix coord_scale focal_loss jitter log map mask_scale max noobject_scale " +
			"object_scale random rescore resize sqrt thresh"),
		fixed: map[string]string{"background": "0", "coords": "4"},
	},
}

// alias are the short names of sections.
var alias = map[string]string{"network": "net", "conv": "convolutional", "max": "maxpool", "avg": "avgpool"}

// unsupported are sections of darknet that the import does not take.
var unsupported = words("Gaussian_yolo activation batchnorm conn connected contrastive conv_lstm cost crnn crop deconv deconvolutional " +
	"detection empty gru history implicit iseg l2norm local local_avg local_avgpool logistic lrn lstm normalization rnn silence soft softmax")

// checkSection gives a section its full name and holds its keys against the
// table.
func checkSection(s *section) error {
	if full, ok := alias[s.name]; ok {
		s.name = full
	}
	table, ok := known[s.name]
	if !ok {
		if slices.Contains(unsupported, s.name) {
			return fmt.Errorf("sections of this kind are not supported, known: %s", strings.Join(kinds(), ", "))
		}
		return fmt.Errorf("unknown section%s", strict.Suggest(s.name, kinds()))
	}
	if s.name != "net" {
		table.ignored = slices.Concat(table.ignored, anyLayer.ignored)
		table.fixed = maps.Clone(table.fixed)
		if table.fixed == nil {
			table.fixed = map[string]string{}
		}
		maps.Copy(table.fixed, anyLayer.fixed)
	}
	for i := range s.options {
		if err := table.check(&s.options[i]); err != nil {
			return &lineError{s.options[i].line, err}
		}
	}
	return nil
}

// check refuses an option that is not in the table, or has another value than it
// must.
func (k keys) check(o *option) error {
	if want, ok := k.fixed[o.key]; ok {
		if o.value != want && !sameNumber(o.value, want) {
			return fmt.Errorf("%s=%s is not supported, only %s=%s", o.key, clip(o.value), o.key, want)
		}
		return nil
	}
	if slices.Contains(k.used, o.key) || slices.Contains(k.ignored, o.key) {
		return nil
	}
	all := slices.Concat(k.used, k.ignored, slices.Collect(maps.Keys(k.fixed)))
	slices.Sort(all)
	return fmt.Errorf("unknown key %s%s", clip(o.key), strict.Suggest(o.key, all))
}

// sameNumber says whether two texts are one number, such as 1 and 1.0.
func sameNumber(a, b string) bool {
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	return errX == nil && errY == nil && x == y
}

// kinds are the sections that the import takes, but for [net].
func kinds() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(known)), func(k string) bool { return k == "net" })
}

func words(text string) []string { return strings.Fields(text) }
