package store

import (
	"net/url"
	"strings"

	"github.com/actorlb/grpclb/grpclbd/internal/override"
)

// What the program writes is below these keys. Parts of a key that people choose are
// escaped as in a URL's path, so a name may have a slash, a percent sign or any letter.
const (
	root            = "grpclbd/"
	overridesPrefix = root + "overrides/" // then SERVICE/KIND/SUBJECT
	replicasPrefix  = root + "replicas/"  // then NAME
)

// They bound the bytes of a value. etcd itself takes up to 1.5 MiB.
const (
	overrideLimit = 16 << 10
	replicaLimit  = 1 << 20
)

func overrideKey(service string, kind override.Kind, subject string) string {
	return overridesPrefix + strings.Join([]string{
		url.PathEscape(service),
		url.PathEscape(string(kind)),
		url.PathEscape(override.CanonicalSubject(kind, subject)),
	}, "/")
}

func keyOf(o override.Override) string { return overrideKey(o.Service, o.Kind, o.Subject()) }

func replicaKey(name string) string { return replicasPrefix + url.PathEscape(name) }
