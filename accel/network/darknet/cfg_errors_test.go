package darknet

import (
	"strings"
	"testing"
)

const oneHead = "[conv]\nfilters=6\nactivation=linear\n[yolo]\nclasses=1\nnum=1\nanchors=1,1\n" // lines 4 to 10 of small

// TestCfgErrors wants one line with file, line number and section, that names
// the thing.
func TestCfgErrors(t *testing.T) {
	for _, tt := range []struct{ name, cfg, want string }{
		{"empty", "", "x.cfg: the file has no sections"},
		{"comments only", "# nothing\n;\n", "x.cfg: the file has no sections"},
		{"binary", "\x00\x00\x02\x00", "x.cfg:1: \"\\x00\\x00\\x02\\x00\" is neither [section] nor key=value"},
		{"text", "hello, this is text", `x.cfg:1: "hello,thisistext" is neither`},
		{"option before a section", "width=3\n", `x.cfg:1: "width" comes before the first section`},
		{"no [net]", "[conv]\nfilters=1\n", "x.cfg:1: [convolutional] the first section, and no other, is [net]"},
		{"[net] twice", small("[network]\n"), "x.cfg:4: [net] the first section"},
		{"open bracket", "[net\n", `x.cfg:1: "[net" is no section`},
		{"empty section", "[ ]\n", `x.cfg:1: "[]" is no section`},
		{"no value", "[net]\nwidth=\n", `x.cfg:2: "width" has no value`},
		{"only a comment for a value", "[net]\nwidth= # 4\n", `x.cfg:2: "width" has no value`},
		{"key twice", small("height = 5\n"), "x.cfg:4: [net] height is there twice, first in line 3"},
		{"unknown key", small("[conv]\nfilter=3\n"), `x.cfg:5: [convolutional] unknown key "filter", did you mean "filters"?`},
		{"unknown key of [net]", "[net]\nwidht=5\n", `x.cfg:2: [net] unknown key "widht", did you mean "width"?`},
		{"unknown section", small("[convolutionl]\n"), `x.cfg:4: [convolutionl] unknown section, did you mean "convolutional"?`},
		{"section of other networks", small("[crnn]\nfilters=3\n"), "x.cfg:4: [crnn] sections of this kind are not supported, known: avgpool"},
		{"width is missing", "[net]\nheight=32\n", "x.cfg:1: [net] width is missing"},
		{"width too large", "[net]\nheight=32\nwidth=100000", "x.cfg:3: [net] width=100000 is out of range, want 8 to 8192"},
		{"gray pictures", small("channels=1\n"), "x.cfg:4: [net] channels=1 is out of range, want 3 to 3"},
		{"no number", small("[conv]\nfilters=12a\n"), `x.cfg:5: [convolutional] filters="12a" is no whole number`},
		{"no decimal", small("[conv]\nfilters=6\n[yolo]\nscale_x_y=1.0.5\n"), `x.cfg:7: [yolo] scale_x_y="1.0.5" is no number`},
		{"not finite", small("[yolo]\nbeta_nms=nan\n"), `x.cfg:5: [yolo] beta_nms="nan" is no number`},
		{"no list", small("[route]\nlayers=-1,\n"), `x.cfg:5: [route] value 2 of layers, "", is no whole number`},
		{"filters missing", small("[conv]\nsize=3\n"), "x.cfg:4: [convolutional] filters is missing"},
		{"unknown activation", small("[conv]\nfilters=1\nactivation=leeky\n"), `x.cfg:6: [convolutional] unknown activation "leeky", did you mean "leaky"?`},
		{"activation we have not", small("[conv]\nfilters=1\nactivation=selu\n"), `unknown activation "selu"`},
		{"antialiasing", small("[conv]\nfilters=1\nantialiasing=1\n"), `x.cfg:6: [convolutional] antialiasing="1" is not supported, only antialiasing=0`},
		{"weighted shortcut", small("[conv]\nfilters=1\n[shortcut]\nfrom=-1\nweights_type=per_channel\n"), `x.cfg:8: [shortcut] weights_type="per_channel" is not supported`},
		{"key of every section", small("[conv]\nfilters=1\ndontload=1\n"), `dontload="1" is not supported`},
		{"groups", small("[conv]\nfilters=6\ngroups=2\n"), "x.cfg:6: [convolutional] groups=2 does not divide the 3 channels"},
		{"no group", small("[conv]\nfilters=6\ngroups=0\n"), "groups=0 is out of range"},
		{"kernel too large", small("[conv]\nfilters=6\nsize=33\n"), "x.cfg:6: [convolutional] size=33 is larger than the 3x32x32 before it"},
		{"dilation", small("[conv]\nfilters=6\nsize=3\ndilation=2\n"), "x.cfg:7: [convolutional] dilation=2 wants a padding of (size-1)/2, not 0 with size=3"},
		{"pool of nothing", small("[maxpool]\nsize=2\npadding=2\n"), "x.cfg:6: [maxpool] padding=2 leaves windows of size=2 without a pixel"},
		{"pool too large", small("[maxpool]\nsize=64\nstride=1\npadding=0\n"), "x.cfg:5: [maxpool] size=64 is larger than"},
		{"route ahead", small("[conv]\nfilters=6\n[route]\nlayers=-1,1\n"), "x.cfg:7: [route] layers=1 is no earlier layer: this is layer 1"},
		{"route back too far", small("[conv]\nfilters=6\n[route]\nlayers=-2\n"), "x.cfg:7: [route] layers=-2 is no earlier layer"},
		{"route of nothing", small("[route]\ngroups=2\n"), "x.cfg:4: [route] layers is missing"},
		{"route of two sizes", small("[conv]\nfilters=6\n[maxpool]\nstride=2\n[route]\nlayers=0,1\n"), "x.cfg:9: [route] layers 0 and 1 differ in size: 6x32x32 and 6x16x16"},
		{"route's group", small("[conv]\nfilters=6\n[route]\nlayers=0\ngroups=2\ngroup_id=2\n"), "x.cfg:9: [route] group_id=2 is out of range, want 0 to 1"},
		{"route's groups", small("[conv]\nfilters=6\n[route]\nlayers=0\ngroups=4\n"), "x.cfg:8: [route] groups=4 does not divide the 6 channels of layer 0"},
		{"shortcut from nowhere", small("[conv]\nfilters=6\n[shortcut]\nactivation=linear\n"), "x.cfg:6: [shortcut] from is missing"},
		{"shortcut of two sizes", small("[conv]\nfilters=6\n[maxpool]\nstride=2\n[shortcut]\nfrom=0\n"), "x.cfg:9: [shortcut] layer 0 is 6x32x32, where 6x16x16 comes before"},
		{"sam of two shapes", small("[conv]\nfilters=6\n[conv]\nfilters=5\n[sam]\nfrom=0\n"), "x.cfg:9: [sam] layer 0 is 6x32x32, which the 5x32x32 before cannot scale"},
		{"scale_channels of a plane", small("[conv]\nfilters=6\n[conv]\nfilters=6\n[scale_channels]\nfrom=0\n"), "x.cfg:9: [scale_channels] layer 0 is"},
		{"mish behind sam", small("[conv]\nfilters=6\n[conv]\nfilters=6\n[sam]\nfrom=0\nactivation=mish\n"), `x.cfg:10: [sam] unknown activation "mish"`},
		{"reorg of odd sides", small("[conv]\nfilters=4\n[maxpool]\nsize=2\nstride=1\npadding=0\n[reorg]\nstride=2\n"), "x.cfg:11: [reorg] stride=2 does not divide the 4x31x31"},
		{"reorg of few channels", small("[reorg]\nstride=2\n"), "x.cfg:5: [reorg] the square of stride=2 does not divide the 3 channels"},
		{"reversed reorg", small("[reorg]\nstride=2\nreverse=1\n"), "reverse=\"1\" is not supported"},
		{"upsample too far", small("[conv]\nfilters=65536\n" + strings.Repeat("[upsample]\nstride=64\n", 2)), "x.cfg:6: [upsample] its output of 65536x2048x2048 is too large"},
		{"no head", small("[conv]\nfilters=6\n"), "x.cfg: no [yolo] and no [region] section"},
		{"channels of a head", small("[conv]\nfilters=255\n[yolo]\nclasses=20\nnum=3\nanchors=1,2,3,4,5,6\n"), "x.cfg:6: [yolo] 3 anchors with classes=20 take 75 channels, the layer before it has 255: want filters=75 there"},
		{"mask beyond", small("[conv]\nfilters=6\n[yolo]\nclasses=1\nnum=2\nanchors=1,2,3,4\nmask=2\n"), "x.cfg:10: [yolo] mask=2 is no anchor: there are 2"},
		{"few anchors", small("[conv]\nfilters=6\n[yolo]\nclasses=1\nnum=2\nanchors=1,2,3\n"), "x.cfg:9: [yolo] anchors has 3 values where num=2 takes 4"},
		{"flat anchor", small("[conv]\nfilters=6\n[yolo]\nclasses=1\nnum=1\nanchors=1,0\n"), "x.cfg:9: [yolo] anchor 0 is 1x0"},
		{"classes differ", small(oneHead + "[conv]\nfilters=7\n[yolo]\nnum=1\nanchors=1,1\nclasses=2\n"), "x.cfg:16: [yolo] classes=2, where the output before has 1"},
		{"unknown nms", small("[yolo]\nnms_kind=diou\n"), `x.cfg:5: [yolo] unknown nms_kind "diou"`},
		{"region without softmax", small("[conv]\nfilters=6\n[region]\nclasses=1\nanchors=1,1\n"), "x.cfg:6: [region] softmax=1 is missing"},
		{"region of five coordinates", small("[region]\ncoords=5\n"), `x.cfg:5: [region] coords="5" is not supported`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse([]byte(tt.cfg), "x.cfg")
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got %v, want %s", err, tt.want)
			}
			if strings.ContainsAny(err.Error(), "\n\r") {
				t.Errorf("several lines: %q", err)
			}
		})
	}
}

// TestCfgSpelling reads what darknet reads: blanks, comments, line ends, short
// names, numbers in another form.
func TestCfgSpelling(t *testing.T) {
	plain, err := Parse([]byte(small("[convolutional]\nfilters=6\nactivation=linear\n[yolo]\nclasses=1\nnum=1\nanchors=1,1\n")), "x.cfg")
	if err != nil {
		t.Fatal(err)
	}
	spelt := "\ufeff# a comment\r\n [ network ]\r\n\twidth = 32 # pixels\r\nheight=3 2\r\n\r\n;[crnn]\r\n" +
		"[conv]\r\nfilters=6\r\nactivation = linear;x\r\nstopbackward=1\r\nflipped=0.0\r\n[yolo]\r\nclasses=1\r\nnum=1\r\nanchors = 1,  1e0,\t7,7\r\n"
	n, err := Parse([]byte(spelt), "x.cfg")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := n.TKDNNLayers(), plain.TKDNNLayers(); strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("got %v, want %v", got, want)
	}
	if h := n.Heads()[0]; n.Width != 32 || n.Height != 32 || len(h.Anchors) != 1 || h.Anchors[0] != [2]float32{1, 1} || h.ScaleXY != 1 || h.NMSKind != "default" {
		t.Errorf("got %dx%d, %+v", n.Width, n.Height, h)
	}
}

func FuzzParse(f *testing.F) {
	for _, cfg := range []string{
		small(oneHead), small("[reorg3d]\nstride=2\n" + oneHead),
		small("[conv]\nfilters=4\nsize=3\npad=1\nstride=2\ngroups=1\n[route]\nlayers=-1\ngroups=2\ngroup_id=1\n" + oneHead),
		small("[conv]\nfilters=4\n[shortcut]\nfrom=-1\nactivation=mish\n[avgpool]\n[scale_channels]\nfrom=-2\n[sam]\nfrom=-1\n[upsample]\n[dropout]\n[maxpool]\nsize=3\n" + oneHead),
	} {
		f.Add([]byte(cfg))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		n, err := Parse(data, "f.cfg")
		if err != nil {
			if text := err.Error(); !strings.HasPrefix(text, "f.cfg:") || strings.ContainsAny(text, "\n\r") {
				t.Errorf("%q is not one line that names the file", text)
			}
			return
		}
		if ids := n.TKDNNLayers(); len(ids) < len(n.layers) {
			t.Errorf("%d ids for %d layers", len(ids), len(n.layers))
		}
		for _, l := range n.layers {
			if l.out.C < 1 || l.out.H < 1 || l.out.W < 1 || l.out.elements() > maxElements {
				t.Errorf("[%s] of line %d has the shape %v", l.section, l.line, l.out)
			}
		}
	})
}
