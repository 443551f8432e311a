// Package sharedlib finds the files of the shared libraries that the program opens at
// run time, and looks into one before the dynamic loader runs its code. It opens none.
package sharedlib

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Library says where a library may be.
type Library struct {
	File     string   // its name, which the dynamic loader knows too
	Variable string   // of the environment: it leads to another file
	Beside   []string // folders, relative to the program's own
	Below    []string // and then these, relative to the working directory
}

// Find is the path that the variable gives; else the file in the first of the folders
// that has it, exe being the program's own file; else the bare name, for the dynamic
// loader to seek. Only a variable that leads to no file is an error.
func (l Library) Find(getenv func(string) string, exe string) (string, error) {
	if p := getenv(l.Variable); p != "" {
		if !isFile(p) {
			return "", fmt.Errorf("finding %s: $%s leads to %s, where no file is", l.File, l.Variable, p)
		}
		return p, nil
	}
	if real, err := filepath.EvalSymlinks(exe); err == nil {
		exe = real
	}
	folders := below(filepath.Dir(exe), l.Beside)
	if wd, err := os.Getwd(); err == nil {
		folders = append(folders, below(wd, l.Below)...)
	}
	for _, dir := range folders {
		if p := filepath.Join(dir, l.File); isFile(p) {
			return p, nil
		}
	}
	return l.File, nil
}

func below(root string, folders []string) (all []string) {
	for _, f := range folders {
		all = append(all, filepath.Join(root, f))
	}
	return all
}

func isFile(p string) bool {
	info, err := os.Stat(p)
	return err == nil && info.Mode().IsRegular()
}

// IsBare says that path is a name only, which the dynamic loader seeks in folders of
// its own.
func IsBare(path string) bool { return !strings.ContainsRune(path, filepath.Separator) }
