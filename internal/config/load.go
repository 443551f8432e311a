package config

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"go.yaml.in/yaml/v3"

	"braid/internal/redact"
	"braid/internal/strict"
	"braid/sink/wire"
)

// DefaultFile is read where no file is named and it is there.
const DefaultFile = "braid.yaml"

// Options say where the configuration comes from.
type Options struct {
	File     string   // "": DefaultFile, if there is one; a file that is named must exist
	NoFile   bool     // read no file and ask for no camera: for commands without cameras
	Set      []string // "key=value", as --set takes them; flags of their own go here too
	Environ  []string // "NAME=value", as os.Environ gives it: BRAID_* and what ${VAR} reads
	Hostname string   // for instance; "": the machine's
}

// loader is one Load.
type loader struct {
	Options
	vars  *variables
	cfg   Config
	file  string // "" where none was read
	lines strict.Lines
	errs  strict.Errors // of decoding, each with its origin
}

// Load reads the configuration: --set over BRAID_* over the file over the
// defaults. The error is a strict.Errors with everything that is wrong, or wraps
// fs.ErrNotExist where the named file is missing.
func Load(o Options) (Config, error) {
	l := &loader{Options: o, vars: newVariables(o.Environ), cfg: Default(), lines: strict.Lines{}}
	if err := l.readFile(); err != nil {
		return Config{}, err
	}
	l.override()
	l.setCameras()
	l.errs = append(l.errs, l.vars.unknown()...)
	checked := l.fill()
	checked = append(checked, l.cfg.problems()...)
	if l.NoFile || l.file == "" && len(l.cfg.Cameras) == 0 {
		checked = slices.DeleteFunc(checked, func(p strict.Problem) bool { return p.Path == "cameras" })
	}
	if l.NoFile { // no server is embedded here: another process does that, if any
		checked = slices.DeleteFunc(checked, func(p strict.Problem) bool { return p.Path == "nats.users_file" || p.Path == "nats.replicas" })
	}
	errs := strict.Merge(l.file, l.lines, l.errs, checked)
	if !l.NoFile && l.file == "" && len(l.cfg.Cameras) == 0 {
		errs.Addf("", "no configuration: %s is not here; give -c FILE, or --set cameras.NAME.url=URL", DefaultFile)
	}
	return l.cfg, errs.Err()
}

func (l *loader) readFile() error {
	if l.NoFile {
		return nil
	}
	name := l.File
	if name == "" {
		name = DefaultFile
	}
	data, err := os.ReadFile(name)
	switch {
	case errors.Is(err, fs.ErrNotExist) && l.File == "":
		return nil
	case err != nil:
		return fmt.Errorf("reading configuration: %w", err)
	}
	l.file = name
	l.lines, l.errs = strict.Decoder{File: name, Expand: l.vars.expand}.Decode(data, &l.cfg)
	return nil
}

// fill sets what depends on other keys or on the machine, and reads the
// password files.
func (l *loader) fill() (errs strict.Errors) {
	c := &l.cfg
	if c.Instance == "" {
		c.Instance = l.hostSlug()
	}
	n := &c.NATS
	jetStream := n.UsesJetStream()
	n.JetStream = &jetStream
	if n.URL == Embedded && n.StoreDir == "" {
		n.StoreDir = l.vars.stateDir()
	}
	if n.DuplicateWindow == 0 {
		n.DuplicateWindow = n.duplicates()
	}
	if n.Spools() && n.Spool.Dir == "" {
		n.Spool.Dir = filepath.Join(l.vars.stateDir(), "spool", wire.Slug(c.Instance))
	}
	for _, p := range []*string{&n.UsersFile, &n.CredsFile, &n.NKeyFile, &n.JWTFile, &n.TLS.CAFile, &n.TLS.CertFile, &n.TLS.KeyFile} {
		*p = l.relative(*p)
	}
	if err := l.secret(&n.Username, "username", &n.UsernameFile); err != nil {
		errs.Addf("nats.username_file", "%v", err)
	}
	if err := l.secret(&n.Password, "password", &n.PasswordFile); err != nil {
		errs.Addf("nats.password_file", "%v", err)
	}
	for i := range c.Cameras {
		cam := &c.Cameras[i]
		if cam.PasswordFile != "" {
			cam.PasswordFile = l.relative(cam.PasswordFile)
		}
		if err := cam.complete(); err != nil {
			errs.Addf(fmt.Sprintf("cameras[%d].password_file", i), "%v", err)
		}
	}
	return errs
}

func (l *loader) hostSlug() string {
	host := l.Hostname
	if host == "" {
		host, _ = os.Hostname() // without a name it is "x", as any name without letters
	}
	return wire.Slug(host)
}

// relative is a path as seen from the configuration file's folder.
func (l *loader) relative(path string) string {
	if path == "" || filepath.IsAbs(path) || l.file == "" {
		return path
	}
	return filepath.Join(filepath.Dir(l.file), path)
}

// Redacted is a copy without secrets, for people and logs.
func (c Config) Redacted() Config {
	c.NATS.URL = redactList(c.NATS.URL)
	if c.NATS.Password != "" {
		c.NATS.Password = redact.Hidden
	}
	c.Cameras = slices.Clone(c.Cameras)
	for i := range c.Cameras {
		cam := &c.Cameras[i]
		cam.URL = redact.URL(cam.URL)
		if cam.Password != "" {
			cam.Password = redact.Hidden
		}
	}
	return c
}

// Print is the configuration as YAML with every default filled in and without
// secrets.
func Print(c Config) ([]byte, error) {
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(c.Redacted()); err != nil {
		return nil, fmt.Errorf("printing configuration: %w", err)
	}
	return b.Bytes(), enc.Close()
}

//go:embed init.yaml
var sample string

// Init is a commented configuration to start from.
func Init() string { return sample }

// Schema is the JSON Schema of the configuration file, for editors.
func Schema() ([]byte, error) {
	d := Default()
	return strict.SchemaOf(&d, "braid run configuration")
}
