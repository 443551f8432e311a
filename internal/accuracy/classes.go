package accuracy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"braid/internal/coco"
)

// Classes says which category a label stands for.
type Classes struct {
	Categories []int64          // ids of those that are evaluated
	Unlike     []string         // pairs that were made by order and have different names
	byLabel    map[string]int64 // labels that are not in it are left out
}

// Model pairs the labels of a model with the categories of a truth: where there
// are as many of both, class i is the i-th category by ascending id, else a label
// is the category of its name. A name without a partner on the other side is an
// error, unless only names the classes to evaluate: then all others are left out,
// and only these must be on both sides.
func Model(labels []string, categories []coco.Category, only []string) (Classes, error) {
	if len(only) > 0 {
		return some(only, labels, categories)
	}
	categories = slices.Clone(categories)
	slices.SortFunc(categories, func(a, b coco.Category) int { return cmp.Compare(a.ID, b.ID) })
	if len(labels) == len(categories) {
		return byOrder(labels, categories)
	}
	c, err := Recorded(labels, categories, nil)
	if err != nil {
		return Classes{}, err
	}
	for _, category := range categories {
		if !slices.ContainsFunc(labels, func(l string) bool { return c.byLabel[l] == category.ID }) {
			return Classes{}, unmatched("category %q of the annotations is not a label of the model", category.Name, labels, categories)
		}
	}
	return c, nil
}

func byOrder(labels []string, categories []coco.Category) (Classes, error) {
	c := Classes{byLabel: map[string]int64{}}
	for i, category := range categories {
		label := labels[i]
		if _, twice := c.byLabel[label]; twice {
			return Classes{}, fmt.Errorf("the model has the label %q twice", label)
		}
		c.byLabel[label] = category.ID
		c.Categories = append(c.Categories, category.ID)
		if spelling(label) != spelling(category.Name) {
			c.Unlike = append(c.Unlike, label+"="+category.Name)
		}
	}
	return c, nil
}

// Recorded pairs labels that were found in messages with the categories of a
// truth, by name. A label that is no category is an error, unless only names
// the classes to evaluate: then all others are left out, and only these must be
// categories. A category that was never found is evaluated all the same.
func Recorded(labels []string, categories []coco.Category, only []string) (Classes, error) {
	if len(only) > 0 {
		return some(only, slices.Concat(labels, only), categories)
	}
	c := Classes{byLabel: map[string]int64{}}
	for _, category := range categories {
		c.Categories = append(c.Categories, category.ID)
	}
	for _, l := range labels {
		category, ok := named(l, categories)
		if !ok {
			return Classes{}, unmatched("label %q is not a category of the annotations", l, labels, categories)
		}
		c.byLabel[l] = category.ID
	}
	return c, nil
}

// some pairs the classes that were asked for by name.
func some(only, labels []string, categories []coco.Category) (Classes, error) {
	c := Classes{byLabel: map[string]int64{}}
	for _, name := range only {
		category, ok := named(name, categories)
		if !ok {
			return Classes{}, fmt.Errorf("class %q is not a category of the annotations: %s", name, quoted(names(categories)))
		}
		found := false
		for _, l := range labels {
			if spelling(l) == spelling(name) {
				c.byLabel[l], found = category.ID, true
			}
		}
		if !found {
			return Classes{}, fmt.Errorf("class %q is not a label of the model: %s", name, quoted(labels))
		}
		c.Categories = append(c.Categories, category.ID)
	}
	return c, nil
}

// unmatched says which name has no partner, and with what the evaluation would
// go on.
func unmatched(format, name string, labels []string, categories []coco.Category) error {
	both := Shared(labels, categories)
	err := fmt.Errorf(format, name)
	if len(both) == 0 {
		return fmt.Errorf("%w; they have no name in common", err)
	}
	return fmt.Errorf("%w; to evaluate what both have: --classes %q", err, strings.Join(both, ","))
}

// Shared are the names of the categories that a model has labels for.
func Shared(labels []string, categories []coco.Category) (names []string) {
	for _, l := range labels {
		if c, ok := named(l, categories); ok && !slices.Contains(names, c.Name) {
			names = append(names, c.Name)
		}
	}
	return names
}

// named is the category of a name; one that is spelled just so goes first.
func named(name string, categories []coco.Category) (coco.Category, bool) {
	i := slices.IndexFunc(categories, func(c coco.Category) bool { return c.Name == name })
	if i < 0 {
		i = slices.IndexFunc(categories, func(c coco.Category) bool { return spelling(c.Name) == spelling(name) })
	}
	if i < 0 {
		return coco.Category{}, false
	}
	return categories[i], true
}

// spellings are names that PASCAL VOC, and darknet's label files after it, have
// for COCO's.
var spellings = map[string]string{
	"aeroplane": "airplane", "motorbike": "motorcycle", "sofa": "couch", "tvmonitor": "tv",
}

// spelling is a name without what differs between the files of one data set:
// case, and what stands between words.
func spelling(name string) string {
	s := strings.NewReplacer(" ", "", "_", "", "-", "").Replace(strings.ToLower(name))
	if coco, ok := spellings[s]; ok {
		return coco
	}
	return s
}

func names(categories []coco.Category) []string {
	out := make([]string, len(categories))
	for i, c := range categories {
		out[i] = c.Name
	}
	return out
}

// quoted lists names for a message, the first few of many.
func quoted(names []string) string {
	const most = 10
	if len(names) == 0 {
		return "there is none"
	}
	if len(names) > most {
		return fmt.Sprintf("there are %q and %d more", names[:most], len(names)-most)
	}
	return fmt.Sprintf("there are %q", names)
}
