package darknet

// activation is darknet's name of an activation.
type activation string

const (
	linear   activation = "linear"
	leaky    activation = "leaky"
	relu     activation = "relu"
	relu6    activation = "relu6"
	mish     activation = "mish"
	swish    activation = "swish"
	logistic activation = "logistic"
)

// activations are those that a section may name.
func activations() []string {
	return []string{string(leaky), string(linear), string(logistic), string(mish), string(relu), string(relu6), string(swish)}
}

// activationOf reads a section's activation.
func activationOf(v *values, def activation) activation {
	return activation(v.word("activation", string(def), activations()))
}
