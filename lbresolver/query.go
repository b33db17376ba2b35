package lbresolver

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"time"
)

// readQuery reads the parameters after the question mark.
func (t *target) readQuery(raw string) error {
	query, err := url.ParseQuery(raw)
	if err != nil {
		return fmt.Errorf("parameters: %w", err)
	}
	// Sorted, so that the same mistakes give the same error.
	for _, name := range slices.Sorted(maps.Keys(query)) {
		if err := t.readParameter(name, query[name]); err != nil {
			return err
		}
	}
	return nil
}

func (t *target) readParameter(name string, values []string) (err error) {
	switch name {
	case "balancer":
		for _, v := range values {
			if err := t.readBalancer(v); err != nil {
				return err
			}
		}
	case "dns":
		t.dns, err = oneServer(name, values)
	case "fallback":
		t.fallback, err = onOrOff(name, values)
	case "config":
		t.config, err = onOrOff(name, values)
	case "refresh":
		t.refresh, err = refreshTime(name, values)
	default:
		return fmt.Errorf("unknown parameter %q; the parameters are balancer, config, dns, fallback and refresh", name)
	}
	return err
}

// one returns the value of a parameter that may be given once.
func one(name string, values []string) (string, error) {
	if len(values) != 1 {
		return "", fmt.Errorf("parameter %s is given %d times", name, len(values))
	}
	return values[0], nil
}

func onOrOff(name string, values []string) (on bool, err error) {
	value, err := one(name, values)
	if err != nil {
		return false, err
	}
	if value != "on" && value != "off" {
		return false, fmt.Errorf("parameter %s is %q, want on or off", name, value)
	}
	return value == "on", nil
}

func refreshTime(name string, values []string) (time.Duration, error) {
	value, err := one(name, values)
	if err != nil {
		return 0, err
	}
	d, err := time.ParseDuration(value)
	if err != nil || d < minRefresh {
		return 0, fmt.Errorf("parameter %s is %q, want a duration of at least %v, as in 5m", name, value, minRefresh)
	}
	return d, nil
}

func oneServer(name string, values []string) (string, error) {
	value, err := one(name, values)
	if err != nil {
		return "", err
	}
	server, err := parseHostPort(value, dnsPort)
	if err != nil {
		return "", fmt.Errorf("parameter %s: %w", name, err)
	}
	return server.String(), nil
}
