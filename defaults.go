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

// WithDefaults sets the configuration that applies where a channel's service config sets no
// other. A field that is zero keeps its default, unless the Config was made by
// DefaultConfig; then zero means zero:
//
//	WithDefaults(Config{ServiceName: "shop"}) // the rest as in DefaultConfig
//
//	c := DefaultConfig()
//	c.SubConnLinger = 0
//	WithDefaults(c) // connections don't linger
//
// Values that a service config may not have are refused. NewBuilder logs the reason at
// once. Every service config for this builder is rejected with that reason, and calls on
// channels without a service config fail with it. Whether a policy of ChildPolicy is
// registered is checked only when a channel uses it.
func WithDefaults(defaults Config) Option { return defaultsOption(defaults) }

// over returns c with its zero fields taken from defaults, unless c is complete.
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

// Equal reports whether c and o have the same values in all exported fields.
func (c Config) Equal(o Config) bool {
	c.complete = o.complete
	return c == o
}
