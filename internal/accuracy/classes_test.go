package accuracy

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"braid/internal/coco"
)

// street are categories that are not in the order of their ids.
var street = []coco.Category{{ID: 4, Name: "motorcycle"}, {ID: 1, Name: "person"}, {ID: 10, Name: "traffic light"}}

func TestModelClasses(t *testing.T) {
	for _, c := range []struct {
		name   string
		labels []string
		only   []string
		want   map[string]int64
		ids    []int64
		unlike int
		err    string // "": none
	}{
		{
			name: "by order", labels: []string{"human", "motorbike", "traffic_light"}, ids: []int64{1, 4, 10}, unlike: 1,
			want: map[string]int64{"human": 1, "motorbike": 4, "traffic_light": 10},
		},
		{name: "twice", labels: []string{"a", "b", "a"}, err: `label "a" twice`},
		{
			name: "too few labels", labels: []string{"person", "motorbike"},
			err: `category "traffic light" of the annotations is not a label of the model; to evaluate what both have: --classes "person,motorcycle"`,
		},
		{
			name: "too many labels", labels: []string{"dog", "person", "motorbike", "traffic light"},
			err: `label "dog" is not a category of the annotations; to evaluate what both have: --classes "person,motorcycle,traffic light"`,
		},
		{name: "nothing in common", labels: []string{"dog"}, err: "no name in common"},
		{
			name: "by name", labels: []string{"Person", "motorbike", "motorcycle", "trafficlight"}, ids: []int64{1, 4, 10},
			want: map[string]int64{"Person": 1, "motorbike": 4, "motorcycle": 4, "trafficlight": 10},
		},
		{
			name: "some", labels: []string{"dog", "motorbike", "person"}, only: []string{"person", "motorcycle"}, ids: []int64{1, 4},
			want: map[string]int64{"motorbike": 4, "person": 1},
		},
		{
			name: "some of as many", labels: []string{"dog", "person", "cat"}, only: []string{"person"}, ids: []int64{1},
			want: map[string]int64{"person": 1},
		},
		{name: "one that the model has not", labels: []string{"dog"}, only: []string{"person"}, err: `class "person" is not a label of the model: there are ["dog"]`},
		{name: "one that the truth has not", labels: []string{"dog"}, only: []string{"dog"}, err: `class "dog" is not a category of the annotations`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Model(c.labels, street, c.only)
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Errorf("got %v, want %q", err, c.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			slices.Sort(got.Categories)
			if !maps.Equal(got.byLabel, c.want) || !slices.Equal(got.Categories, c.ids) || len(got.Unlike) != c.unlike {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestRecordedClasses(t *testing.T) {
	got, err := Recorded([]string{"motorbike"}, street, nil)
	if err != nil || len(got.Categories) != 3 || !maps.Equal(got.byLabel, map[string]int64{"motorbike": 4}) {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := Recorded([]string{"motorbike", "dog"}, street, nil); err == nil || !strings.Contains(err.Error(), `"dog"`) || !strings.Contains(err.Error(), `--classes "motorcycle"`) {
		t.Errorf("got %v", err)
	}
	got, err = Recorded([]string{"motorbike", "dog"}, street, []string{"motorcycle", "person"})
	if err != nil || !slices.Equal(got.Categories, []int64{4, 1}) || got.byLabel["motorbike"] != 4 || got.byLabel["dog"] != 0 {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := Recorded(nil, street, []string{"dog"}); err == nil {
		t.Error("a class that is no category was taken")
	}
}
