// Package control is how people look after a running braid over NATS: what its
// cameras do stands in the key-value bucket BRAID_STATE, and requests on a subject
// of the instance change them. It knows neither cameras nor configurations; who
// runs them gives it functions.
//
// A key is <site>.<instance>.camera.<camera>, its value the message braid.v1.Camera
// that was last published; <site>.<instance>.instance holds an Instance. All keys
// are written again three times in the bucket's time to live: those of an instance
// that is gone expire.
package control

import (
	"encoding/json"
	"errors"
	"time"

	"braid/sink/wire"
)

// Bucket is the name of the key-value bucket.
const Bucket = "BRAID_STATE"

// TTL is how long a key outlives its instance.
const TTL = 15 * time.Second

// SchemaInstance is Instance's.
const SchemaInstance = "braid.v1.Instance"

// Instance says that an instance is there.
type Instance struct {
	Schema    string    `json:"schema"` // always braid.v1.Instance
	Site      string    `json:"site"`
	Instance  string    `json:"instance"`
	Version   string    `json:"version"`
	Started   time.Time `json:"started"`
	Cameras   int       `json:"cameras"`             // how many it has
	Abandoned int       `json:"abandoned,omitempty"` // pipelines that did not stop in time, in all
	Rejected  string    `json:"rejected,omitempty"`  // why the configuration file as it is now was not taken
}

// State is all that an instance tells of itself.
type State struct {
	Instance Instance
	Cameras  []wire.Camera
}

// entry is the value of a key. mark is what of it is worth writing at once: not
// the counts, which change with every frame.
type entry struct{ value, mark []byte }

// entries are the keys of a State with their values.
func (s State) entries() (map[string]entry, error) {
	i := s.Instance
	i.Schema, i.Started = SchemaInstance, i.Started.UTC()
	out := map[string]entry{}
	err := enter(out, InstanceKey(i.Site, i.Instance), i, i)
	for _, c := range s.Cameras {
		still := c
		still.Counts = wire.Counts{}
		err = errors.Join(err, enter(out, CameraKey(i.Site, i.Instance, c.Camera), c, still))
	}
	return out, err
}

func enter(out map[string]entry, key string, value, mark any) error {
	v, err := json.Marshal(value)
	if err != nil {
		return err
	}
	m, err := json.Marshal(mark)
	out[key] = entry{v, m}
	return err
}

// InstanceKey is where an Instance stands. Names are made tokens, "*" stands for
// any.
func InstanceKey(site, instance string) string { return prefix(site, instance) + "instance" }

// CameraKey is where a camera of an instance stands.
func CameraKey(site, instance, camera string) string {
	return prefix(site, instance) + "camera." + token(camera)
}

func prefix(site, instance string) string { return token(site) + "." + token(instance) + "." }

// Subject is where an instance takes requests.
func Subject(site, instance string) string {
	return "braid.v1." + token(site) + ".control." + token(instance)
}

func token(name string) string {
	if name == "*" {
		return name
	}
	return wire.Slug(name)
}

// The operations of a Request.
const (
	Add    = "add" // a new camera; Set has its url and whatever else
	Remove = "rm"
	Set    = "set" // keys of a camera that is there
)

// Request asks an instance to change a camera.
type Request struct {
	Op     string   `json:"op"`
	Camera string   `json:"camera"`        // its name or slug
	Set    []string `json:"set,omitempty"` // "key=value", keys of the configuration's cameras
}

// Reply is an instance's answer: an error in one line, or nothing.
type Reply struct {
	Error   string `json:"error,omitempty"`
	Invalid bool   `json:"invalid,omitempty"` // what was asked for is wrong, and would be elsewhere and later
}
