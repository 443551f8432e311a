package bench

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
)

//go:embed page.html.tmpl
var pageText string

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"fixed":   func(digits int, v float64) string { return fmt.Sprintf("%.*f", digits, v) },
	"percent": func(v float64) string { return fmt.Sprintf("%.0f %%", 100*v) },
	"change":  func(v float64) string { return fmt.Sprintf("%+.1f %%", 100*v) },
	"join":    strings.Join, "bars": bars, "curve": curve, "timeline": timeline, "where": inputs,
	"short":    short,
	"predicts": func(r Report) bool { return r.any(func(x Row) bool { return x.Predicted > 0 }) },
	"energy":   func(r Report) bool { return r.any(func(x Row) bool { return x.Joules != nil }) },
	"energyOf": EnergyOf,
	"devices":  func(r Report) bool { return r.any(func(x Row) bool { return x.DeviceBusy() != "" }) },
	"drawn":    func(r Report) bool { return r.any(func(x Row) bool { return len(x.Timeline) > 0 }) },
}).Parse(pageText))

// short is a model with the first 8 digits of its hash, as messages have it.
func short(model string) string {
	name, hash, found := strings.Cut(model, "@sha256:")
	if !found {
		return model
	}
	return name + "@" + hash[:min(8, len(hash))]
}

func (r Report) any(is func(Row) bool) bool {
	return slices.ContainsFunc(r.Rows, is)
}

// WritePage writes the report as one HTML page that needs nothing else, neither
// scripts nor a network.
func (r Report) WritePage(w io.Writer) error {
	if err := pageTemplate.Execute(w, r); err != nil {
		return fmt.Errorf("writing the page: %w", err)
	}
	return nil
}
