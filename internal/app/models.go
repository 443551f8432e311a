package app

import (
	"fmt"
	"io/fs"
	"os"

	"github.com/jedib0t/go-pretty/v6/table"

	"braid/internal/card"
	"braid/internal/redact"
	"braid/models/cards"
)

// carriedCards are the cards of public models that the program carries.
func carriedCards() ([]*card.Card, error) {
	files, err := fs.Glob(cards.FS, "*.yaml")
	if err != nil {
		return nil, err
	}
	var out []*card.Card
	for _, f := range files {
		c, err := card.ReadFS(cards.FS, f)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

// carriedCard is the carried card of a name, nil where there is none.
func carriedCard(name string) *card.Card {
	all, _ := carriedCards() // a test reads them all
	for _, c := range all {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// What state a model is in.
const (
	stateHere    = "here"
	statePull    = "pull" // braid model pull gets it
	statePulled  = "pulled"
	stateMissing = "missing"
)

// listed is a model as model list prints it.
type listed struct {
	Name    string `json:"name"`
	State   string `json:"state"`
	File    string `json:"file"` // where its file is, or is missing
	Source  string `json:"source,omitempty"`
	Input   [2]int `json:"input"`
	Head    string `json:"head"`
	License string `json:"license,omitempty"`
}

func listCard(c *card.Card) listed {
	return listed{
		Name: c.Name, State: statePull, Source: redact.URL(c.Source),
		Input: [2]int{c.Input.Width, c.Input.Height}, Head: string(c.Head.Kind), License: c.License,
	}
}

// listModels are the models that --model can name, then those that can be
// pulled.
func listModels(env *Env) ([]listed, error) {
	found, err := card.List(cardEnv(env))
	if err != nil {
		return nil, as(ErrInvalid, err)
	}
	carried, err := carriedCards()
	if err != nil {
		return nil, err
	}
	rows, named := []listed{}, map[string]bool{}
	for _, c := range found {
		r := listCard(c)
		r.File, named[c.Name] = c.Path(), true
		if _, err := os.Stat(c.Path()); err == nil {
			r.State = stateHere
		} else if c.Source == "" {
			r.State = stateMissing
		}
		rows = append(rows, r)
	}
	for _, c := range carried {
		if !named[c.Name] {
			rows = append(rows, listCard(c))
		}
	}
	return rows, nil
}

// ModelList shows the models that --model can name, and those that can be
// pulled.
func ModelList(env *Env) error {
	rows, err := listModels(env)
	if err != nil {
		return err
	}
	if env.JSON {
		return writeJSON(env.Out, rows)
	}
	t := newTable(env.Out)
	t.AppendHeader(table.Row{"name", "state", "input", "head", "license", "file or source"})
	for _, r := range rows {
		t.AppendRow(table.Row{r.Name, r.State, fmt.Sprintf("%dx%d", r.Input[0], r.Input[1]), r.Head, r.License, first(r.File, r.Source)})
	}
	t.Render()
	return nil
}
