package config

import (
	"fmt"
	"slices"
	"strings"

	"braid/internal/strict"
	"braid/sink/wire"
)

// Validate says everything that is wrong, as strict.Errors without lines. Load
// calls it and adds them.
func (c Config) Validate() error { return c.problems().Err() }

func (c Config) problems() strict.Errors {
	errs := strict.Check(c)
	c.nameProblems(&errs)
	errs.Under("nats", c.NATS.problems())
	if c.HTTP.Listen != "" {
		errs.Addf("http.listen", "metrics and health over HTTP are not built yet, leave it empty")
	}
	if len(c.Cameras) == 0 {
		errs.Addf("cameras", "is required: list at least one camera")
	}
	for i, cam := range c.Cameras {
		at := fmt.Sprintf("cameras[%d]", i)
		errs.Under(at, cam.problems())
		if cam.Model == "" && c.Model == "" {
			errs.Addf(at+".model", "no model: give one here or by the key model")
		}
	}
	return errs
}

// nameProblems finds names that cannot be told apart in subjects.
func (c Config) nameProblems(errs *strict.Errors) {
	if c.Site != "" && !usable(c.Site) {
		errs.Addf("site", "%q has no letter or digit", c.Site)
	}
	if c.Instance != "" && !usable(c.Instance) {
		errs.Addf("instance", "%q has no letter or digit", c.Instance)
	}
	first := map[string]string{}
	for i, cam := range c.Cameras {
		if cam.Name == "" {
			continue
		}
		at, slug := fmt.Sprintf("cameras[%d].name", i), wire.Slug(cam.Name)
		other, taken := first[slug]
		switch {
		case !usable(cam.Name):
			errs.Addf(at, "%q has no letter or digit", cam.Name)
		case taken && other == cam.Name:
			errs.Addf(at, "%q is the name of two cameras", cam.Name)
		case taken:
			errs.Addf(at, "%q and %q would both be %q in subjects, rename one", other, cam.Name, slug)
		default:
			first[slug] = cam.Name
		}
	}
}

// usable says whether a name leaves something in its slug.
func usable(name string) bool {
	return strings.ContainsFunc(name, func(r rune) bool {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '_'
	})
}

func (c Camera) problems() (errs strict.Errors) {
	if c.URL == "" { // Check says it
		return nil
	}
	if msg := urlProblem(c.URL); msg != "" {
		errs.Addf("url", "%s", msg)
		return errs
	}
	scheme := c.scheme()
	c.credentialProblems(scheme, &errs)
	if c.Loop && scheme != "file" && scheme != "images" {
		errs.Addf("loop", "belongs to file and images, not to %s", scheme)
	}
	if c.Clock == ClockRTCP && scheme != "rtsp" && scheme != "rtsps" {
		errs.Addf("clock", "rtcp belongs to rtsp, not to %s", scheme)
	}
	switch {
	case c.Policy == EveryN && c.Every == 0:
		errs.Addf("every", "is required with policy every-n")
	case c.Policy != EveryN && c.Every != 0:
		errs.Addf("every", "belongs to policy every-n")
	}
	for i, label := range c.Classes {
		if label == "" || slices.Contains(c.Classes[:i], label) {
			errs.Addf(fmt.Sprintf("classes[%d]", i), "%q is empty or listed twice", label)
		}
	}
	return errs
}

func (c Camera) credentialProblems(scheme string, errs *strict.Errors) {
	secret := "password"
	if c.PasswordFile != "" { // Password is what it holds
		secret = "password_file"
	}
	for _, key := range []string{"username", secret} {
		switch {
		case key == "username" && c.Username == "", key != "username" && c.Password == "" && c.PasswordFile == "":
		case !slices.Contains([]string{"rtsp", "rtsps", "http", "https"}, scheme):
			errs.Addf(key, "belongs to rtsp and http, not to %s", scheme)
		case hasUserinfo(c.URL):
			errs.Addf(key, "the url has credentials already, give them once")
		case c.Username == "":
			errs.Addf("username", "is required with a password")
		}
	}
}
