package config

import (
	"fmt"
	"slices"
	"strings"

	"braid/internal/strict"
	"braid/sink/wire"
)

// complete sets what depends on the URL and reads the password file.
func (c *Camera) complete() error {
	if c.Policy == "" {
		c.Policy = c.usualPolicy()
	}
	return readSecret(&c.Password, "password", c.PasswordFile)
}

// usualPolicy is the policy of a camera that names none.
func (c *Camera) usualPolicy() Policy {
	if c.recorded() {
		return Block
	}
	return DropOldest
}

// Camera finds a camera by its name or, where none has it, by its slug; nil where
// there is none.
func (c *Config) Camera(name string) *Camera {
	for _, same := range []func(string) bool{
		func(n string) bool { return n == name },
		func(n string) bool { return wire.Slug(n) == name },
	} {
		for i := range c.Cameras {
			if same(c.Cameras[i].Name) {
				return &c.Cameras[i]
			}
		}
	}
	return nil
}

// With is c after a change of one camera by settings "key=value", as --set takes
// them: a new one where none has the name and they give a url. c stays as it is.
// The error is a strict.Errors with all that would be wrong.
func (c Config) With(name string, settings []string) (Config, error) {
	c.Cameras = slices.Clone(c.Cameras)
	cam := c.Camera(name)
	if cam == nil {
		c.Cameras = append(c.Cameras, NewCamera())
		cam = &c.Cameras[len(c.Cameras)-1]
		cam.Name = name
	}
	if cam.Policy == cam.usualPolicy() { // another url may have another one
		cam.Policy = ""
	}
	if cam.PasswordFile != "" { // it is read again
		cam.Password = ""
	}
	var errs strict.Errors
	at := "cameras." + cam.Name
	for _, s := range settings {
		key, value, ok := strings.Cut(s, "=")
		if !ok {
			errs.Addf(at, "%q: want key=value", s)
			continue
		}
		errs.Under(at, strict.Set(cam, strings.TrimSpace(key), value, ""))
	}
	if err := cam.complete(); err != nil {
		errs.Addf(at+".password_file", "%v", err)
	}
	if err := errs.Err(); err != nil {
		return c, err
	}
	return c, c.byName(c.problems()).Err()
}

// byName says of which cameras problems are by their names: who changes one camera
// does not see the list that it has a place in.
func (c Config) byName(errs strict.Errors) strict.Errors {
	for i := range errs {
		for at, cam := range c.Cameras {
			rest, ok := strings.CutPrefix(errs[i].Path, fmt.Sprintf("cameras[%d]", at))
			if ok {
				errs[i].Path = "cameras." + cam.Name + rest
				break
			}
		}
	}
	return errs
}

// Without is c without a camera, which must be there. c stays as it is.
func (c Config) Without(name string) (Config, error) {
	cam := c.Camera(name)
	if cam == nil {
		return c, c.NoCamera(name)
	}
	gone := cam.Name
	c.Cameras = slices.DeleteFunc(slices.Clone(c.Cameras), func(cam Camera) bool { return cam.Name == gone })
	return c, nil
}

// NoCamera says that no camera has a name, and which one was perhaps meant.
func (c *Config) NoCamera(name string) error {
	var names []string
	for _, cam := range c.Cameras {
		names = append(names, cam.Name)
	}
	return fmt.Errorf("no camera has the name %q%s", name, strict.Suggest(name, names))
}

// Differ are the keys outside cameras in which two configurations differ.
func Differ(a, b Config) (keys []string) {
	other := map[string]string{}
	for _, k := range scalarKeys(b) {
		other[k.Path] = k.Default
	}
	for _, k := range scalarKeys(a) {
		if k.Default != other[k.Path] {
			keys = append(keys, k.Path)
		}
	}
	return keys
}
