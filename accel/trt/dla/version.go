package dla

import (
	"cmp"
	"fmt"
)

// Version is one of TensorRT's.
type Version struct{ Major, Minor, Patch int }

// ParseVersion reads "10.7.0"; what is left out is 0, and a build number behind
// the patch is ignored.
func ParseVersion(s string) (Version, error) {
	var v Version
	if n, _ := fmt.Sscanf(s, "%d.%d.%d", &v.Major, &v.Minor, &v.Patch); n < 2 {
		return Version{}, fmt.Errorf("TensorRT version %q: want one like 10.7.0", s)
	}
	return v, nil
}

// Before says whether v is older than o.
func (v Version) Before(o Version) bool {
	return cmp.Or(cmp.Compare(v.Major, o.Major), cmp.Compare(v.Minor, o.Minor), cmp.Compare(v.Patch, o.Patch)) < 0
}

func (v Version) String() string { return fmt.Sprintf("%d.%d.%d", v.Major, v.Minor, v.Patch) }

// Chip is a system on a chip with DLA cores.
type Chip string

// The chips whose rules are published. Thor has no DLA; the DLA of Windows on ARM
// has rules of its own, which are not these.
const (
	Xavier Chip = "xavier"
	Orin   Chip = "orin"
)
