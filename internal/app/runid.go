package app

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// crockford is the base-32 alphabet of Douglas Crockford, as ULIDs use it.
const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// liveRun makes the id of one life of the program: the start in milliseconds,
// so that ids sort by time (10 digits), and two random digits.
func liveRun(start time.Time) string {
	var id [12]byte
	ms := uint64(start.UnixMilli())
	for i := 9; i >= 0; i-- {
		id[i] = crockford[ms&31]
		ms >>= 5
	}
	var r [2]byte
	rand.Read(r[:]) // never fails
	id[10], id[11] = crockford[r[0]&31], crockford[r[1]&31]
	return string(id[:])
}

// batchRun is the id of one input under one model: the same input gives the
// same id for ever. A folder counts by its pictures' names and bytes.
func batchRun(input string, model []byte) (string, error) {
	h := sha256.New()
	info, err := os.Stat(input)
	switch {
	case err != nil: // not a file: test:, rtsp: … count by their URL
		_, err = io.WriteString(h, input)
	case info.IsDir():
		err = hashFolder(h, input)
	case !info.Mode().IsRegular(): // its id would be read from what is to be played
		return "", as(ErrEnvironment, errors.New("a pipe or a device can be read only once: record it to a file first"))
	default:
		err = hashFile(h, input)
	}
	if err != nil {
		return "", fmt.Errorf("reading %s: %w", input, err)
	}
	h.Write(model)
	return hex.EncodeToString(h.Sum(nil))[:12], nil
}

func hashFolder(h io.Writer, dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries { // ReadDir sorts by name
		info, err := os.Stat(filepath.Join(dir, e.Name()))
		if err != nil || !info.Mode().IsRegular() || !isPicture(e.Name()) {
			continue
		}
		fmt.Fprintf(h, "%s\x00", e.Name())
		if err := hashFile(h, filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

func hashFile(h io.Writer, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(h, f)
	return err
}
