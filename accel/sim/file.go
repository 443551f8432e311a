package sim

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"

	"braid/accel"
	"braid/internal/strict"
)

// Kind is what a declared device is like.
type Kind string

// The kinds of declared devices.
const (
	CPU Kind = "cpu"
	GPU Kind = "gpu"
	DLA Kind = "dla"
)

// Values are all kinds.
func (Kind) Values() []string { return []string{"cpu", "gpu", "dla"} }

// UnmarshalText refuses anything else.
func (k *Kind) UnmarshalText(text []byte) error {
	*k = Kind(text)
	return strict.OneOf(text, k.Values())
}

// File is a devices file: hardware that is declared.
type File struct {
	Name     string   `yaml:"name" rule:"required" doc:"of the machine"`
	Cores    int      `yaml:"cores" rule:"min=1,max=4096" doc:"CPU cores that a what-if plans for; a plan that runs has those of this machine"`
	Devices  []Device `yaml:"devices" rule:"required" doc:"its devices beside these cores"`
	Transfer Transfer `yaml:"transfer,omitempty,flow" doc:"copies between memories"`
	Source   string   `yaml:"source" rule:"required" doc:"where these figures come from"`
}

// Device is a declared device.
type Device struct {
	ID          accel.DeviceID `yaml:"id" rule:"required" doc:"gpu:N, dla:N or npu:N to plan for one, sim:NAME to run on it too"`
	Kind        Kind           `yaml:"kind" rule:"required" doc:"what it is like"`
	FIFO        bool           `yaml:"fifo,omitempty" doc:"runs one segment at a time, in order; a dla always does"`
	Speed       float64        `yaml:"speed" rule:"above=0" doc:"10^9 operations in a millisecond, two for each multiply-add, as networks reach it and not the peak. With braid plan --what-if --profile: times the speed of the profile's first series"`
	StreamsGain []float64      `yaml:"streams_gain,omitempty" rule:"above=0,max=64" doc:"rate of 1, 2, … streams over that of one; none: one stream fills the device"`
	Rules       string         `yaml:"rules,omitempty" doc:"published rules of what it runs: dla/trt-VERSION, and /xavier or /orin where both have a DLA (xavier is the default there)"`
}

// Transfer is the time of a copy: MS, and the bytes at GBPerS.
type Transfer struct {
	MS     float64 `yaml:"ms" rule:"min=0" doc:"of any copy, milliseconds"`
	GBPerS float64 `yaml:"gb_per_s" rule:"min=0" doc:"10^9 bytes a second; 0: bytes take no time"`
}

// Runnable are the devices that can be run on, and not only planned for.
func (f File) Runnable() (list []Device) {
	for _, d := range f.Devices {
		if d.ID.Kind() == "sim" {
			list = append(list, d)
		}
	}
	return list
}

// id tells declarations apart: 8 digits of a hash.
func (f File) id() string {
	sum := sha256.Sum256(fmt.Append(nil, f))
	return hex.EncodeToString(sum[:4])
}

var deviceForm = regexp.MustCompile(`^(cpu|(gpu|dla|npu):[0-9]{1,3}|sim:[A-Za-z0-9_.-]{1,48})$`)

// ParseFile reads a devices file. name is the file's, for messages. The error is a
// strict.Errors with everything that is wrong.
func ParseFile(data []byte, name string) (File, error) {
	var f File
	lines, errs := strict.Decoder{File: name}.Decode(data, &f)
	if err := strict.Merge(name, lines, errs, f.problems()).Err(); err != nil {
		return File{}, err
	}
	for i := range f.Devices {
		f.Devices[i].FIFO = f.Devices[i].FIFO || f.Devices[i].Kind == DLA
	}
	return f, nil
}

func (f File) problems() strict.Errors {
	errs := strict.Check(f)
	seen := map[accel.DeviceID]bool{}
	for i, d := range f.Devices {
		at := fmt.Sprintf("devices[%d]", i)
		switch {
		case d.ID == "": // Check has said it
		case !deviceForm.MatchString(string(d.ID)):
			errs.Addf(at+".id", "%q is no device: want cpu, gpu:N, dla:N, npu:N or sim:NAME", d.ID)
		case seen[d.ID]:
			errs.Addf(at+".id", "%s is listed twice", d.ID)
		}
		seen[d.ID] = true
		if len(d.StreamsGain) > 0 && d.StreamsGain[0] != 1 {
			errs.Addf(at+".streams_gain", "the first is of one stream over one stream: want 1, not %v", d.StreamsGain[0])
		}
		if len(d.StreamsGain) > 64 {
			errs.Addf(at+".streams_gain", "more than 64 streams")
		}
		if _, err := parseRules(d.Rules); err != nil {
			errs.Addf(at+".rules", "%v", err)
		}
	}
	return errs
}
