package config

import (
	"slices"
	"strings"

	"github.com/spf13/viper"

	"braid/internal/strict"
)

// fromFlag is the origin of a value that --set gave.
const fromFlag = "--set"

// scalarKeys are the keys outside lists, with the values that c holds.
func scalarKeys(c Config) []strict.Key {
	return slices.DeleteFunc(strict.Keys(c), func(k strict.Key) bool { return strings.HasPrefix(k.Path, "cameras") })
}

// override lets --set and BRAID_* replace what file and defaults gave. Viper
// decides which layer wins; the values themselves are decoded as strictly as the
// file's.
func (l *loader) override() {
	v := viper.New()
	keys := scalarKeys(l.cfg)
	origin := map[string]string{}
	for _, k := range keys {
		v.SetDefault(k.Path, k.Default) // what file and defaults say
		name := Variable(k.Path)
		if value := l.vars.values[name]; value != "" {
			origin[k.Path] = name
			_ = v.BindFlagValue(k.Path, environment{name, value}) // fails for nil only
		}
	}
	for _, s := range l.Set {
		key, value, ok := strings.Cut(s, "=")
		key = strings.TrimSpace(key)
		switch {
		case !ok:
			l.flagf(key, "want key=value")
		case key == "cameras":
			l.flagf(key, "set cameras by name: cameras.NAME.key=value")
		case strings.HasPrefix(key, "cameras."): // setCameras
		case !slices.ContainsFunc(keys, func(k strict.Key) bool { return k.Path == key }):
			l.errs = append(l.errs, strict.Set(&l.cfg, key, value, fromFlag)...) // says why not
		default:
			origin[key] = fromFlag
			v.Set(key, value)
		}
	}
	for _, k := range keys {
		if text := v.GetString(k.Path); text != k.Default {
			l.errs = append(l.errs, strict.Set(&l.cfg, k.Path, text, origin[k.Path])...)
		}
	}
}

func (l *loader) flagf(key, msg string) {
	l.errs = append(l.errs, strict.Problem{File: fromFlag, Path: key, Msg: msg})
}

// environment is a variable as one of viper's flags. Viper's own layer for the
// environment reads that of the process, which tests cannot choose.
type environment struct{ name, value string }

// HasChanged is true: a variable that is not set makes no environment.
func (environment) HasChanged() bool { return true }

// Name is the variable's.
func (e environment) Name() string { return e.name }

// ValueString is what the variable is set to.
func (e environment) ValueString() string { return e.value }

// ValueType tells viper to take the text as it is.
func (environment) ValueType() string { return "string" }

// setCameras applies --set cameras.NAME.key=value. A name that the file does not
// have is an error, since it is most likely misspelt; without a file its url
// makes a new camera.
func (l *loader) setCameras() {
	type setting struct{ name, key, value string }
	var settings []setting
	for _, s := range l.Set {
		path, value, _ := strings.Cut(s, "=")
		rest, ok := strings.CutPrefix(strings.TrimSpace(path), "cameras.")
		if !ok {
			continue
		}
		dot := strings.LastIndex(rest, ".") // names may have dots, keys of cameras have none
		if dot <= 0 {
			l.flagf("cameras."+rest, "want cameras.NAME.key=value")
			continue
		}
		set := setting{rest[:dot], rest[dot+1:], value}
		settings = append(settings, set)
		if set.key == "url" && l.file == "" && l.cfg.Camera(set.name) == nil {
			c := NewCamera()
			c.Name = set.name
			l.cfg.Cameras = append(l.cfg.Cameras, c)
		}
	}
	for _, s := range settings {
		at := "cameras." + s.name
		c := l.cfg.Camera(s.name)
		if c == nil {
			l.flagf(at, "no camera has this name"+strict.Suggest(s.name, l.cameraNames()))
			continue
		}
		l.errs.Under(at, strict.Set(c, s.key, s.value, fromFlag))
	}
}

func (l *loader) cameraNames() (names []string) {
	for _, c := range l.cfg.Cameras {
		names = append(names, c.Name)
	}
	return names
}
