package card

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"braid/internal/strict"
)

// ErrMismatch is wrapped where a file is not the one that the card describes.
var ErrMismatch = errors.New("sha256 does not match")

// Load reads a card, its labels and the hash of its model file, which must match
// the card's. Where only the model file is missing, it returns the Card with an
// error that wraps fs.ErrNotExist.
func Load(path string) (*Card, error) {
	c, err := read(path)
	if err != nil {
		return nil, err
	}
	return c, c.verify(path)
}

// ReadFS reads a card and its labels from a file system, such as the one of
// the cards that the program carries. It leaves the model file alone.
func ReadFS(fsys fs.FS, path string) (*Card, error) {
	return readBy(func(name string) (io.ReadCloser, error) { return fsys.Open(name) }, path)
}

// read is ReadFS for the system's files.
func read(path string) (*Card, error) {
	return readBy(func(name string) (io.ReadCloser, error) { return os.Open(name) }, path)
}

type opener func(name string) (io.ReadCloser, error)

func readBy(open opener, path string) (*Card, error) {
	data, err := readUpTo(maxCardBytes, open, path)
	if err != nil {
		return nil, fmt.Errorf("reading model card: %w", err)
	}
	c, lines, err := parse(data, path)
	if err != nil {
		return nil, err
	}
	if err := c.readLabels(open); err != nil {
		return nil, strict.Errors{{File: path, Line: lines.At("labels"), Path: "labels", Msg: err.Error()}}
	}
	return c, nil
}

// Parse reads a card's text; path says where it came from, and what it names
// relative to it. The error is a strict.Errors with everything that is wrong. It
// reads no other file: labels that are in a file are missing.
func Parse(data []byte, path string) (*Card, error) {
	c, _, err := parse(data, path)
	return c, err
}

func parse(data []byte, path string) (*Card, strict.Lines, error) {
	c := Default()
	lines, errs := strict.Decoder{File: path}.Decode(data, &c)
	c.completeHead()
	c.SHA256 = strings.ToLower(c.SHA256)
	if err := strict.Merge(path, lines, errs, c.problems()).Err(); err != nil {
		return nil, lines, err
	}
	c.dir, c.from = filepath.Dir(path), path
	return &c, lines, nil
}

var (
	hashForm = regexp.MustCompile(`^[0-9a-f]{64}$`)
	nameForm = regexp.MustCompile(`^[^@/\\\s]{1,64}$`)
)

func (c *Card) problems() strict.Errors {
	errs := strict.Check(c)
	if c.Name != "" && !nameForm.MatchString(c.Name) {
		errs.Addf("name", "want 1 to 64 characters without spaces, @ and slashes")
	}
	if c.SHA256 != "" && !hashForm.MatchString(c.SHA256) {
		errs.Addf("sha256", "want 64 hex digits")
	}
	c.headProblems(&errs)
	return errs
}

// completeHead fills in what a kind of head has where the card says nothing.
func (c *Card) completeHead() {
	switch c.Head.Kind {
	case YOLOX, NanoDet:
		if c.Head.Strides == nil {
			c.Head.Strides = []int{8, 16, 32}
		}
	case End2End:
		c.NMS.Kind = NoNMS
	case Darknet, YOLOv5, YOLOv8:
	}
}

// headProblems holds the head's keys against its kind.
func (c *Card) headProblems(errs *strict.Errors) {
	k := c.Head.Kind
	grids, outputs := k == YOLOX || k == NanoDet, k == Darknet || k == YOLOv5
	if !grids && len(c.Head.Strides) > 0 {
		errs.Addf("head.strides", "belongs to the kinds yolox and nanodet, not to %s", k)
	}
	if !outputs && len(c.Head.Outputs) > 0 {
		errs.Addf("head.outputs", "belongs to the kinds darknet and yolov5, not to %s", k)
	}
	if k == YOLOX {
		c.strideProblems(errs)
	}
	if outputs {
		c.outputProblems(errs)
	}
}

func (c *Card) strideProblems(errs *strict.Errors) {
	for i, s := range c.Head.Strides {
		if s > 0 && (c.Input.Width%s != 0 || c.Input.Height%s != 0) {
			errs.Addf(fmt.Sprintf("head.strides[%d]", i), "the input of %dx%d is no multiple of %d", c.Input.Width, c.Input.Height, s)
		}
	}
}

func (c *Card) outputProblems(errs *strict.Errors) {
	if c.Head.Kind == Darknet && len(c.Head.Outputs) == 0 {
		errs.Addf("head.outputs", "is required for kind darknet")
	}
	named, seen := 0, map[string]bool{}
	for i, o := range c.Head.Outputs {
		at := fmt.Sprintf("head.outputs[%d]", i)
		if o.Name != "" {
			named++
			if seen[o.Name] {
				errs.Addf(at+".name", "%q is named twice", o.Name)
			}
			seen[o.Name] = true
		}
		if o.NewCoords && o.Type == Region {
			errs.Addf(at+".new_coords", "belongs to type yolo")
		}
		if c.Head.Kind == YOLOv5 && (o.Type != Yolo || o.NewCoords || o.ScaleXY != 1) {
			errs.Addf(at, "of kind yolov5 has anchors, and a name, but no type, scale_xy and new_coords")
		}
	}
	if named != 0 && named != len(c.Head.Outputs) {
		errs.Addf("head.outputs", "name all outputs or none")
	}
}

// Bounds on what is read, which may be any file: no detector has more classes.
const (
	maxCardBytes  = 8 << 20
	maxLabels     = 100_000
	maxLabelBytes = 8 << 20
)

// readLabels fills in the names from the label file, if there is one. Empty
// lines at the end do not count; those between are classes without a name.
func (c *Card) readLabels(open opener) error {
	if c.Labels.File == "" {
		return nil
	}
	path := c.labelsPath()
	data, err := readUpTo(maxLabelBytes, open, path)
	if err != nil {
		return fmt.Errorf("reading labels: %w", err)
	}
	c.Labels.Names = nil
	lines := bufio.NewScanner(bytes.NewReader(bytes.TrimRight(data, " \t\r\n")))
	for lines.Scan() {
		c.Labels.Names = append(c.Labels.Names, strings.TrimSpace(lines.Text()))
	}
	if err := lines.Err(); err != nil || len(c.Labels.Names) > maxLabels {
		return fmt.Errorf("reading labels: %s is no list of names", path)
	}
	return nil
}

// labelsPath is where the labels' file is.
func (c *Card) labelsPath() string {
	path := filepath.FromSlash(c.Labels.File)
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(c.dir, path)
}

func readUpTo(most int64, open opener, path string) ([]byte, error) {
	f, err := open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, most))
}

// verify hashes the model file and holds it against the card that ref found.
func (c *Card) verify(ref string) error {
	sum, err := fileHash(c.Path())
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) && c.Source != "" {
			return fmt.Errorf("model %s: %w: get it with 'braid model pull %s'", c.Name, err, ref)
		}
		return fmt.Errorf("model %s: %w", c.Name, err)
	}
	if c.SHA256 != "" && c.SHA256 != sum {
		return fmt.Errorf("model %s: %w: the card says %s, %s is %s", c.Name, ErrMismatch, c.SHA256, c.Path(), sum)
	}
	c.SHA256 = sum
	return nil
}

func fileHash(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("opening model: %w", err)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("reading model: %w", err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
