package grpclb

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"google.golang.org/grpc/balancer"
)

// about is what a policy is told when it is built. It does not change.
type about struct {
	target   string
	channelz int64
	defaults Config
}

func (b *Builder) about(o balancer.BuildOptions) about {
	return about{target: o.Target.String(), channelz: channelzOf(o), defaults: b.defaults}
}

// channelzOf returns the channel's number in channelz, or 0. gRPC shows a policy only the
// text "Channel #5", after those of the channels that it is nested in.
func channelzOf(o balancer.BuildOptions) int64 {
	if o.ChannelzParent == nil {
		return 0
	}
	text := fmt.Sprint(o.ChannelzParent)
	number, err := strconv.ParseInt(text[strings.LastIndexByte(text, '#')+1:], 10, 64)
	if err != nil {
		return 0
	}
	return number
}

// configOf describes a config. defaults are the builder's.
func configOf(c, defaults Config, unknown string) ConfigState {
	s := ConfigState{Values: json.RawMessage(c.String()), Unknown: unknown, Origins: map[string]string{}}
	plain := DefaultConfig()
	c.fields().origins(plain.fields(), defaults.fields(), "", s.Origins)
	return s
}

// origins notes in to where each value comes from that differs from plain, the module's defaults: from
// the builder if defaults has the same value, else from a service config. The three have the
// same fields in the same order. object is the name before those of the fields, such as
// "streamBackoff.".
func (fs fields) origins(plain, defaults fields, object string, to map[string]string) {
	for i, f := range fs {
		name := object + f.name
		if within, ok := f.value.(fields); ok {
			within.origins(plain[i].value.(fields), defaults[i].value.(fields), name+".", to)
			continue
		}
		switch value := f.text(); {
		case bytes.Equal(value, plain[i].text()):
		case bytes.Equal(value, defaults[i].text()):
			to[name] = "builder"
		default:
			to[name] = "service config"
		}
	}
}

// text returns the value as a service config has it.
func (f field) text() []byte {
	text, err := json.Marshal(f.value)
	if err != nil {
		return []byte(err.Error()) // no service config can have it
	}
	return text
}
