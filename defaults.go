package grpclb

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/actorlb/grpclb/internal/oneline"
	"github.com/actorlb/grpclb/lbstream"
)

type defaultsOption Config

// apply takes the defaults over if they are in order. If not, the builder keeps
// those that it has and remembers why.
func (d defaultsOption) apply(b *Builder) {
	c := Config(d).over(DefaultConfig())
	if err := c.validate(); err != nil {
		b.refused = fmt.Errorf("%s: WithDefaults: %w", Name, err)
		return
	}
	b.defaults = c
}

// WithDefaults replaces the configuration of channels whose service config
// says nothing else. A field that is zero keeps the default, unless the Config was
// made by DefaultConfig, where a zero is meant:
//
//	WithDefaults(Config{ServiceName: "shop"}) // the rest as in DefaultConfig
//
//	c := DefaultConfig()
//	c.SubConnLinger = 0
//	WithDefaults(c) // connections don't linger
//
// Values that a service config may not have are refused. NewBuilder logs the reason
// at once; every service config for this builder is rejected with it; and calls on
// channels without a service config fail with it. Whether a policy of ChildPolicy is
// registered shows only when a channel uses it.
func WithDefaults(defaults Config) Option { return defaultsOption(defaults) }

// over fills in from defaults what c leaves at zero.
func (c Config) over(defaults Config) Config {
	if c.complete {
		return c
	}
	c.complete = true
	fill(&c.ServiceName, defaults.ServiceName)
	fill(&c.InitialFallbackTimeout, defaults.InitialFallbackTimeout)
	fill(&c.ChildPolicy, defaults.ChildPolicy)
	fill(&c.EmptyServerList, defaults.EmptyServerList)
	fill(&c.BackendHealthCheck, defaults.BackendHealthCheck)
	fill(&c.HandoverTimeout, defaults.HandoverTimeout)
	fill(&c.SubConnLinger, defaults.SubConnLinger)
	fill(&c.MaxPendingPicks, defaults.MaxPendingPicks)
	fill(&c.StreamBackoff.InitialDelay, defaults.StreamBackoff.InitialDelay)
	fill(&c.StreamBackoff.Multiplier, defaults.StreamBackoff.Multiplier)
	fill(&c.StreamBackoff.Jitter, defaults.StreamBackoff.Jitter)
	fill(&c.StreamBackoff.MaxDelay, defaults.StreamBackoff.MaxDelay)
	fill(&c.BalancerTimeout, defaults.BalancerTimeout)
	fill(&c.BalancerKeepalive.Time, defaults.BalancerKeepalive.Time)
	fill(&c.BalancerKeepalive.Timeout, defaults.BalancerKeepalive.Timeout)
	return c
}

// fill sets a value that is zero.
func fill[T comparable](value *T, to T) {
	var zero T
	if *value == zero {
		*value = to
	}
}

// Equal reports whether c and o configure the same.
func (c Config) Equal(o Config) bool {
	c.complete = o.complete
	return c == o
}

// validate says what is wrong with a config that was made by hand, in the words for
// a service config.
func (c Config) validate() error {
	var wrong []error
	if err := checkName(c.ServiceName); err != nil {
		wrong = append(wrong, fmt.Errorf("field serviceName: %w", err))
	}
	if c.ChildPolicy != "" && !json.Valid([]byte(c.ChildPolicy)) {
		wrong = append(wrong, errors.New("field childPolicy: no JSON"))
	}
	c.ServiceName, c.ChildPolicy = "", ""
	text, err := json.Marshal(c.document())
	if err != nil {
		c.StreamBackoff = lbstream.DefaultBackoff // the others have no such figures
		wrong = append(wrong, fmt.Errorf("field streamBackoff: %w", err))
		text, _ = json.Marshal(c.document())
	}
	_, err = parseConfig(bytes.TrimSpace(text), DefaultConfig())
	return oneline.Join(append(wrong, err)...)
}
