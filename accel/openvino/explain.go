package openvino

import (
	"regexp"
	"strings"
)

// noise is what OpenVINO puts into its messages for its own developers: where in the
// source an exception passed, and what a check looks like there.
var noise = regexp.MustCompile(`(?:Exception from \S+:\d+:|Check '[^\n]*' failed at \S+:\d+:?)\s*`)

// explained makes a message of OpenVINO one line without the places in its source.
func explained(message string) string {
	flat := strings.Join(strings.Fields(noise.ReplaceAllString(message, " ")), " ")
	if flat == "" {
		flat = strings.Join(strings.Fields(message), " ")
	}
	return flat
}
