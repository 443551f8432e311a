// Package darknettest draws cfg files of darknet for property tests.
package darknettest

import (
	"fmt"
	"strings"

	"pgregory.net/rapid"
)

// Cfg draws a cfg file of up to ten layers and one head. Most are networks;
// in some, layers do not fit each other.
func Cfg(t *rapid.T) string {
	var text strings.Builder
	fmt.Fprintf(&text, "[net]\nwidth=%d\nheight=%d\n", rapid.IntRange(8, 24).Draw(t, "width"), rapid.IntRange(8, 24).Draw(t, "height"))
	layers := rapid.IntRange(1, 10).Draw(t, "layers")
	last := ""
	for i := range layers {
		kinds := []func(*rapid.T, int) string{convolution, maxpool, move}
		if i > 0 {
			kinds = append(kinds, join)
		}
		if strings.HasPrefix(last, "[convolutional]") { // products of products leave every range
			kinds = append(kinds, product)
		}
		last = rapid.SampledFrom(kinds).Draw(t, "kind")(t, i)
		text.WriteString(last)
	}
	text.WriteString("[convolutional]\nfilters=14\nactivation=linear\n[yolo]\nclasses=2\nnum=2\nanchors=3,4,5,6\n")
	return text.String()
}

func convolution(t *rapid.T, _ int) string {
	return fmt.Sprintf("[convolutional]\nfilters=%d\nsize=%d\nstride=%d\npad=%d\nactivation=%s\nbatch_normalize=%d\ngroups=%d\n",
		rapid.SampledFrom([]int{4, 8, 12}).Draw(t, "filters"), rapid.IntRange(1, 4).Draw(t, "size"), rapid.IntRange(1, 2).Draw(t, "stride"),
		rapid.IntRange(0, 1).Draw(t, "pad"), activation(t), rapid.IntRange(0, 1).Draw(t, "norm"), rapid.SampledFrom([]int{1, 1, 1, 2}).Draw(t, "groups"))
}

func activation(t *rapid.T) string {
	return rapid.SampledFrom([]string{"linear", "leaky", "relu", "relu6", "mish", "swish", "logistic"}).Draw(t, "activation")
}

func maxpool(t *rapid.T, _ int) string {
	return fmt.Sprintf("[maxpool]\nsize=%d\nstride_x=%d\nstride_y=%d\n",
		rapid.IntRange(1, 6).Draw(t, "size"), rapid.IntRange(1, 3).Draw(t, "x"), rapid.IntRange(1, 3).Draw(t, "y"))
}

func move(t *rapid.T, _ int) string {
	return rapid.SampledFrom([]string{
		"[upsample]\nstride=2\n", "[reorg]\nstride=2\n", "[reorg3d]\nstride=2\n", "[dropout]\n", "[avgpool]\n",
	}).Draw(t, "move")
}

// join reads earlier layers than the last.
func join(t *rapid.T, layer int) string {
	switch rapid.IntRange(0, 2).Draw(t, "join") {
	case 0:
		return fmt.Sprintf("[route]\nlayers=%d,%d\n", back(t, layer), back(t, layer))
	case 1:
		return fmt.Sprintf("[route]\nlayers=%d\ngroups=2\ngroup_id=%d\n", back(t, layer), rapid.IntRange(0, 1).Draw(t, "group"))
	}
	return fmt.Sprintf("[shortcut]\nfrom=%d\nactivation=%s\n", back(t, layer), activation(t))
}

// product multiplies an earlier layer with the last.
func product(t *rapid.T, layer int) string {
	return fmt.Sprintf("[%s]\nfrom=%d\n", rapid.SampledFrom([]string{"sam", "scale_channels"}).Draw(t, "product"), back(t, layer))
}

func back(t *rapid.T, layer int) int { return -rapid.IntRange(1, layer).Draw(t, "back") }
