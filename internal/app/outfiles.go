package app

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// outFile is a file that a command writes: what its flag is called, and its name. "" is none, "-" is
// stdout.
type outFile struct{ flag, path string }

func (o outFile) isFile() bool { return o.path != "" && o.path != "-" }

// checkOutFiles says, before anything is measured or read, what would keep a command from writing its
// files, or lose a file by it: one that is read, among used, or another that is written.
func checkOutFiles(used []string, outs ...outFile) error {
	for i, o := range outs {
		if !o.isFile() {
			continue
		}
		if err := o.check(used); err != nil {
			return err
		}
		for _, other := range outs[:i] {
			if other.isFile() && sameFile(o.path, other.path) {
				return Usage(fmt.Errorf("%s %s and %s %s are one file: give each a name", other.flag, other.path, o.flag, o.path))
			}
		}
	}
	return nil
}

func (o outFile) check(used []string) error {
	if info, err := os.Stat(o.path); err == nil && info.IsDir() {
		return Usage(fmt.Errorf("%s %s is a directory", o.flag, o.path))
	}
	if err := spare(o.flag, o.path, used); err != nil {
		return err
	}
	folder := filepath.Dir(o.path)
	info, err := os.Stat(folder)
	switch {
	case errors.Is(err, os.ErrNotExist) || err == nil && !info.IsDir():
		return as(ErrEnvironment, fmt.Errorf("writing %s: its folder is not there", o.path))
	case err != nil:
		return as(ErrEnvironment, fmt.Errorf("writing %s: %w", o.path, err))
	}
	if err := unix.Access(folder, unix.W_OK); err != nil {
		return as(ErrEnvironment, fmt.Errorf("writing %s: its folder: %w", o.path, err))
	}
	return nil
}

// spare refuses a file to be written that is one of those used.
func spare(flag, path string, used []string) error {
	out, err := os.Stat(path)
	if err != nil {
		return nil //nolint:nilerr // there is nothing that could be overwritten
	}
	folder, err := os.Stat(filepath.Dir(path))
	if err != nil {
		return nil //nolint:nilerr // then it is no place to write to either
	}
	for _, u := range used {
		info, err := os.Stat(u)
		if err == nil && (os.SameFile(out, info) || os.SameFile(folder, info) && isPicture(path)) { // one of a folder of pictures
			return Usage(fmt.Errorf("%s %s would overwrite what is read", flag, path))
		}
	}
	return nil
}

// namedByEnv are the files that the environment has a command read.
func namedByEnv(env *Env) []string { return []string{env.Getenv("BRAID_SIM")} }

// sameFile says whether two names are one file's, also before there is one.
func sameFile(a, b string) bool {
	if x, err := os.Stat(a); err == nil {
		y, err := os.Stat(b)
		return err == nil && os.SameFile(x, y)
	}
	x, err1 := os.Stat(filepath.Dir(a))
	y, err2 := os.Stat(filepath.Dir(b))
	return err1 == nil && err2 == nil && os.SameFile(x, y) && filepath.Base(a) == filepath.Base(b)
}
