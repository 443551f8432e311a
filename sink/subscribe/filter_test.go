package subscribe_test

import (
	"reflect"
	"testing"

	"braid/sink/subscribe"
	"braid/sink/wire"
)

func TestFilter(t *testing.T) {
	frame := func(objects ...wire.Object) wire.Frame { return wire.Frame{Camera: "a", Objects: objects} }
	person := wire.Object{Label: "person", Score: 0.9}
	faint := wire.Object{Label: "person", Score: 0.3}
	car := wire.Object{Label: "car", Score: 0.8}
	for _, c := range []struct {
		in      wire.Frame
		classes []string
		score   float32
		want    []wire.Object
		show    bool
	}{
		{frame(), nil, 0, nil, true},
		{frame(person, car), nil, 0, []wire.Object{person, car}, true},
		{frame(person, car), []string{"person"}, 0, []wire.Object{person}, true},
		{frame(person, faint, car), []string{"person", "car"}, 0.5, []wire.Object{person, car}, true},
		{frame(person, faint, car), nil, 0.85, []wire.Object{person}, true},
		{frame(person), nil, 0.9, []wire.Object{person}, true},
		{frame(car), []string{"person"}, 0, []wire.Object{}, false},
		{frame(), []string{"person"}, 0, nil, false},
		{wire.Frame{Error: "out of memory"}, nil, 0.5, nil, false},
		{wire.Frame{Error: "out of memory"}, nil, 0, nil, true},
	} {
		before := c.in
		before.Objects = append([]wire.Object(nil), c.in.Objects...)
		got, show := subscribe.Filter(&c.in, c.classes, c.score)
		if show != c.show || !reflect.DeepEqual(got.Objects, c.want) || got.Camera != c.in.Camera {
			t.Errorf("%+v by %v, %v: %+v, %v", before, c.classes, c.score, got.Objects, show)
		}
		if !reflect.DeepEqual(c.in.Objects, before.Objects) {
			t.Errorf("the frame was changed to %+v", c.in)
		}
	}
}
