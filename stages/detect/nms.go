package detect

import (
	"math"

	"braid/stages"
)

// kept is a box that is in the result, in pixels of the frame.
type kept struct {
	class int32
	area  float64
	box   corners
}

// collect goes through the candidates from the best on and keeps each whose
// overlap with no better one, of its class where PerClass says so, is above the
// limit: greedy suppression. It stops at Max.
func (s *Stage) collect(j *stages.Job) {
	s.best.sort()
	s.kept = s.kept[:0]
	for _, c := range s.best.list {
		if len(s.kept) == s.cfg.NMS.Max {
			break
		}
		box := s.head.box(s.outputs, int(c.row))
		if !box.sound() {
			continue
		}
		k := kept{class: c.class, box: onFrame(box, j)}
		k.area = (k.box[2] - k.box[0]) * (k.box[3] - k.box[1])
		if s.suppressed(&k) {
			continue
		}
		s.kept = append(s.kept, k)
		j.Objects = append(j.Objects, object(c, k.box, j))
	}
}

// suppressed says whether a box that is kept already overlaps k too much.
func (s *Stage) suppressed(k *kept) bool {
	n := &s.cfg.NMS
	if n.Kind == "none" {
		return false
	}
	for i := range s.kept {
		o := &s.kept[i]
		if n.PerClass && o.class != k.class {
			continue
		}
		w := min(o.box[2], k.box[2]) - max(o.box[0], k.box[0])
		h := min(o.box[3], k.box[3]) - max(o.box[1], k.box[1])
		if w <= 0 || h <= 0 {
			continue
		}
		inter := w * h
		overlap := inter / (o.area + k.area - inter + 1e-9) // 1e-9 against empty boxes
		if overlap > float64(n.IoU) && n.Kind == "diou" {
			overlap -= math.Pow(apart(&o.box, &k.box), float64(n.Beta))
		}
		if overlap > float64(n.IoU) {
			return true
		}
	}
	return false
}

// apart is the squared distance of two boxes' centres over the squared diagonal
// of the box around both (distance IoU, arXiv:1911.08287): DIoU suppression
// subtracts its power Beta from the overlap, so that of neighbours in a crowd more
// stay. Beta is 1 in the paper, beta_nms in darknet.
func apart(a, b *corners) float64 {
	dx, dy := (a[0]+a[2]-b[0]-b[2])/2, (a[1]+a[3]-b[1]-b[3])/2
	w, h := max(a[2], b[2])-min(a[0], b[0]), max(a[3], b[3])-min(a[1], b[1])
	return (dx*dx + dy*dy) / (w*w + h*h + 1e-9)
}

// onFrame maps a box from pixels of the input to pixels of the frame and clips
// it there.
func onFrame(b corners, j *stages.Job) corners {
	g, w, h := j.Geometry, float64(j.Width), float64(j.Height)
	return corners{
		clip((b[0]-float64(g.OffX))*float64(g.ScaleX), w), clip((b[1]-float64(g.OffY))*float64(g.ScaleY), h),
		clip((b[2]-float64(g.OffX))*float64(g.ScaleX), w), clip((b[3]-float64(g.OffY))*float64(g.ScaleY), h),
	}
}

func clip(v, most float64) float64 { return max(0, min(v, most)) }

// object is a box as fractions of the frame.
func object(c candidate, b corners, j *stages.Job) stages.Object {
	w, h := float64(j.Width), float64(j.Height)
	x, y := float32(b[0]/w), float32(b[1]/h)
	return stages.Object{
		Class: int(c.class), Score: c.score,
		Box: [4]float32{x, y, float32(b[2]/w) - x, float32(b[3]/h) - y},
	}
}
