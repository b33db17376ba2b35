package grpclb

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/durationpb"
)

// A field is one field of a config: its name, and how its JSON is read. The
// value is left alone where the JSON is no good.
type field struct {
	name string
	set  setter
}

// A setter reads the JSON of one value.
type setter interface{ set(json.RawMessage) error }

// fields lists the fields of c, for reading them.
func (c *Config) fields() []field {
	return []field{
		{"serviceName", (*nameField)(&c.ServiceName)},
		{"initialFallbackTimeout", (*durationField)(&c.InitialFallbackTimeout)},
		{"childPolicy", (*childField)(&c.ChildPolicy)},
		{"emptyServerList", choice(&c.EmptyServerList, WaitOnEmpty, FailOnEmpty, KeepOnEmpty)},
		{"backendHealthCheck", choice(&c.BackendHealthCheck, CheckFallback, CheckAll)},
		{"handoverTimeout", (*durationField)(&c.HandoverTimeout)},
		{"subConnLinger", (*durationField)(&c.SubConnLinger)},
		{"maxPendingPicks", (*countField)(&c.MaxPendingPicks)},
		{"streamBackoff", (*backoffField)(&c.StreamBackoff)},
		{"balancerTimeout", (*durationField)(&c.BalancerTimeout)},
		{"balancerKeepalive", (*keepaliveField)(&c.BalancerKeepalive)},
	}
}

// read sets the field if document has it. A null is as good as nothing, as in
// all JSON made from protobuf.
func (f field) read(document map[string]json.RawMessage) error {
	text, ok := document[f.name]
	if !ok || string(text) == "null" {
		return nil
	}
	if err := f.set.set(text); err != nil {
		return fmt.Errorf("field %s: %w", f.name, err)
	}
	return nil
}

type nameField string

func (n *nameField) set(text json.RawMessage) error {
	var s string
	if err := json.Unmarshal(text, &s); err != nil {
		return err
	}
	if len(s) > maxNameLength {
		return fmt.Errorf("%d bytes, more than the %d that a service name may have", len(s), maxNameLength)
	}
	*n = nameField(s)
	return nil
}

type durationField time.Duration

func (d *durationField) set(text json.RawMessage) error {
	var parsed durationpb.Duration
	if err := protojson.Unmarshal(text, &parsed); err != nil {
		return fmt.Errorf(`%s is no duration like "1.5s"`, text)
	}
	if parsed.AsDuration() < 0 {
		return fmt.Errorf("%s is negative", text)
	}
	*d = durationField(parsed.AsDuration())
	return nil
}

// A choiceField is one of a few words.
type choiceField[T ~string] struct {
	value *T
	of    []T
}

func choice[T ~string](value *T, of ...T) choiceField[T] { return choiceField[T]{value, of} }

func (c choiceField[T]) set(text json.RawMessage) error {
	var s T
	if err := json.Unmarshal(text, &s); err != nil {
		return err
	}
	if !slices.Contains(c.of, s) {
		return fmt.Errorf("%q is none of %q", s, c.of)
	}
	*c.value = s
	return nil
}

type countField int

func (c *countField) set(text json.RawMessage) error {
	var n uint32
	if err := json.Unmarshal(text, &n); err != nil {
		return fmt.Errorf("%s is no count: %w", text, err)
	}
	*c = countField(n)
	return nil
}

// A numberField is a number from min to max. JSON has no infinite ones.
type numberField struct {
	value    *float64
	min, max float64
}

func (n numberField) set(text json.RawMessage) error {
	var v float64
	if err := json.Unmarshal(text, &v); err != nil {
		return err
	}
	if v < n.min || v > n.max {
		return fmt.Errorf("%s is not in the range from %v to %v", text, n.min, n.max)
	}
	*n.value = v
	return nil
}
