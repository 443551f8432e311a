//go:build !nogst

package gst

/*
#cgo pkg-config: gstreamer-1.0 gstreamer-app-1.0 gstreamer-video-1.0
#include "native.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"

	"github.com/tinyzimmer/go-glib/glib"
	gogst "github.com/tinyzimmer/go-gst/gst"
)

// start initialises GStreamer at its first use: a program that only plans or
// prints its help does not pay for the plugin registry.
var start = sync.OnceFunc(func() { gogst.Init(nil) })

// Version is GStreamer's own, such as "1.22.0".
func Version() string {
	start()
	var major, minor, micro, nano C.guint
	C.gst_version(&major, &minor, &micro, &nano)
	return fmt.Sprintf("%d.%d.%d", major, minor, micro)
}

// AtLeast says whether GStreamer is of a version or newer.
func AtLeast(major, minor int) bool {
	start()
	var haveMajor, haveMinor, micro, nano C.guint
	C.gst_version(&haveMajor, &haveMinor, &micro, &nano)
	return int(haveMajor) > major || int(haveMajor) == major && int(haveMinor) >= minor
}

// HasElement says whether an element of this name is installed.
func HasElement(name string) bool {
	start()
	f := gogst.Find(name)
	if f == nil {
		return false
	}
	release(f.PluginFeature.Object.InitiallyUnowned.Object)
	return true
}

// release gives a wrapper's reference back now, instead of leaving that to a
// finalizer that runs too late or in the middle of a call.
func release(o *glib.Object) {
	runtime.SetFinalizer(o, nil)
	o.Unref()
}

// abandon leaves what a wrapper holds to whoever hangs in it, for ever.
func abandon(o *glib.Object) { runtime.SetFinalizer(o, nil) }

// Check parses the launch string without running it. An element that is not
// installed is an Error of kind MissingPlugin.
func Check(o Options) error {
	p, err := parse(o.launch(), o.Properties)
	if err != nil {
		return err
	}
	release(p.Object.InitiallyUnowned.Object)
	return nil
}

// parse makes a pipeline in state NULL. The caller must release it.
func parse(launch string, properties []Property) (*gogst.Pipeline, error) {
	start()
	p, err := gogst.NewPipelineFromString(launch)
	if err != nil {
		return nil, parseError(err)
	}
	for _, prop := range properties {
		if err := setProperty(p, prop); err != nil {
			release(p.Object.InitiallyUnowned.Object)
			return nil, err
		}
	}
	return p, nil
}

func setProperty(p *gogst.Pipeline, prop Property) error {
	e, err := p.GetElementByName(prop.Element)
	if err != nil {
		return fmt.Errorf("setting %s: %w", prop.Name, err)
	}
	defer release(e.Object.InitiallyUnowned.Object)
	if err := e.SetProperty(prop.Name, prop.Value); err != nil {
		return fmt.Errorf("setting %s of %s: %w", prop.Name, prop.Element, err)
	}
	return nil
}

// parseError finds the element that a launch string names in vain. GStreamer's
// text is translated, so the only safe mark is the one quoted name in it.
func parseError(err error) error {
	text := err.Error()
	if parts := strings.Split(text, `"`); len(parts) == 3 && isName(parts[1]) && !HasElement(parts[1]) {
		return missingElement(parts[1])
	}
	return fmt.Errorf("parsing the pipeline: %s", text)
}

func isName(s string) bool { return s != "" && !strings.ContainsAny(s, " =!/") }

var errBadSample = errors.New("a sample that is no picture")
