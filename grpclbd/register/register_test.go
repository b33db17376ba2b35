package register

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/naming/endpoints"

	"github.com/actorlb/grpclb/chaos/proxy"
	"github.com/actorlb/grpclb/grpclbd/internal/backend"
	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/etcdtest"
	"github.com/actorlb/grpclb/grpclbd/internal/source"
)

// A rig is an etcd that a test looks into by a client of its own.
type rig struct {
	*testing.T
	*clientv3.Client
	service string
}

func newRig(t *testing.T, server *etcdtest.Server) rig {
	c, err := server.Client()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return rig{t, c, "services/" + t.Name()}
}

func (r rig) Context() context.Context { return r.T.Context() }

func (r rig) must(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

func (r rig) key() string { return r.service + "/10.0.0.1:50051" }

// options are those of a server at an etcd.
func (r rig) options(url string) Options {
	return Options{Etcd: []string{url}, Service: r.service, Address: "10.0.0.1:50051", TTL: 10 * time.Second, Log: quiet()}
}

// logged are options with a log of which each line can be received. It has room for ten.
func (r rig) logged() (Options, lineWriter) {
	lines := make(lineWriter, 10)
	o := r.options(etcd.URL())
	o.Log = slog.New(slog.NewTextHandler(lines, nil))
	return o, lines
}

// short has registrations live as short as possible. On a busy machine they may be lost at any time.
func short(o Options) Options {
	o.TTL = time.Second
	return o
}

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(&bytes.Buffer{}, nil)) }

func (r rig) start(o Options) *Registration {
	r.Helper()
	registration, err := Start(r.Context(), o)
	r.must(err)
	return registration
}

// lease returns the lease of the key; 0: there is no key.
func (r rig) lease() clientv3.LeaseID {
	r.Helper()
	got, err := r.Get(r.Context(), r.key())
	r.must(err)
	if len(got.Kvs) == 0 {
		return 0
	}
	return clientv3.LeaseID(got.Kvs[0].Lease)
}

// await waits until the key is there (or not), and returns its lease.
func (r rig) await(there bool) clientv3.LeaseID {
	r.Helper()
	deadline := time.NewTimer(time.Minute)
	defer deadline.Stop()
	changes := r.Watch(r.Context(), r.key())
	poll := time.NewTicker(100 * time.Millisecond)
	defer poll.Stop()
	for {
		if lease := r.lease(); (lease != 0) == there {
			return lease
		}
		select {
		case <-changes:
		case <-poll.C:
		case <-deadline.C:
			r.Fatalf("the key is not as wanted: there %v", there)
		}
	}
}

func TestRegister(t *testing.T) {
	r := newRig(t, etcd)
	o := r.options(etcd.URL())
	o.Service += "/"
	o.Address, o.Zone, o.Weight, o.Token, o.Labels = "[::ffff:10.0.0.1]:50051", "z", 3, "t", map[string]string{"a": "b"}
	registration := r.start(o)
	manager, err := endpoints.NewManager(r.Client, r.service)
	r.must(err)
	all, err := manager.List(t.Context())
	r.must(err)
	want := endpoints.Key2EndpointMap{r.key(): {Addr: "10.0.0.1:50051", Metadata: map[string]any{
		"zone": "z", "weight": 3.0, "token": "t", "labels": map[string]any{"a": "b"}}}}
	if diff := cmp.Diff(want, all); diff != "" {
		t.Errorf("etcd's own package reads\n%s", diff)
	}
	ttl, err := r.TimeToLive(t.Context(), r.lease())
	r.must(err)
	if ttl.GrantedTTL != 10 {
		t.Errorf("the lease lives for %d s", ttl.GrantedTTL)
	}
	r.must(registration.Withdraw(t.Context()))
	if r.lease() != 0 {
		t.Error("it is there after Withdraw")
	}
	r.must(registration.Withdraw(t.Context())) // does nothing
}

// Withdraw tells balancers that the server leaves because it wants to; Expire does not. A key that somebody else has
// deleted does not come back for that.
func TestGuard_Withdrawn_Register(t *testing.T) {
	r := newRig(t, etcd)
	o := r.options(etcd.URL())
	o.Zone, o.TTL = "z", maxTTL // so it does not look after its key meanwhile
	for name, c := range map[string]struct {
		deleted bool
		end     func(*Registration, context.Context) error
		want    string
	}{
		"Withdraw":         {false, (*Registration).Withdraw, `PUT {"Addr":"10.0.0.1:50051","Metadata":{"zone":"z","withdrawn":true}} DELETE `},
		"Expire":           {false, (*Registration).Expire, "DELETE "},
		"Withdraw, no key": {true, (*Registration).Withdraw, "DELETE "},
	} {
		registration := r.start(o)
		at, err := r.Get(t.Context(), r.key())
		r.must(err)
		if c.deleted {
			_, err := r.Delete(t.Context(), r.key())
			r.must(err)
		}
		r.must(c.end(registration, t.Context()))
		end, err := r.Put(t.Context(), r.key()+"-end", "")
		r.must(err)
		got := ""
		for w := range r.Watch(t.Context(), r.key(), clientv3.WithPrefix(), clientv3.WithRev(at.Header.Revision+1)) {
			for _, e := range w.Events {
				if e.Kv.ModRevision < end.Header.Revision {
					got += e.Type.String() + " " + string(e.Kv.Value)
					if e.Type == clientv3.EventTypePut {
						got += " "
					}
				}
			}
			if w.Header.Revision >= end.Header.Revision {
				break
			}
		}
		if got != c.want {
			t.Errorf("%s: etcd has %q, want %q", name, got, c.want)
		}
	}
}

// Whoever has nothing to say writes what etcd's own package writes for an address alone.
func TestRegister_AddressAlone(t *testing.T) {
	r := newRig(t, etcd)
	registration := r.start(r.options(etcd.URL()))
	got, err := r.Get(t.Context(), r.key())
	r.must(err)
	r.must(registration.Withdraw(t.Context()))
	manager, err := endpoints.NewManager(r.Client, r.service)
	r.must(err)
	r.must(manager.AddEndpoint(t.Context(), r.key(), endpoints.Endpoint{Addr: "10.0.0.1:50051"}))
	want, err := r.Get(t.Context(), r.key())
	r.must(err)
	if !bytes.Equal(got.Kvs[0].Value, want.Kvs[0].Value) {
		t.Errorf("the value is %s, want %s", got.Kvs[0].Value, want.Kvs[0].Value)
	}
}

// reports is an owner of a source.
type reports chan backend.Report

func (c reports) SourceSaid(_ int, r backend.Report) { c <- r }

// The balancer finds the server within the time it takes to tell it.
func TestRegister_TheBalancerReadsIt(t *testing.T) {
	r := newRig(t, etcd)
	said := make(reports, 100)
	s := source.Start(config.Source{Etcd: r.service, Zone: "z0", Weight: 1}, 0, said, source.Deps{Etcd: r.Client, Log: quiet()})
	defer s.Stop()
	<-said
	o := r.options(etcd.URL())
	o.Weight, o.Labels = 5, map[string]string{"a": "b"}
	registration := r.start(o)
	want := []backend.Backend{{Address: "10.0.0.1:50051", Zone: "z0", Weight: 5, Labels: map[string]string{"a": "b"}}}
	for got := range said {
		if len(got.Backends) > 0 {
			if diff := cmp.Diff(want, got.Backends); diff != "" || got.Warning != "" {
				t.Errorf("it reads %s %s", got.Warning, diff)
			}
			break
		}
	}
	r.must(registration.Withdraw(t.Context()))
	for got := range said {
		if got.Err == nil && len(got.Backends) == 0 {
			break
		}
	}
}

// A lease that was lost is replaced, and the key is written anew.
func TestRegister_LeaseLost(t *testing.T) {
	t.Parallel()
	r := newRig(t, etcd)
	o, lines := r.logged()
	registration := r.start(o)
	before := r.lease()
	_, err := r.Revoke(t.Context(), before)
	r.must(err)
	if after := r.await(true); after == before {
		t.Error("the lease is the same")
	}
	for _, want := range []string{"the registration was lost", "the server is registered again"} {
		line := <-lines
		for _, want := range []string{want, "backend=10.0.0.1:50051", "service=" + r.service} {
			if !strings.Contains(line, want) {
				t.Errorf("the log has no %q: %s", want, line)
			}
		}
	}
	r.must(registration.Withdraw(t.Context()))
}

// A lineWriter yields what is logged.
type lineWriter chan string

func (w lineWriter) Write(line []byte) (int, error) {
	w <- string(line)
	return len(line), nil
}

// While etcd is away for longer than the lease lives the key vanishes; then it is written anew.
func TestRegister_EtcdAway(t *testing.T) {
	t.Parallel()
	p, err := proxy.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	p.Forward(etcd.Addr())
	r := newRig(t, etcd)
	registration := r.start(short(r.options("http://" + p.Addr())))
	p.Set(proxy.Weather{Refuse: true})
	r.await(false)
	p.Set(proxy.Weather{})
	r.await(true)
	p.Set(proxy.Weather{Refuse: true})
	began := time.Now()
	if err := registration.Withdraw(t.Context()); err == nil || !strings.Contains(err.Error(), "etcd deletes it within 1s") {
		t.Errorf("Withdraw without etcd: %v", err)
	}
	if took := time.Since(began); took > 4*time.Second {
		t.Errorf("it took %v", took)
	}
	r.await(false)
}

// A server that lives while etcd is away, and withdraws meanwhile, does not come back.
func TestRegister_WithdrawWhileLost(t *testing.T) {
	t.Parallel()
	p, err := proxy.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	p.Forward(etcd.Addr())
	r := newRig(t, etcd)
	registration := r.start(short(r.options("http://" + p.Addr())))
	p.Set(proxy.Weather{Hole: true})
	r.await(false)
	if err := registration.Withdraw(t.Context()); err != nil && !strings.Contains(err.Error(), "could not be withdrawn") {
		t.Error(err)
	}
	p.Set(proxy.Weather{})
	if r.lease() != 0 {
		t.Error("it is there after Withdraw")
	}
}

// An etcd that has lost its data gets the key again.
func TestRegister_EtcdEmpty(t *testing.T) {
	t.Parallel()
	own, err := etcdtest.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(own.Close)
	r := newRig(t, own)
	registration := r.start(short(r.options(own.URL())))
	own.Stop()
	r.must(own.Forget())
	r.must(own.Restart())
	r.await(true)
	r.must(registration.Withdraw(t.Context()))
}

// A client of the caller stays open.
func TestRegister_Client(t *testing.T) {
	r := newRig(t, etcd)
	o := r.options("")
	o.Etcd, o.Client = nil, r.Client
	registration := r.start(o)
	r.must(registration.Withdraw(t.Context()))
	r.lease()
}

// Start tries until its context ends, and leaves nothing behind. That it tries is logged once.
func TestRegister_NoEtcd(t *testing.T) {
	t.Parallel()
	r := newRig(t, etcd)
	var log bytes.Buffer
	o := r.options("http://127.0.0.1:1")
	o.Log = slog.New(slog.NewTextHandler(&log, nil))
	ctx, cancel := context.WithTimeout(t.Context(), attemptTimeout+2*time.Second)
	defer cancel()
	_, err := Start(ctx, o)
	if err == nil || !strings.Contains(err.Error(), r.key()+" could not be written to etcd [http://127.0.0.1:1]") {
		t.Error(err)
	}
	if n := strings.Count(log.String(), "the server is not registered yet; that is tried until it succeeds"); n != 1 {
		t.Errorf("%d lines: %s", n, log.String())
	}
}

func TestRegister_Options(t *testing.T) {
	good := Options{Etcd: []string{"http://127.0.0.1:1"}, Service: "s", Address: "10.0.0.1:1"}
	if err := good.Check(); err != nil {
		t.Error(err)
	}
	for want, spoil := range map[string]func(*Options){
		"service is missing":             func(o *Options) { o.Service = "/" },
		"service \"a\\n\" is not":        func(o *Options) { o.Service = "a\n" },
		"etcd has no URL":                func(o *Options) { o.Etcd = nil },
		`"10.0.0.9:2379" is not a URL`:   func(o *Options) { o.Etcd = []string{"http://a:1", "10.0.0.9:2379"} },
		`"http://:1" is not a URL`:       func(o *Options) { o.Etcd = []string{"http://:1"} },
		`address "greeter:1"`:            func(o *Options) { o.Address = "greeter:1" },
		`0.0.0.0 is no address`:          func(o *Options) { o.Address = "0.0.0.0:50051" },
		"weight -1":                      func(o *Options) { o.Weight = -1 },
		"token":                          func(o *Options) { o.Token = strings.Repeat("x", 43) },
		"zone":                           func(o *Options) { o.Zone = "\n" },
		"labels":                         func(o *Options) { o.Labels = map[string]string{"": ""} },
		"TTL -1s is not from 0":          func(o *Options) { o.TTL = -time.Second },
		"TTL 1h0m1s is not from 0, whic": func(o *Options) { o.TTL = time.Hour + time.Second },
	} {
		o := good
		spoil(&o)
		_, err := Start(t.Context(), o)
		if err == nil || !strings.Contains(err.Error(), "register: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want one with %q", err, want)
		}
	}
}
