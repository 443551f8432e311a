// Package cards carries the cards of public models, whose files `braid model
// pull` downloads. docs/model-cards.md says where each figure comes from. A card
// is here only if its address, its SHA-256, its licence and how to read it are
// known from what others published; it has no networks.
package cards

import "embed"

// FS has a NAME.yaml for each model, and the label file that they name.
//
//go:embed *.yaml *.names
var FS embed.FS
