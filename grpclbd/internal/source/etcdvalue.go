package source

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/actorlb/grpclb/grpclbd/internal/backend"
)

// An etcdValue is a value as etcd's naming/endpoints writes it. Its field Op says nothing: a
// key that is there is a backend.
type etcdValue struct {
	Addr     string
	Metadata json.RawMessage
}

// parseValue reads the value of a key. foreign: there is metadata that is not meant for this
// program.
func parseValue(text []byte) (b backend.Backend, foreign bool, err error) {
	var v etcdValue
	if err := json.Unmarshal(text, &v); err != nil {
		return b, false, fmt.Errorf("the value is not JSON as etcd's naming/endpoints writes it: %w", readableJSON(err))
	}
	if v.Addr == "" {
		return b, false, errors.New("the value has no Addr")
	}
	b.Address = v.Addr
	foreign, err = metadata(v.Metadata, &b)
	return b, foreign, err
}

// metadata reads what describes the backend. Metadata that is not an object, or has no field with
// one of these names, is foreign; so are other fields, which don't matter.
func metadata(text json.RawMessage, b *backend.Backend) (foreign bool, err error) {
	if len(text) == 0 || string(text) == "null" {
		return false, nil
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(text, &fields) != nil {
		return true, nil
	}
	ours := false
	read := func(name string, into any) {
		value, has := fields[name]
		if !has || err != nil {
			return
		}
		ours = true
		if fault := json.Unmarshal(value, into); fault != nil {
			err = fmt.Errorf("%s in Metadata: %w", name, readableJSON(fault))
		}
	}
	weight := 1
	read("zone", &b.Zone)
	read("weight", &weight)
	read("token", &b.Token)
	read("labels", &b.Labels)
	if _, has := fields["weight"]; has && err == nil {
		b.Weight, err = weight, backend.CheckWeight(weight) // here 0 is not "left out"
	}
	return !ours, err
}

// readableJSON says what is wrong with JSON without the names of Go's types.
func readableJSON(err error) error {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return fmt.Errorf("a JSON %s is not allowed there", wrong.Value)
	}
	return err
}
