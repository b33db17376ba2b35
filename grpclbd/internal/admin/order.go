package admin

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/actorlb/grpclb/grpclbd/internal/override"
)

// An order is an override as a request has it.
type order struct {
	override.Override
	For   string `json:"for"`   // in place of Until: how long, such as 10m
	Force bool   `json:"force"` // also for a service that there is not
}

const (
	maxOrder = 64 << 10 // bytes of the JSON of an override
	maxName  = 255      // bytes of a service's name
	maxWho   = 255      // bytes
	maxWhy   = 1000     // bytes

	// How long an override may last that has an end.
	leastTime = time.Second
	mostTime  = 10 * 365 * 24 * time.Hour
)

// readOrder reads the JSON of an order, behind which there must be nothing.
func readOrder(r *http.Request) (o order, err error) {
	text, err := io.ReadAll(io.LimitReader(r.Body, maxOrder+1))
	if err != nil {
		return o, err
	}
	if len(text) > maxOrder {
		return o, fmt.Errorf("it is longer than %d bytes", maxOrder)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&o); err != nil {
		return o, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return o, errors.New("there is text behind it")
	}
	return o, nil
}

// complete returns the override that is meant, or what is wrong with it.
func (o order) complete(r *http.Request, now time.Time) (override.Override, error) {
	full := o.Canonical()
	full.Since = now
	full.Who = who(r, full.Who)
	if err := full.Check(); err != nil {
		return full, err
	}
	if err := checkFields(full); err != nil {
		return full, err
	}
	err := errors.Join(checkText("service", full.Service, maxName), checkText("who", o.Who, maxWho), checkText("why", full.Why, maxWhy))
	if err != nil {
		return full, err
	}
	full.Until, err = o.until(now)
	return full, err
}

// until returns when the override ends; zero: when it is lifted.
func (o order) until(now time.Time) (time.Time, error) {
	if o.For != "" && !o.Until.IsZero() {
		return o.Until, errors.New("for is given, and until is given too: give one of them")
	}
	if o.For != "" {
		d, err := time.ParseDuration(o.For)
		if err != nil || d < leastTime || d > mostTime {
			return o.Until, fmt.Errorf("for %q is not a time from %v to %v, such as 10m; without it the override lasts until it is lifted", o.For, leastTime, inHours(mostTime))
		}
		return now.Add(d), nil
	}
	switch in := o.Until.Sub(now); {
	case o.Until.IsZero():
	case in <= 0:
		return o.Until, errors.New("until is in the past")
	case in < leastTime || in > mostTime:
		return o.Until, fmt.Errorf("until is not from %v to %v from now; without it the override lasts until it is lifted", leastTime, inHours(mostTime))
	}
	return o.Until, nil
}

func inHours(d time.Duration) string { return fmt.Sprintf("%dh", d/time.Hour) }

// checkFields refuses fields that mean nothing for the kind of the override: whoever gives a drain a
// value expects something of it.
func checkFields(o override.Override) error {
	byAddress, hasValue := o.Kind == override.Drain || o.Kind == override.Weight, o.Kind == override.Weight || o.Kind == override.Drop
	switch {
	case o.Address != "" && !byAddress:
		return fmt.Errorf("a %s has no address", o.Kind)
	case o.Token != "" && o.Kind != override.Drop:
		return fmt.Errorf("a %s has no token", o.Kind)
	case o.Value != 0 && !hasValue:
		return fmt.Errorf("a %s has no value", o.Kind)
	}
	return nil
}

// checkText checks a text that people write.
func checkText(field, text string, most int) error {
	control := func(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 }
	switch {
	case len(text) > most:
		return fmt.Errorf("%s has %d bytes; allowed are %d", field, len(text), most)
	case !utf8.ValidString(text):
		return fmt.Errorf("%s is not UTF-8", field)
	case strings.ContainsFunc(text, control):
		return fmt.Errorf("%s has a control character, such as a line break", field)
	}
	return nil
}

// who names who decided: the holder of the client's certificate, else whoever the request says.
func who(r *http.Request, said string) string {
	if r.TLS != nil && len(r.TLS.VerifiedChains) > 0 {
		if leaf := r.TLS.VerifiedChains[0][0]; len(leaf.URIs) > 0 {
			return leaf.URIs[0].String()
		} else if leaf.Subject.CommonName != "" {
			return leaf.Subject.CommonName
		}
	}
	if said == "" {
		return r.RemoteAddr
	}
	return said
}
