package source

import "fmt"

// Policy says what a Gate does with a frame when there is no room for it.
type Policy uint8

// Block waits for room and loses nothing. DropOldest gives up the frame that
// has waited longest, DropNewest the one that is offered; neither ever waits.
// EveryN hands on one frame of GateConfig.Every and is DropOldest for the rest.
const (
	Block Policy = iota
	DropOldest
	DropNewest
	EveryN
)

var policyNames = [...]string{"block", "drop-oldest", "drop-newest", "every-n"}

func (p Policy) String() string {
	if int(p) < len(policyNames) {
		return policyNames[p]
	}
	return fmt.Sprintf("Policy(%d)", uint8(p))
}

// MarshalText is the name as the configuration has it.
func (p Policy) MarshalText() ([]byte, error) {
	if int(p) >= len(policyNames) {
		return nil, fmt.Errorf("unknown policy %d", uint8(p))
	}
	return []byte(p.String()), nil
}

// UnmarshalText reads block, drop-oldest, drop-newest or every-n.
func (p *Policy) UnmarshalText(text []byte) error {
	for i, name := range policyNames {
		if name == string(text) {
			*p = Policy(i)
			return nil
		}
	}
	return fmt.Errorf("unknown policy %q: want block, drop-oldest, drop-newest or every-n", text)
}
