package app

import (
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// picturesIn are so many pictures of a folder at most, taken from all of it at even
// distances in the order of names.
func picturesIn(dir string, count int) ([]string, error) {
	entries, err := os.ReadDir(dir) // sorted
	if err != nil {
		return nil, fmt.Errorf("reading the calibration pictures: %w", err)
	}
	var all []string
	for _, e := range entries {
		if isPicture(e.Name()) && !e.IsDir() {
			all = append(all, filepath.Join(dir, e.Name()))
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("folder %s has no .jpg, .jpeg or .png to calibrate with", dir)
	}
	count = min(count, len(all))
	files := make([]string, count)
	for i := range files {
		files[i] = all[i*len(all)/count]
	}
	return files, nil
}

// disjoint refuses a picture that is in both sets, whatever it is called: ranges that
// were fitted to the pictures of an evaluation flatter it.
func disjoint(calibration, evaluation []string) error {
	known := make(map[[sha256.Size]byte]string, len(evaluation))
	for _, f := range evaluation {
		sum, err := hashOf(f)
		if err != nil {
			return fmt.Errorf("reading an evaluation picture: %w", err)
		}
		known[sum] = f
	}
	for _, f := range calibration {
		sum, err := hashOf(f)
		if err != nil {
			return fmt.Errorf("reading a calibration picture: %w", err)
		}
		if other, ok := known[sum]; ok {
			return fmt.Errorf("calibration picture %s is the evaluation picture %s: take it out of one of the two", f, other)
		}
	}
	return nil
}

func hashOf(path string) (sum [sha256.Size]byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return sum, err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return sum, err
	}
	return [sha256.Size]byte(h.Sum(nil)), nil
}
