package register

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/naming/endpoints"
	"go.uber.org/zap"
	"google.golang.org/grpc"

	"github.com/actorlb/grpclb/grpclbd/internal/backend"
	"github.com/actorlb/grpclb/grpclbd/internal/etcddial"
	"github.com/actorlb/grpclb/grpclbd/internal/redact"
)

const (
	defaultTTL = 10 * time.Second
	maxTTL     = time.Hour
)

// Options say what is registered, and where. Service and Address are needed, and Etcd or Client.
type Options struct {
	// Etcd has the client URLs of etcd, such as http://10.0.0.9:2379.
	Etcd []string
	// TLS is for URLs with https. nil: the system's certificates are trusted.
	TLS *tls.Config
	// Client is used instead of Etcd and TLS, for example one with a user name and a password. It is not closed.
	Client *clientv3.Client

	// Service is the prefix of the key; slashes at its end do not matter.
	Service string
	// Address is where clients reach the server: IP:port.
	Address string
	// Zone is where the server is. "": the balancer's configuration says it.
	Zone string
	// Weight is how many calls the server gets, compared to others, from 1 to 2,147,483,647. 0: the
	// balancer's configuration says it.
	Weight int
	// Token is the LB token that the server gets with each call, at most 42 bytes of printable ASCII.
	Token string
	// Labels are shown by the balancer; one can select backends for a canary. At most 32.
	Labels map[string]string

	// TTL is after how long etcd deletes the key if the process has died. 0: 10 s. Seconds are
	// rounded up; at most an hour. etcd has a least value, usually 2 s.
	TTL time.Duration
	// Log hears when the registration is lost, and when it is there again. nil: slog.Default().
	Log *slog.Logger
}

// Check returns an error that says which option is wrong, and what is allowed; nil if none is.
// Start checks too.
func (o Options) Check() error {
	_, err := o.entry()
	return err
}

// An entry is what is written.
type entry struct {
	service, key string
	endpoint     endpoints.Endpoint
	ttl          time.Duration
}

// metadata is how the balancer reads it.
type metadata struct {
	Zone   string            `json:"zone,omitempty"`
	Weight int               `json:"weight,omitempty"`
	Token  string            `json:"token,omitempty"`
	Labels map[string]string `json:"labels,omitempty"`

	Withdrawn bool `json:"withdrawn,omitempty"` // the server leaves: the key will be deleted in a moment
}

func (o Options) entry() (entry, error) {
	b, err := backend.Normal(backend.Backend{Address: o.Address, Zone: o.Zone, Weight: o.Weight, Token: o.Token, Labels: o.Labels})
	service := strings.TrimRight(o.Service, "/")
	switch {
	case err != nil:
	case service == "":
		err = errors.New("service is missing; it is the prefix of the key, such as services/greeter")
	case len(service) > 255 || strings.ContainsFunc(service, func(c rune) bool { return c < ' ' || c > '~' }):
		err = fmt.Errorf("service %.40q is not at most 255 bytes of printable ASCII", service)
	case o.Client == nil && len(o.Etcd) == 0:
		err = errors.New("etcd has no URL, such as http://10.0.0.9:2379")
	case o.Client == nil && slices.ContainsFunc(o.Etcd, notURL):
		bad := redact.URL(o.Etcd[slices.IndexFunc(o.Etcd, notURL)]) // it may have a password
		err = fmt.Errorf("%q is not a URL of etcd, such as http://10.0.0.9:2379, without a user or a password", bad)
	case o.TTL < 0 || o.TTL > maxTTL:
		err = fmt.Errorf("TTL %v is not from 0, which means %v, to %v", o.TTL, defaultTTL, maxTTL)
	}
	if err != nil {
		return entry{}, fmt.Errorf("register: %w", err)
	}
	e := entry{service: service, key: service + "/" + b.Address, endpoint: endpoints.Endpoint{Addr: b.Address}, ttl: cmp.Or(o.TTL, defaultTTL)}
	if o.Zone != "" || o.Weight != 0 || o.Token != "" || len(o.Labels) > 0 {
		e.endpoint.Metadata = metadata{Zone: o.Zone, Weight: o.Weight, Token: o.Token, Labels: o.Labels}
	}
	return e, nil
}

// notURL reports whether text is not a client URL of etcd. The client would try it for ever.
func notURL(text string) bool {
	u, err := url.Parse(text)
	return err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil
}

// client returns a client of etcd, and whether it has to be closed at the end.
func (o Options) client() (c *clientv3.Client, own bool, err error) {
	if o.Client != nil {
		return o.Client, false, nil
	}
	c, err = clientv3.New(clientv3.Config{
		Endpoints:            o.Etcd,
		TLS:                  o.TLS,
		DialKeepAliveTime:    10 * time.Second, // the least that gRPC allows
		DialKeepAliveTimeout: 3 * time.Second,
		DialOptions:          []grpc.DialOption{etcddial.Often()},
		Logger:               zap.NewNop(), // what matters is in errors
	})
	if err != nil {
		return nil, false, fmt.Errorf("register: etcd: %w", err)
	}
	return c, true, nil
}
