// Package sim plays devices that are declared and not there. Backend is an
// accel.Backend of them: results are computed by another Backend, times are those that
// a file of devices declares, in the order in which the declared device would serve.
// Times.System makes a plan on a profile's devices for the simulator in accel/sim/des.
//
// It owns no network runtime: the Backend that computes is given to it and stays its
// owner's. No figure of a simulated device is a measurement: its devices,
// errors and logs say sim.
package sim
