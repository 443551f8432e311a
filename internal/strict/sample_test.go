package strict

import (
	"strings"
	"time"
)

// shade is an enumeration.
type shade string

func (shade) Values() []string { return []string{"dark", "light"} }

func (s *shade) UnmarshalText(text []byte) error {
	*s = shade(text)
	return OneOf(text, s.Values())
}

// place is a name or keys.
type place struct {
	ID   string `yaml:"id" rule:"required" doc:"the name"`
	Room int    `yaml:"room" rule:"min=1,max=9,zero" doc:"0: any"`
}

func (p *place) UnmarshalText(text []byte) error {
	*p = place{ID: string(text)}
	return nil
}

// words are a file's name or a list.
type words struct {
	File string
	List []string `rule:"list"`
}

func (w *words) UnmarshalText(text []byte) error {
	w.File = string(text)
	return nil
}

type lamp struct {
	Name   string  `yaml:"name" rule:"required" doc:"of the lamp"`
	Shade  shade   `yaml:"shade" doc:"its shade"`
	Power  float32 `yaml:"power" rule:"above=0,max=100" doc:"watts"`
	Places []place `yaml:"places" doc:"where it stands"`
}

func (l *lamp) SetDefaults()        { l.Power = 40 }
func (lamp) ReservedKeys() []string { return []string{"colour"} }

type house struct {
	Name    string        `yaml:"name" rule:"required" doc:"of the house"`
	On      bool          `yaml:"on" doc:"a truth value"`
	Floors  int           `yaml:"floors" rule:"min=1,max=100" doc:"a number"`
	Pad     uint8         `yaml:"pad" doc:"a byte"`
	Wait    time.Duration `yaml:"wait" rule:"min=100ms" doc:"a duration"`
	Size    Bytes         `yaml:"size" rule:"max=1GiB" doc:"a size"`
	Mean    [3]float64    `yaml:"mean" rule:"above=-1" doc:"three numbers"`
	Boxes   [][2]int      `yaml:"boxes" doc:"pairs"`
	Garden  *garden       `yaml:"garden,omitempty" doc:"may be missing"`
	Lamps   []lamp        `yaml:"lamps" doc:"lamps"`
	Labels  words         `yaml:"labels" doc:"a file or a list"`
	Maybe   *bool         `yaml:"maybe" doc:"unset"`
	private int
}

type garden struct {
	Trees int                `yaml:"trees" rule:"max=9" doc:"how many"`
	Beds  map[string]float64 `yaml:"beds,omitempty" rule:"min=0" doc:"square metres"`
}

func (g *garden) SetDefaults() { g.Trees = 2 }

func newHouse() house {
	return house{Name: "h", Floors: 1, Wait: time.Second, Size: 1 << 20, private: 7}
}

// unmarshal decodes into a house and gives the problems line by line.
func unmarshal(text string) (house, []string) {
	h := newHouse()
	err := Decoder{File: "h.yaml"}.Unmarshal([]byte(text), &h)
	if err == nil {
		return h, nil
	}
	return h, strings.Split(err.Error(), "\n")
}
