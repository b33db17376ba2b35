// Package config has the configuration of the balancer: what may be in the file, how it is
// read and checked, and who is told when it changes.
package config

import "time"

// A Config is a configuration that has been read and checked, with a value for everything
// that was left out. It is immutable.
type Config struct {
	Listen  string  `yaml:"listen"`  // where clients ask; default 0.0.0.0:8080
	Admin   string  `yaml:"admin"`   // page, JSON, metrics, ctl; default 127.0.0.1:8081
	Replica string  `yaml:"replica"` // the name of this process among its replicas; default HOST:PID
	TLS     *TLS    `yaml:"tls"`     // of Listen; nil: plain text
	Access  Access  `yaml:"access"`  // who may use Admin
	Authz   string  `yaml:"authz"`   // file with gRPC's authorization policy; "": everybody may ask for everything
	Store   Store   `yaml:"store"`
	Limits  Limits  `yaml:"limits"`
	Stop    Stop    `yaml:"stop"`
	Log     Log     `yaml:"log"`
	Tracing Tracing `yaml:"tracing"`

	Services []Service `yaml:"services"`
}

// TLS names the files of a server's credentials. They are read again when they change.
type TLS struct {
	Cert     string `yaml:"cert"`     // PEM, leaf first
	Key      string `yaml:"key"`      // PEM
	ClientCA string `yaml:"clientCA"` // PEM; "": clients show no certificate
}

// Access says who may use the admin port. On an address that is not loopback, TLS and
// either TLS.ClientCA or TokenFile are needed.
type Access struct {
	TLS       *TLS   `yaml:"tls"`
	TokenFile string `yaml:"tokenFile"` // its first line is the bearer token
}

// Store says where overrides, registrations and totals are kept: in a cluster (Etcd), else in an etcd
// of this process, with its data in Dir. Neither: in one whose data are gone when it ends. In Dir is
// also what the sources said last, for the next start; with a cluster nothing else is there.
type Store struct {
	Dir    string    `yaml:"dir"`
	Listen string    `yaml:"listen"` // of an etcd in this process: the loopback address where others reach it; "": nowhere
	Etcd   []string  `yaml:"etcd"`   // the members' client URLs
	TLS    *StoreTLS `yaml:"tls"`    // of the connections to Etcd
}

// StoreTLS names the files of the credentials that etcd is shown.
type StoreTLS struct {
	CA   string `yaml:"ca"`
	Cert string `yaml:"cert"`
	Key  string `yaml:"key"`
}

// Limits bound what clients can cost. Zero: the default of lbserver.
type Limits struct {
	Clients     int           `yaml:"clients"`     // streams at a time; default: no bound
	MessageRate int           `yaml:"messageRate"` // messages of a client a second
	NameTimeout time.Duration `yaml:"nameTimeout"` // until a client has named its service
	StreamAge   time.Duration `yaml:"streamAge"`   // after which a stream ends, so that clients spread; default: no bound
}

// Stop says how the process ends.
type Stop struct {
	Notice time.Duration `yaml:"notice"` // not ready, and serving: for whatever watches readiness; default 2s
	Over   time.Duration `yaml:"over"`   // clients are sent away one by one over this time; default 5s
}

// Log says what the log is like. It goes to standard error.
type Log struct {
	Level  string `yaml:"level"`  // debug, info (default), warn, error
	Format string `yaml:"format"` // text (default), json
}

// Tracing sends OpenTelemetry traces of pushes to a collector.
type Tracing struct {
	OTLP string    `yaml:"otlp"` // HOST:PORT of a collector that takes OTLP over gRPC; "": none
	TLS  *StoreTLS `yaml:"tls"`  // of the connection to it; nil: plain text
}

// A Service is a name that clients ask for, and what they are answered.
type Service struct {
	Name           string        `yaml:"name"`
	Sources        []Source      `yaml:"sources"`
	Health         *Health       `yaml:"health"` // nil: backends are not checked
	Load           *Load         `yaml:"load"`   // nil: load is not measured
	Guard          Guard         `yaml:"guard"`
	Zones          *Zones        `yaml:"zones"`  // nil: no zones
	Subset         int           `yaml:"subset"` // backends a client; 0: all
	Spread         int           `yaml:"spread"` // by how many clients two backends may differ; default 1
	Canary         *Canary       `yaml:"canary"` // nil: none
	SlowStart      time.Duration `yaml:"slowStart"`
	Drops          []Drop        `yaml:"drops"`
	ReportInterval time.Duration `yaml:"reportInterval"` // between two load reports of a client; default 10s; "0s": none
	Aliases        []string      `yaml:"aliases"`        // other names under which clients may ask
}

// A Source is where backends of a service come from. Exactly one of the first four is set.
type Source struct {
	Static []string `yaml:"static"` // HOST:PORT, HOST an IP address
	File   string   `yaml:"file"`   // a YAML file with a list of backends; read again when it changes
	DNS    string   `yaml:"dns"`    // HOST:PORT; every address of the name
	Etcd   string   `yaml:"etcd"`   // a prefix, as etcd's naming/endpoints writes below it

	Zone    string `yaml:"zone"`    // of its backends that have none of their own
	Weight  int    `yaml:"weight"`  // of its backends that have none of their own; default 1
	Token   string `yaml:"token"`   // of its backends that have none of their own
	Resolve string `yaml:"resolve"` // of DNS: IP:port of the name server; default: those of the system
}

// Health says how backends are checked.
type Health struct {
	GRPC     *string       `yaml:"grpc"` // service name for grpc.health.v1; "" is the server as a whole
	TCP      *TCP          `yaml:"tcp"`  // a connection is enough
	Interval time.Duration `yaml:"interval"`
	Timeout  time.Duration `yaml:"timeout"`
	Rise     int           `yaml:"rise"` // so many good checks in a row make a backend healthy that was unhealthy
	Fall     int           `yaml:"fall"` // so many bad ones make it unhealthy; its own word NOT_SERVING does at once
	TLS      *StoreTLS     `yaml:"tls"`  // of the connections to backends; nil: plain text
}

// TCP is empty: a backend is healthy if it takes a connection.
type TCP struct{}

// Load says how the backends' load is measured (ORCA, out of band).
type Load struct {
	ORCA     bool          `yaml:"orca"`
	Interval time.Duration `yaml:"interval"`
}

// Guard bounds what a fault in health checks or in a source can take away. Per cent.
type Guard struct {
	MinHealthy int           `yaml:"minHealthy"` // with fewer healthy backends all are served; default 50
	MaxRemove  int           `yaml:"maxRemove"`  // a source that takes away more at one go is held; default 50
	Hold       time.Duration `yaml:"hold"`       // for so long; default 60s
}

// Zones say where a client is, and when calls leave its zone.
type Zones struct {
	Clients map[string]string `yaml:"clients"` // CIDR prefix → zone; the longest prefix wins
	Spill   int               `yaml:"spill"`   // per cent of a zone's weight that must be healthy to carry all its calls; default 70
}

// Canary gives the backends with a label a share of the calls.
type Canary struct {
	Label   string `yaml:"label"` // name=value
	Percent int    `yaml:"percent"`
}

// A Drop is a share of the calls that clients do not make.
type Drop struct {
	Token   string `yaml:"token"`
	Percent int    `yaml:"percent"`
}
