//go:build cgo && linux

package cudatest

import (
	"errors"
	"testing"
)

// TestCallBack calls Go as C does: for a stand-in whose test goes on, and for one
// whose test has ended.
func TestCallBack(t *testing.T) {
	f := New(t)
	if code, said := callBack(f.owner); code == 0 || said == "" {
		t.Errorf("no network: code %d, %q", code, said)
	}
	f.Evaluate(func([]byte, map[string][]float32, map[string][]float32) error { return nil })
	if code, said := callBack(f.owner); code != 0 || said != "" {
		t.Errorf("an evaluator that is content: code %d, %q", code, said)
	}
	f.Evaluate(func([]byte, map[string][]float32, map[string][]float32) error { return errors.New("odd") })
	if code, said := callBack(f.owner); code == 0 || said != "odd" {
		t.Errorf("an evaluator that is not: code %d, %q", code, said)
	}
	unregister(f.owner)
	if code, said := callBack(f.owner); code == 0 || said != "the test of this stand-in has ended" {
		t.Errorf("a test that has ended: code %d, %q", code, said)
	}
}
