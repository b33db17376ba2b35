// Package override has the decisions that operators take against what the balancer has
// found out. They are kept in the store, so every replica has them, also after a restart.
package override

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/backend"
)

// A Kind says what an override does.
type Kind string

const (
	Drain    Kind = "drain"    // Address gets no new calls
	Weight   Kind = "weight"   // Address has weight Value, whatever its load
	Drop     Kind = "drop"     // Value per cent of the calls are dropped, counted under Token
	Fallback Kind = "fallback" // clients use their fallback addresses
)

// An Override is one decision. Its key is Service, Kind and Subject: a later one with the
// same key replaces it.
type Override struct {
	Service string    `json:"service"` // "" means every service
	Kind    Kind      `json:"kind"`
	Address string    `json:"address,omitempty"` // of Drain and Weight: IP:port
	Token   string    `json:"token,omitempty"`   // of Drop
	Value   int       `json:"value,omitempty"`   // of Weight: from 1 to 2,147,483,647; of Drop: per cent, from 1 to 100
	Who     string    `json:"who"`               // who decided
	Why     string    `json:"why"`               // "" if nobody said
	Since   time.Time `json:"since"`
	Until   time.Time `json:"until,omitzero"` // zero: until it is lifted
}

// Subject is the address or token that the override is about; "" for Fallback.
func (o Override) Subject() string {
	switch o.Kind {
	case Drain, Weight:
		return o.Address
	case Drop:
		return o.Token
	}
	return ""
}

// IsOf reports whether the override counts for the service.
func (o Override) IsOf(service string) bool { return o.Service == "" || o.Service == service }

// String says what the override does.
func (o Override) String() string {
	text := string(o.Kind)
	if subject := o.Subject(); subject != "" {
		text += " " + subject
	}
	switch o.Kind {
	case Weight:
		text += fmt.Sprintf(" %d", o.Value)
	case Drop:
		text += fmt.Sprintf(" %d%%", o.Value)
	}
	if o.Service == "" {
		return text + " of every service"
	}
	return fmt.Sprintf("%s of service %q", text, o.Service)
}

// Over reports whether the override has ended.
func (o Override) Over(now time.Time) bool { return !o.Until.IsZero() && !now.Before(o.Until) }

// Check returns an error that says what is wrong with the override, or nil.
func (o Override) Check() error {
	switch o.Kind {
	case Drain:
		return checkAddress(o.Address)
	case Weight:
		if err := backend.CheckWeight(o.Value); err != nil {
			return err
		}
		return checkAddress(o.Address)
	case Drop:
		if o.Value < 1 || o.Value > 100 {
			return fmt.Errorf("%d is not a percentage from 1 to 100", o.Value)
		}
		return checkToken(o.Token)
	case Fallback:
		return nil
	}
	return fmt.Errorf("%q is not a kind of override: drain, weight, drop or fallback", o.Kind)
}

func checkAddress(address string) error {
	_, err := backend.NormalAddress(address)
	return err
}

func checkToken(token string) error {
	if token == "" {
		return errors.New("a drop needs a token, under which it is counted")
	}
	return backend.CheckToken(token)
}

// Attrs are the keys and values of a line of the log about the override.
func (o Override) Attrs() []slog.Attr {
	until := "it is lifted"
	if !o.Until.IsZero() {
		until = o.Until.Format(time.RFC3339)
	}
	return []slog.Attr{
		slog.String("override", o.String()), slog.String("service", o.Service),
		slog.String("who", o.Who), slog.String("why", o.Why), slog.String("until", until),
	}
}
