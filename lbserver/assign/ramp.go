package assign

import (
	"math"
	"math/bits"
	"slices"
	"time"
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
	in = r.begins(step) - age
	if in < 0 { // more than a Duration can say
		in = math.MaxInt64
	}
	return in, true
}

// NextOf returns after how much more time the percentage of one of the backends changes: the
// lists that have them are then due again. If none changes any more, ok is false.
func (r Ramp) NextOf(backends []Backend, now time.Time) (in time.Duration, ok bool) {
	for _, b := range backends {
		if next, more := r.Next(now.Sub(b.Since)); more && (!ok || next < in) {
			in, ok = next, true
		}
	}
	return in, ok
}

// Warm returns the backends with the weights that they have at their ages. If all have the
// same age, all weights shrink alike, so each gets as many calls as without a ramp: all calls
// have to go somewhere.
//
// It returns an error if a weight is out of range, or if a backend has Drop set.
func (r Ramp) Warm(backends []Backend, now time.Time) ([]Backend, error) {
	if err := checkBackends(backends); err != nil {
		return nil, err
	}
	weights := make([]uint64, len(backends))
	for i, b := range backends {
		weights[i] = weight(b.Server) * uint64(r.Percent(now.Sub(b.Since)))
	}
	warm := slices.Clone(backends)
	for i, w := range reduced(weights) {
		warm[i].Weight = w
	}
	return warm, nil
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
