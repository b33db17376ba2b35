package store

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/actorlb/grpclb/grpclbd/internal/override"
)

// encode returns the value of an override, or what is wrong with it.
func encode(o override.Override) ([]byte, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	value, err := json.Marshal(o)
	if err == nil && len(value) > overrideLimit {
		err = fmt.Errorf("the override has %d bytes, and may have %d: shorten its reason", len(value), overrideLimit)
	}
	return value, err
}

// parseOverride reads a value that anybody may have written. Fields that it does not know
// are ignored: a newer replica may have them.
func parseOverride(key string, value []byte) (override.Override, error) {
	var o override.Override
	if len(value) > overrideLimit {
		return o, fmt.Errorf("it has %d bytes, and may have %d", len(value), overrideLimit)
	}
	if err := json.Unmarshal(value, &o); err != nil {
		return o, err
	}
	o = o.Canonical()
	if err := o.Check(); err != nil {
		return o, err
	}
	if want := keyOf(o); want != key {
		return o, fmt.Errorf("its key has to be %s", want)
	}
	return o, nil
}

// parseReplica reads a value that anybody may have written.
func parseReplica(key string, value []byte) (Replica, error) {
	var r Replica
	if len(value) > replicaLimit {
		return r, fmt.Errorf("it has %d bytes, and may have %d", len(value), replicaLimit)
	}
	if err := json.Unmarshal(value, &r); err != nil {
		return r, err
	}
	if r.Name == "" {
		return r, errors.New("it has no name")
	}
	if want := replicaKey(r.Name); want != key {
		return r, fmt.Errorf("its key has to be %s", want)
	}
	return r, nil
}
