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

// A parsed is what a value says.
type parsed struct {
	backend   backend.Backend
	withdrawn bool // the server leaves: the key will be deleted in a moment
	foreign   bool // there is metadata that is not meant for this program
}

// parseValue reads the value of a key.
func parseValue(text []byte) (p parsed, err error) {
	var v etcdValue
	if err := json.Unmarshal(text, &v); err != nil {
		return p, fmt.Errorf("the value is not JSON as etcd's naming/endpoints writes it: %w", readableJSON(err))
	}
	if v.Addr == "" {
		return p, errors.New("the value has no Addr")
	}
	p.backend.Address = v.Addr
	return p, p.metadata(v.Metadata)
}

// metadata reads what describes the backend. Metadata that is not an object, or has no field with
// one of these names, is foreign; so are other fields, which don't matter.
func (p *parsed) metadata(text json.RawMessage) (err error) {
	if len(text) == 0 || string(text) == "null" {
		return nil
	}
	p.foreign = true
	var fields map[string]json.RawMessage
	if json.Unmarshal(text, &fields) != nil {
		return nil
	}
	b := &p.backend
	read := func(name string, into any) {
		value, has := fields[name]
		if !has || err != nil {
			return
		}
		p.foreign = false
		if fault := json.Unmarshal(value, into); fault != nil {
			err = fmt.Errorf("%s in Metadata: %w", name, readableJSON(fault))
		}
	}
	weight := 1
	read("zone", &b.Zone)
	read("weight", &weight)
	read("token", &b.Token)
	read("labels", &b.Labels)
	read("withdrawn", &p.withdrawn)
	if _, has := fields["weight"]; has && err == nil {
		b.Weight, err = weight, backend.CheckWeight(weight) // here 0 is not "left out"
	}
	return err
}

// readableJSON says what is wrong with JSON without the names of Go's types.
func readableJSON(err error) error {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return fmt.Errorf("a JSON %s is not allowed there", wrong.Value)
	}
	return err
}
