package source

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.etcd.io/etcd/api/v3/mvccpb"

	"github.com/actorlb/grpclb/grpclbd/internal/backend"
	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/terminal"
)

// maxNamed is how many bad keys a warning names.
const maxNamed = 3

// A registered is what is known of a key.
type registered struct {
	backend backend.Backend
	good    bool  // backend is the last good value of the key
	leaves  bool  // that value says that the server has withdrawn
	fault   error // of the value that it has now; nil: none
}

// keys are the keys below a prefix.
type keys struct {
	cfg     config.Source
	of      map[string]registered
	foreign string   // a key with metadata that is not meant for this program; "": none was seen
	left    []string // addresses of keys that are gone after their servers have withdrawn, and that was not told yet
}

// replace takes in all keys that there are. Of a key with a value that can't be used, the last
// good value stays in use.
func (k *keys) replace(all []*mvccpb.KeyValue) {
	before := k.of
	k.of = make(map[string]registered, len(all))
	for _, kv := range all {
		k.of[string(kv.Key)] = k.read(kv, before[string(kv.Key)])
	}
	for key, r := range before {
		if _, there := k.of[key]; !there {
			k.gone(r)
		}
	}
}

// put takes in a new value of a key.
func (k *keys) put(kv *mvccpb.KeyValue) { k.of[string(kv.Key)] = k.read(kv, k.of[string(kv.Key)]) }

// remove forgets a key.
func (k *keys) remove(kv *mvccpb.KeyValue) {
	k.gone(k.of[string(kv.Key)])
	delete(k.of, string(kv.Key))
}

// gone notes that a key was deleted.
func (k *keys) gone(r registered) {
	if r.leaves {
		k.left = append(k.left, r.backend.Address)
	}
}

func (k *keys) read(kv *mvccpb.KeyValue, before registered) registered {
	p, err := parseValue(kv.Value)
	if p.foreign && k.foreign == "" {
		k.foreign = string(kv.Key)
	}
	b := p.backend
	if err == nil {
		b, err = complete(b, k.cfg)
	}
	if err != nil {
		before.fault = err
		return before
	}
	return registered{backend: b, good: true, leaves: p.withdrawn}
}

// withdrawn returns the addresses whose servers have withdrawn. Those whose keys are gone are told once.
func (k *keys) withdrawn() []string {
	all := k.left
	k.left = nil
	for _, r := range k.of {
		if r.leaves {
			all = append(all, r.backend.Address)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// backends returns the backends in the order of the keys, and which keys have a bad value.
func (k *keys) backends() (all []backend.Backend, warning string) {
	var faults []string
	for _, key := range slices.Sorted(maps.Keys(k.of)) {
		r := k.of[key]
		if r.good && !r.leaves {
			all = append(all, r.backend)
		}
		switch {
		case r.fault != nil && r.good:
			faults = append(faults, fmt.Sprintf("key %q keeps its last good value: %v", cut(key), r.fault))
		case r.fault != nil:
			faults = append(faults, fmt.Sprintf("key %q is left out: %v", cut(key), r.fault))
		}
	}
	if n := len(faults); n > maxNamed {
		faults = append(faults[:maxNamed], fmt.Sprintf("and %d more", n-maxNamed))
	}
	return all, strings.Join(faults, "; ")
}

// cut shortens a key for a warning: it may have a megabyte.
func cut(key string) string { return terminal.Cut(key, 200) }
