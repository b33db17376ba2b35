package grpclb

import (
	"encoding/json"
	"errors"
	"math"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/actorlb/grpclb/lbstream"
)

type backoffField lbstream.Backoff

// set reads the fields of a backoff. The delays must be positive and the
// multiplier at least 1, so that no configuration makes a hot loop; a jitter of
// more than 1 would make delays negative.
func (b *backoffField) set(text json.RawMessage) error {
	backoff := *b
	if err := readObject(text, backoff.fields()); err != nil {
		return err
	}
	*b = backoff
	return nil
}

func (b *backoffField) fields() []field {
	return []field{
		{"initialDelay", (*delayField)(&b.InitialDelay)},
		{"multiplier", numberField{&b.Multiplier, 1, math.Inf(1)}},
		{"jitter", numberField{&b.Jitter, 0, 1}},
		{"maxDelay", (*delayField)(&b.MaxDelay)},
	}
}

type keepaliveField lbstream.Keepalive

// set reads the fields of a keepalive.
func (k *keepaliveField) set(text json.RawMessage) error {
	keepalive := *k
	if err := readObject(text, keepalive.fields()); err != nil {
		return err
	}
	*k = keepalive
	return nil
}

func (k *keepaliveField) fields() []field {
	return []field{
		{"time", (*durationField)(&k.Time)},
		{"timeout", (*durationField)(&k.Timeout)},
	}
}

// A delayField is a duration of at least a millisecond.
type delayField time.Duration

func (d *delayField) set(text json.RawMessage) error {
	delay := durationField(*d)
	if err := delay.set(text); err != nil {
		return err
	}
	if time.Duration(delay) < time.Millisecond {
		return errors.New("less than a millisecond between calls is a hot loop")
	}
	*d = delayField(delay)
	return nil
}

// A document is a Config as it is printed.
type document struct {
	ServiceName            string             `json:"serviceName,omitempty"`
	InitialFallbackTimeout json.RawMessage    `json:"initialFallbackTimeout"`
	ChildPolicy            json.RawMessage    `json:"childPolicy,omitempty"`
	EmptyServerList        EmptyServerList    `json:"emptyServerList"`
	BackendHealthCheck     BackendHealthCheck `json:"backendHealthCheck"`
	HandoverTimeout        json.RawMessage    `json:"handoverTimeout"`
	SubConnLinger          json.RawMessage    `json:"subConnLinger"`
	MaxPendingPicks        int                `json:"maxPendingPicks"`
	StreamBackoff          backoffDocument    `json:"streamBackoff"`
	BalancerTimeout        json.RawMessage    `json:"balancerTimeout"`
	BalancerKeepalive      keepalives         `json:"balancerKeepalive"`
}

type backoffDocument struct {
	InitialDelay json.RawMessage `json:"initialDelay"`
	Multiplier   float64         `json:"multiplier"`
	Jitter       float64         `json:"jitter"`
	MaxDelay     json.RawMessage `json:"maxDelay"`
}

type keepalives struct {
	Time    json.RawMessage `json:"time"`
	Timeout json.RawMessage `json:"timeout"`
}

func (c Config) document() document {
	return document{
		ServiceName:            c.ServiceName,
		InitialFallbackTimeout: seconds(c.InitialFallbackTimeout),
		ChildPolicy:            json.RawMessage(c.ChildPolicy),
		EmptyServerList:        c.EmptyServerList,
		BackendHealthCheck:     c.BackendHealthCheck,
		HandoverTimeout:        seconds(c.HandoverTimeout),
		SubConnLinger:          seconds(c.SubConnLinger),
		MaxPendingPicks:        c.MaxPendingPicks,
		StreamBackoff: backoffDocument{
			InitialDelay: seconds(c.StreamBackoff.InitialDelay),
			Multiplier:   c.StreamBackoff.Multiplier,
			Jitter:       c.StreamBackoff.Jitter,
			MaxDelay:     seconds(c.StreamBackoff.MaxDelay),
		},
		BalancerTimeout:   seconds(c.BalancerTimeout),
		BalancerKeepalive: keepalives{seconds(c.BalancerKeepalive.Time), seconds(c.BalancerKeepalive.Timeout)},
	}
}

// seconds writes d as protobuf's JSON does.
func seconds(d time.Duration) json.RawMessage {
	text, err := protojson.Marshal(durationpb.New(d))
	if err != nil {
		panic("BUG: a duration that is no JSON: " + err.Error())
	}
	return text
}

// readObject reads the fields that a JSON object has. It ends at the first that is no
// good.
func readObject(text json.RawMessage, fields []field) error {
	var document map[string]json.RawMessage
	if err := json.Unmarshal(text, &document); err != nil {
		return err
	}
	for _, f := range fields {
		if err := f.read(document); err != nil {
			return err
		}
	}
	return nil
}
