package assign

import (
	"fmt"
	"math"
	"math/bits"
	"time"

	"github.com/actorlb/grpclb/lbserver"
)

// A Ramp is how the weight of a backend grows with its age, in steps. The zero
// Ramp is none: every backend has its full weight.
type Ramp struct {
	// Window is the age from which a backend has its full weight. Zero or less means from the
	// start.
	Window time.Duration

	// Steps is how many steps there are below the full weight. Each lasts Window/Steps. Less
	// than 1 means 9, more than 99 means 99.
	Steps int

	// Floor is what a backend has at least, in percent of its full weight. Less than 1 means
	// 10; more than 100 means 100.
	Floor int

	// Aggression is how fast the weight grows: with 1 in proportion to the age, with more
	// than 1 faster at first, with less than 1 slower at first. Zero, less than zero and NaN
	// mean 1.
	Aggression float64
}

// Percent returns how much of its weight a backend of this age has, in percent, from 1 to
// 100. It never falls as the age grows. An age below zero counts as zero.
func (r Ramp) Percent(age time.Duration) int {
	if age = max(age, 0); age >= r.Window {
		return 100
	}
	return r.at(r.step(age))
}

// at is the percentage in a step, which are counted from 0.
func (r Ramp) at(step int) int {
	grown := math.Pow(float64(step+1)/float64(r.steps()+1), 1/r.aggression())
	return max(r.floor(), int(math.Round(100*grown)))
}

// Next returns after how much more time the percentage changes, for a backend of
// this age. If it does not change any more, ok is false.
func (r Ramp) Next(age time.Duration) (in time.Duration, ok bool) {
	now := r.Percent(age)
	if now == 100 {
		return 0, false
	}
	step := r.step(max(age, 0)) + 1
	for step < r.steps() && r.at(step) == now {
		step++
	}
	return r.begins(step) - age, true
}

// Warm returns the servers with the weights that they have at these ages, one for each
// server. If all have the same age, all weights shrink alike, so each gets as many calls as
// without a ramp: all calls have to go somewhere.
//
// It returns an error if a weight is out of range, or if there are not as many ages as
// servers.
func (r Ramp) Warm(servers []lbserver.Server, ages []time.Duration) ([]lbserver.Server, error) {
	if len(ages) != len(servers) {
		return nil, fmt.Errorf("assign: %d servers with %d ages", len(servers), len(ages))
	}
	if err := check(servers); err != nil {
		return nil, fmt.Errorf("assign: %w", err)
	}
	weights := make([]uint64, len(servers))
	for i, s := range servers {
		weights[i] = weight(s) * uint64(r.Percent(ages[i]))
	}
	return weigh(servers, weights), nil
}

// step is the one that an age is in. It must be from zero on and below the window.
func (r Ramp) step(age time.Duration) int {
	high, low := bits.Mul64(uint64(age), uint64(r.steps()))
	step, _ := bits.Div64(high, low, uint64(r.Window))
	return int(step)
}

// begins is the age at which a step begins, the last one being followed by the
// full weight.
func (r Ramp) begins(step int) time.Duration {
	high, low := bits.Mul64(uint64(r.Window), uint64(step))
	age, rest := bits.Div64(high, low, uint64(r.steps()))
	if rest > 0 {
		age++
	}
	return time.Duration(age)
}

func (r Ramp) steps() int {
	if r.Steps < 1 {
		return 9
	}
	return min(r.Steps, 99)
}

func (r Ramp) floor() int {
	if r.Floor < 1 {
		return 10
	}
	return min(r.Floor, 100)
}

func (r Ramp) aggression() float64 {
	if r.Aggression > 0 {
		return r.Aggression
	}
	return 1
}
