package app

import (
	"errors"
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"

	"braid/internal/card"
	"braid/internal/config"
	"braid/internal/logging"
)

// ConfigOptions are the flags of braid config.
type ConfigOptions struct {
	Choice
	Config string
}

// loadConfig reads the configuration of a service, flags included.
func loadConfig(env *Env, o Choice, file string) (config.Config, error) {
	return load(env, o.options(env, file))
}

// options say where the configuration of a service comes from.
func (o Choice) options(env *Env, file string) config.Options {
	return config.Options{File: file, Set: o.settings(), Environ: env.Environ}
}

// bareConfig is the configuration of a command that has no cameras.
func bareConfig(env *Env, o Choice) (config.Config, error) {
	return load(env, config.Options{NoFile: true, Set: o.settings(), Environ: env.Environ})
}

// load reads a configuration and makes the logger that it wants.
func load(env *Env, o config.Options) (config.Config, error) {
	cfg, err := config.Load(o)
	if err != nil {
		return cfg, as(ErrInvalid, err)
	}
	env.Log, err = logging.New(logging.Config{Level: string(cfg.Log.Level), Format: string(cfg.Log.Format)}, env.Err)
	return cfg, err
}

// settings are the flags as keys of the configuration, so that precedence is
// decided in one place.
func (o Choice) settings() []string {
	set := o.Set
	for _, f := range []struct{ key, value string }{{"model", o.Model}, {"plan", o.Plan}, {"backend", o.Backend}} {
		if f.value != "" {
			set = append(slices.Clip(set), f.key+"="+f.value)
		}
	}
	return set
}

func cardEnv(env *Env) card.Env { return card.DefaultEnv(env.Getenv) }

// ConfigInit prints a commented configuration.
func ConfigInit(env *Env, _ ConfigOptions) error {
	_, err := fmt.Fprint(env.Out, config.Init())
	return err
}

// ConfigValidate reports everything that is wrong with a configuration, its
// models and plan included.
func ConfigValidate(env *Env, o ConfigOptions) error {
	cfg, err := loadConfig(env, o.Choice, o.Config)
	if err != nil {
		return err
	}
	var errs []error
	models := map[string]*model{}
	for _, c := range cfg.Cameras {
		ref := first(c.Model, cfg.Model)
		m, seen := models[ref]
		if !seen {
			if m, err = validModel(env, cfg, ref); err != nil {
				errs = append(errs, err)
			}
			models[ref] = m
		}
		errs = append(errs, validCamera(c, m)...)
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return validated{true, cfg.Site, len(cfg.Cameras), len(models)}.print(env)
}

// validModel opens a model and reads the plan that it is to run under, but for one that is chosen by measuring.
// The model comes back where the plan is what is wrong, too.
func validModel(env *Env, cfg config.Config, ref string) (*model, error) {
	m, err := openModel(env, ref)
	if err != nil || cfg.Plan == "" || cfg.Plan == "auto" {
		return m, err
	}
	_, err = choosePlan(cfg.Plan, m.network, m.card)
	return m, err
}

// validCamera says what is wrong with a camera's URL, and with its classes where it has a model.
func validCamera(c config.Camera, m *model) (errs []error) {
	wrong := func(err error) {
		if err != nil {
			errs = append(errs, as(ErrInvalid, fmt.Errorf("camera %s: %w", c.Name, err)))
		}
	}
	wrong(checkSource(c))
	if m == nil {
		return errs
	}
	names := labels(m.card, classes(m.card, m.network.Outputs()))
	for _, class := range c.Classes {
		_, err := classFilter(names, []string{class})
		wrong(err)
	}
	return errs
}

// validated is what config validate prints of a configuration without a problem.
type validated struct {
	OK      bool   `json:"ok"`
	Site    string `json:"site"`
	Cameras int    `json:"cameras"` // how many
	Models  int    `json:"models"`  // that they use
}

func (v validated) print(env *Env) error {
	if env.JSON {
		return writeJSON(env.Out, v)
	}
	_, err := fmt.Fprintf(env.Out, "ok: site %s, %d cameras, %d models\n", v.Site, v.Cameras, v.Models)
	return err
}

// ConfigPrint prints the configuration that would run, secrets hidden.
func ConfigPrint(env *Env, o ConfigOptions) error {
	cfg, err := loadConfig(env, o.Choice, o.Config)
	if err != nil {
		return err
	}
	text, err := config.Print(cfg)
	if err != nil {
		return err
	}
	if env.JSON {
		var keys map[string]any // named and written as in the file
		if err := yaml.Unmarshal(text, &keys); err != nil {
			return fmt.Errorf("reading the configuration back: %w", err)
		}
		return writeJSON(env.Out, keys)
	}
	_, err = env.Out.Write(text)
	return err
}

// ConfigSchema prints the JSON Schema of the configuration.
func ConfigSchema(env *Env, _ ConfigOptions) error {
	text, err := config.Schema()
	if err != nil {
		return err
	}
	_, err = env.Out.Write(text)
	return err
}
