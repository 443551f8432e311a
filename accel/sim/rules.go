package sim

import (
	"fmt"
	"strings"

	"braid/accel"
	"braid/accel/network"
	"braid/accel/trt/dla"
)

// rules are what a declared device refuses. The zero value refuses nothing.
type rules struct {
	version dla.Version
	chip    dla.Chip
}

// parseRules reads "dla/trt-8.6", "dla/trt-10.7/orin" or "".
func parseRules(text string) (rules, error) {
	if text == "" {
		return rules{}, nil
	}
	rest, ok := strings.CutPrefix(text, "dla/trt-")
	if !ok {
		return rules{}, fmt.Errorf("%q is not known: want one like dla/trt-8.6 or dla/trt-10.7/orin", text)
	}
	number, chip, named := strings.Cut(rest, "/")
	v, err := dla.ParseVersion(number)
	if err != nil {
		return rules{}, err
	}
	release, ok := dla.Find(v)
	if !ok {
		return rules{}, fmt.Errorf("no rules of a DLA under TensorRT %v are known", v)
	}
	if !named {
		return rules{v, release.Chips[0]}, nil
	}
	for _, c := range release.Chips {
		if string(c) == chip {
			return rules{v, c}, nil
		}
	}
	return rules{}, fmt.Errorf("TensorRT %v has no DLA on %q, only on %v", v, chip, release.Chips)
}

// check says why a Segment cannot run. Layers do not fall back: a simulated device
// has no GPU beside it that would take them.
func (r rules) check(s *accel.Segment, precision string) error {
	if r == (rules{}) {
		return nil
	}
	n, err := network.Parse(s.ONNX)
	if err != nil {
		return err
	}
	if found := dla.Check(r.version, r.chip, precision, n); len(found) > 0 {
		return fmt.Errorf("a DLA cannot run %v; cut elsewhere", found[0])
	}
	return nil
}

// Refuses says why a declared device cannot run a Segment by the rules that its file
// names, nil where it can or names none.
func (d Device) Refuses(s *accel.Segment, precision string) error {
	r, err := parseRules(d.Rules)
	if err != nil {
		return err
	}
	return r.check(s, precision)
}
