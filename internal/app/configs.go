package app

import (
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
	seen := map[string]bool{}
	for _, c := range cfg.Cameras {
		ref := first(c.Model, cfg.Model)
		if seen[ref] {
			continue
		}
		seen[ref] = true
		m, err := openModel(env, ref)
		if err != nil {
			return err
		}
		if cfg.Plan == "" || cfg.Plan == "auto" {
			continue // it is chosen by measuring
		}
		if _, err := choosePlan(cfg.Plan, m.network, m.card); err != nil {
			return err
		}
	}
	return validated{true, cfg.Site, len(cfg.Cameras), len(seen)}.print(env)
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
