package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"braid/accel/network"
	"braid/accel/network/testnet"
)

// TestPlanFileWithImpossibleCuts: the message names the file and the segment, since
// what is wrong stands there.
func TestPlanFileWithImpossibleCuts(t *testing.T) {
	n, err := network.Parse(testnet.Skip(t))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "p.yaml")
	for _, c := range []struct{ cuts, want string }{
		{"a b", ""},
		{"sun", file + `: segments[0].until: impossible cut: no cut point "sun"`},
		{"c b", file + `: segments[1].until: impossible cut: "b" comes before "c"`},
	} {
		text := "version: 1\nsegments:\n"
		for cut := range strings.FieldsSeq(c.cuts) {
			text += "  - {until: " + cut + ", devices: [cpu]}\n"
		}
		if err := os.WriteFile(file, []byte(text+"  - {devices: [cpu]}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := choosePlan(file, n, nil)
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", c.cuts, err)
		case c.want != "" && (err == nil || ExitCode(err) != 3 || !strings.HasPrefix(err.Error(), c.want)):
			t.Errorf("%s: %v, exit code %d; want %s", c.cuts, err, ExitCode(err), c.want)
		}
	}
}
