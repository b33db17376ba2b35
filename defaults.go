package grpclb

import (
	"fmt"
	"reflect"
)

type defaultsOption Config

// apply gives the builder these defaults if they are valid. If not, the builder keeps
// the defaults that it has, and the reason.
func (d defaultsOption) apply(b *Builder) {
	c := Config(d).over(DefaultConfig())
	if err := c.fields().check(); err != nil {
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

// over returns c with what is zero taken from defaults.
func (c Config) over(defaults Config) Config {
	if !c.complete {
		fill(reflect.ValueOf(&c).Elem(), reflect.ValueOf(defaults))
		c.complete = true
	}
	return c
}

// fill sets the exported fields of a struct that are zero, also in structs within.
func fill(to, from reflect.Value) {
	for i := range to.NumField() {
		switch f := to.Field(i); {
		case f.Kind() == reflect.Struct:
			fill(f, from.Field(i))
		case f.CanSet() && f.IsZero():
			f.Set(from.Field(i))
		}
	}
}

// Equal reports whether c and o configure the same.
func (c Config) Equal(o Config) bool {
	c.complete = o.complete
	return c == o
}
