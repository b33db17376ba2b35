package grpclb

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"time"

	"github.com/actorlb/grpclb/internal/oneline"
)

// fields are the fields of a JSON object.
type fields []field

type field struct {
	name  string
	value any   // a pointer to the value, or the fields of an object within
	wrong error // what is wrong with the present value, or nil
}

// fields returns the fields of the JSON of c: their names, in which case matters, pointers to
// their values, and what is wrong with these. The limits of streamBackoff make sure that
// streams are not opened in a tight loop.
func (c *Config) fields() fields {
	b, k := &c.StreamBackoff, &c.BalancerKeepalive
	return fields{
		{"serviceName", &c.ServiceName, checkName(c.ServiceName)},
		{"initialFallbackTimeout", (*duration)(&c.InitialFallbackTimeout), atLeast(0, c.InitialFallbackTimeout)},
		{"childPolicy", (*childPolicy)(&c.ChildPolicy), childPolicy(c.ChildPolicy).check()},
		{"emptyServerList", &c.EmptyServerList, oneOf(c.EmptyServerList, WaitOnEmpty, FailOnEmpty, KeepOnEmpty)},
		{"backendHealthCheck", &c.BackendHealthCheck, oneOf(c.BackendHealthCheck, CheckFallback, CheckAll)},
		{"handoverTimeout", (*duration)(&c.HandoverTimeout), atLeast(0, c.HandoverTimeout)},
		{"subConnLinger", (*duration)(&c.SubConnLinger), atLeast(0, c.SubConnLinger)},
		{"maxPendingPicks", &c.MaxPendingPicks, inRange[int64](0, math.MaxUint32, int64(c.MaxPendingPicks))},
		{"streamBackoff", fields{
			{"initialDelay", (*duration)(&b.BaseDelay), atLeast(time.Millisecond, b.BaseDelay)},
			{"multiplier", &b.Multiplier, inRange(1, math.MaxFloat64, b.Multiplier)},
			{"jitter", &b.Jitter, inRange(0, 1, b.Jitter)},
			{"maxDelay", (*duration)(&b.MaxDelay), atLeast(time.Millisecond, b.MaxDelay)},
		}, nil},
		{"balancerTimeout", (*duration)(&c.BalancerTimeout), atLeast(0, c.BalancerTimeout)},
		{"balancerKeepalive", fields{
			{"time", (*duration)(&k.Time), atLeast(0, k.Time)},
			{"timeout", (*duration)(&k.Timeout), atLeast(0, k.Timeout)},
		}, nil},
	}
}

// check returns what is wrong with the values, with the names of the fields.
func (fs fields) check() error {
	var wrong []error
	for _, f := range fs {
		err := f.wrong
		if within, ok := f.value.(fields); ok {
			err = within.check()
		}
		wrong = append(wrong, inField(f.name, err))
	}
	return oneline.Join(wrong...)
}

// read sets the fields that a JSON object has. It checks the types of the values, not whether
// they are allowed. A null is the same as no value, as in all JSON of protobuf messages. It
// returns the names of unknown fields, with the name of the object before them.
func (fs fields) read(text []byte, object string) (unknown []string, err error) {
	var values map[string]json.RawMessage
	if err := json.Unmarshal(text, &values); err != nil {
		return nil, fmt.Errorf("this is not a JSON object: %w", err)
	}
	var wrong []error
	for _, f := range fs {
		value := values[f.name]
		delete(values, f.name)
		if value == nil || string(value) == "null" {
			continue
		}
		if within, ok := f.value.(fields); ok {
			var names []string
			names, err = within.read(value, object+f.name+".")
			unknown = append(unknown, names...)
		} else {
			err = json.Unmarshal(value, f.value)
		}
		wrong = append(wrong, inField(f.name, err))
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		unknown = append(unknown, object+name)
	}
	return unknown, oneline.Join(wrong...)
}

// write adds a JSON object to the text. Strings that are empty are left out.
func (fs fields) write(text *bytes.Buffer) (err error) {
	e := json.NewEncoder(text)
	e.SetEscapeHTML(false) // so that the config of a child policy is not changed
	before := "{"
	for _, f := range fs {
		if v := reflect.Indirect(reflect.ValueOf(f.value)); v.Kind() == reflect.String && v.Len() == 0 {
			continue
		}
		fmt.Fprintf(text, "%s%q:", before, f.name)
		if within, ok := f.value.(fields); ok {
			err = within.write(text)
		} else {
			err = e.Encode(f.value)
		}
		if err != nil {
			return err
		}
		before = ","
	}
	text.WriteString("}")
	return nil
}

// inField returns err with the name of the field, or nil.
func inField(name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("field %s: %w", name, err)
}
