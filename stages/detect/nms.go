package detect

import "braid/stages"

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
		if !box.finite() {
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
	limit, perClass := float64(s.cfg.NMS.IoU), s.cfg.NMS.PerClass
	for i := range s.kept {
		o := &s.kept[i]
		if perClass && o.class != k.class {
			continue
		}
		w := min(o.box[2], k.box[2]) - max(o.box[0], k.box[0])
		h := min(o.box[3], k.box[3]) - max(o.box[1], k.box[1])
		if w <= 0 || h <= 0 {
			continue
		}
		if inter := w * h; inter/(o.area+k.area-inter+1e-9) > limit { // 1e-9 against empty boxes
			return true
		}
	}
	return false
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
