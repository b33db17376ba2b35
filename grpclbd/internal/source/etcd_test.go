package source

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/naming/endpoints"

	"github.com/actorlb/grpclb/chaos/proxy"
	"github.com/actorlb/grpclb/grpclbd/internal/backend"
	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/etcdtest"
)

// A store is an etcd that a test writes to, by a client of its own.
type store struct {
	*testing.T
	*clientv3.Client
	prefix string
}

// client returns a client of the etcd at that address, for the length of the test.
func client(t *testing.T, addr string) *clientv3.Client {
	c, err := etcdtest.Dial(addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func newStore(t *testing.T, addr string) store {
	s := store{t, client(t, addr), "services/" + t.Name()}
	_, err := s.Delete(t.Context(), s.prefix+"/", clientv3.WithPrefix()) // of an earlier run
	s.must(err)
	return s
}

// manager writes as other programs do.
func (s store) manager() endpoints.Manager {
	m, err := endpoints.NewManager(s.Client, s.prefix)
	s.must(err)
	return m
}

func (s store) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

func (s store) put(key, value string) {
	s.Helper()
	_, err := s.Put(s.Context(), s.prefix+"/"+key, value)
	s.must(err)
}

func (s store) Context() context.Context { return s.T.Context() }

func (s store) listen() *listener {
	return listen(s.T, config.Source{Etcd: s.prefix, Weight: 2}, Deps{Etcd: s.Client})
}

// It reads what etcd's own package for names writes.
func TestSource_Etcd(t *testing.T) {
	s := newStore(t, etcd.Addr())
	m := s.manager()
	add := func(key string, e endpoints.Endpoint) { s.must(m.AddEndpoint(t.Context(), s.prefix+"/"+key, e)) }
	add("b", endpoints.Endpoint{Addr: "10.0.0.2:1"})
	add("a", endpoints.Endpoint{Addr: "[::ffff:10.0.0.1]:1", Metadata: map[string]any{
		"zone": "z", "weight": 5, "token": "t", "labels": map[string]string{"a": "b"}, "other": []int{1}}})
	add("c", endpoints.Endpoint{Addr: "10.0.0.2:1", Metadata: map[string]any{"zone": "later"}})
	s.put("", `{"Addr": "10.0.0.3:1"}`)
	other := store{t, s.Client, s.prefix + "-other"}
	other.put("a", `{"Addr": "10.9.9.9:1"}`)
	l := s.listen()
	want := []backend.Backend{
		{Address: "10.0.0.1:1", Zone: "z", Weight: 5, Token: "t", Labels: map[string]string{"a": "b"}},
		{Address: "10.0.0.2:1", Weight: 2},
		{Address: "10.0.0.3:1", Weight: 2},
	}
	got := l.next()
	if diff := cmp.Diff(want, got.Backends); diff != "" || got.Err != nil || got.Warning != "" {
		t.Errorf("it says %+v\n%s", got, diff)
	}
	add("d", endpoints.Endpoint{Addr: "10.0.0.4:1"})
	l.untilAre("10.0.0.1:1", "10.0.0.2:1", "10.0.0.3:1", "10.0.0.4:1")
	s.must(m.DeleteEndpoint(t.Context(), s.prefix+"/b"))
	l.until(func(r backend.Report) bool { return len(r.Backends) == 4 && r.Backends[1].Zone == "later" })
	_, err := s.Delete(t.Context(), s.prefix+"/", clientv3.WithPrefix())
	s.must(err)
	if r := l.untilAre(); r.Backends == nil {
		t.Error("none is told as a report without a list")
	}
}

// A lease that ends removes.
func TestSource_Etcd_Lease(t *testing.T) {
	s := newStore(t, etcd.Addr())
	s.put("a", `{"Addr": "10.0.0.1:1"}`)
	lease, err := s.Grant(t.Context(), 60)
	s.must(err)
	s.must(s.manager().AddEndpoint(t.Context(), s.prefix+"/b", endpoints.Endpoint{Addr: "10.0.0.2:1"}, clientv3.WithLease(lease.ID)))
	l := s.listen()
	l.untilAre("10.0.0.1:1", "10.0.0.2:1")
	_, err = s.Revoke(t.Context(), lease.ID)
	s.must(err)
	l.untilAre("10.0.0.1:1")
}

// A bad value leaves its backend out, with a warning that names the key; the others go on. If the key
// had a good value before, that stays.
// Whoever writes a long key can't fill the log or the page with it.
func TestSource_Etcd_LongKey(t *testing.T) {
	t.Parallel()
	s := newStore(t, etcd.Addr())
	s.put(strings.Repeat("k", 100_000), "bad")
	s.put("good", `{"Addr": "10.0.0.2:1"}`)
	if r := s.listen().untilAre("10.0.0.2:1"); len(r.Warning) > 1000 || !strings.Contains(r.Warning, "is left out") {
		t.Errorf("the warning has %d bytes: %.100s", len(r.Warning), r.Warning)
	}
}

func TestSource_Etcd_BadValues(t *testing.T) {
	t.Parallel()
	for want, value := range map[string]string{
		`key "services/KEY" is left out: the value is not JSON`: `10.0.0.1:1`,
		`the value has no Addr`:                                 `{}`,
		`the value has no Addr `:                                `{"Op": 0, "Metadata": {"zone": "z"}}`,
		`a JSON array is not allowed there`:                     `[]`,
		`a JSON number is not allowed there`:                    `{"Addr": 3}`,
		`address "greeter:1" is not IP:port`:                    `{"Addr": "greeter:1"}`,
		`weight 0 is not from 1`:                                `{"Addr": "10.0.0.1:1", "Metadata": {"weight": 0}}`,
		`weight 2147483648 is not from 1`:                       `{"Addr": "10.0.0.1:1", "Metadata": {"weight": 2147483648}}`,
		`weight in Metadata: a JSON number 1.5 is not`:          `{"Addr": "10.0.0.1:1", "Metadata": {"weight": 1.5}}`,
		`weight in Metadata: a JSON string is not`:              `{"Addr": "10.0.0.1:1", "Metadata": {"weight": "9"}}`,
		`labels in Metadata: a JSON array is not`:               `{"Addr": "10.0.0.1:1", "Metadata": {"labels": []}}`,
		`withdrawn in Metadata: a JSON string is not`:           `{"Addr": "10.0.0.1:1", "Metadata": {"withdrawn": "yes"}}`,
		`token "\x00" has a character`:                          `{"Addr": "10.0.0.1:1", "Metadata": {"token": "\u0000"}}`,
		`zone "x`:                                               `{"Addr": "10.0.0.1:1", "Metadata": {"zone": "x` + strings.Repeat("y", 63) + `"}}`,
		`the value is not JSON as etcd's naming`:                strings.Repeat(`{"Addr":`, 100_000),
	} {
		s := newStore(t, etcd.Addr())
		s.prefix += "/" + fmt.Sprintf("%x", want)
		s.put("bad", value)
		s.put("good", `{"Addr": "10.0.0.2:1"}`)
		l := s.listen()
		r := l.untilAre("10.0.0.2:1")
		want = strings.Replace(strings.TrimSpace(want), "services/KEY", s.prefix+"/bad", 1)
		if !strings.Contains(r.Warning, want) || !strings.Contains(r.Warning, s.prefix+"/bad") {
			t.Errorf("the warning is %.300q, want one with %q and the key", r.Warning, want)
		}
		s.put("good", value)
		r = l.until(func(r backend.Report) bool { return strings.Contains(r.Warning, `/good" keeps its last good value`) })
		if len(r.Backends) != 1 {
			t.Errorf("a bad value after a good one: %+v", r)
		}
		s.put("good", `{"Addr": "10.0.0.3:1"}`)
		s.put("bad", `{"Addr": "10.0.0.4:1"}`)
		if r := l.untilAre("10.0.0.3:1", "10.0.0.4:1"); r.Warning != "" {
			t.Errorf("all is good, and there is a warning: %s", r.Warning)
		}
	}
}

// Metadata that is not this program's is ignored, which is logged once.
func TestSource_Etcd_ForeignMetadata(t *testing.T) {
	s := newStore(t, etcd.Addr())
	for key, metadata := range map[string]string{"a": `"v1"`, "b": `[1]`, "c": `{"version": 3}`, "d": `null`, "e": `17`, "f": `{}`} {
		s.put(key, `{"Addr": "10.0.0.1:`+fmt.Sprint(key[0])+`", "Metadata": `+metadata+`}`)
	}
	var lines bytes.Buffer
	l := newListener(t)
	source := Start(config.Source{Etcd: s.prefix + "/"}, 7, l, Deps{Etcd: s.Client, Log: slog.New(slog.NewTextHandler(&lines, nil))})
	r := l.next()
	s.put("g", `{"Addr": "10.0.0.1:1", "Metadata": 3}`)
	l.until(func(r backend.Report) bool { return len(r.Backends) == 7 })
	source.Stop()
	if len(r.Backends) != 6 || r.Warning != "" {
		t.Errorf("it says %+v", r)
	}
	if strings.Count(lines.String(), "\n") != 1 || !strings.Contains(lines.String(), s.prefix+"/a") {
		t.Errorf("it logs %s", lines.String())
	}
}

// An etcd that is away is told once. The backends stay, and after it is back the present ones are told.
func TestSource_LastKnown_Etcd(t *testing.T) {
	t.Parallel()
	p, err := proxy.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	p.Forward(etcd.Addr())
	s := newStore(t, etcd.Addr())
	s.put("a", `{"Addr": "10.0.0.1:1"}`)
	l := listen(t, config.Source{Etcd: s.prefix}, Deps{Etcd: client(t, p.Addr())})
	l.untilAre("10.0.0.1:1")
	p.Cut() // a connection that is lost is no loss of etcd
	s.put("b", `{"Addr": "10.0.0.2:1"}`)
	l.untilAre("10.0.0.1:1", "10.0.0.2:1")
	p.Set(proxy.Weather{Refuse: true})
	if err := l.untilFails(); !strings.HasPrefix(err.Error(), "etcd: ") {
		t.Error(err)
	}
	s.put("c", `{"Addr": "10.0.0.3:1"}`)
	p.Set(proxy.Weather{})
	if r := l.next(); r.Err != nil || len(r.Backends) != 3 {
		t.Errorf("after the loss it says %+v", r)
	}
	s.put("d", `{"Addr": "10.0.0.4:1"}`)
	l.untilAre("10.0.0.1:1", "10.0.0.2:1", "10.0.0.3:1", "10.0.0.4:1")
}

// A halfEtcd answers questions about keys, and opens no watch.
type halfEtcd struct {
	clientv3.KV
	clientv3.Watcher
	latest chan halfAnswer // has one at any time
}

type halfAnswer struct {
	value string // of the only key
	err   error
}

func newHalfEtcd(value string) halfEtcd {
	h := halfEtcd{latest: make(chan halfAnswer, 1)}
	h.latest <- halfAnswer{value: value}
	return h
}

func (h halfEtcd) set(a halfAnswer) {
	<-h.latest
	h.latest <- a
}

func (h halfEtcd) Get(context.Context, string, ...clientv3.OpOption) (*clientv3.GetResponse, error) {
	a := <-h.latest
	h.latest <- a
	return &clientv3.GetResponse{Header: &etcdserverpb.ResponseHeader{Revision: 1}, Count: 1,
		Kvs: []*mvccpb.KeyValue{{Key: []byte("a"), Value: []byte(a.value)}}}, a.err
}

func (h halfEtcd) Watch(ctx context.Context, _ string, _ ...clientv3.OpOption) clientv3.WatchChan {
	<-ctx.Done()
	closed := make(chan clientv3.WatchResponse)
	close(closed)
	return closed
}

// The source does not wait for an etcd that does not open the watch: what changes is read all the same, and an etcd
// that goes away then is told.
func TestSource_LastKnown_EtcdOpensNoWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHalfEtcd(`{"Addr": "10.0.0.1:1"}`)
		l := listen(t, config.Source{Etcd: "x"}, Deps{Etcd: &clientv3.Client{KV: h, Watcher: h}})
		l.untilAre("10.0.0.1:1")
		began := time.Now()
		h.set(halfAnswer{value: `{"Addr": "10.0.0.2:1"}`})
		l.untilAre("10.0.0.2:1")
		if late := time.Since(began); late > strikes*etcdCheck {
			t.Errorf("the change is told after %v", late)
		}
		h.set(halfAnswer{err: errors.New("away")})
		l.untilFails()
		h.set(halfAnswer{value: `{"Addr": "10.0.0.3:1"}`})
		l.untilAre("10.0.0.3:1")
	})
}

// What the watch has missed because etcd has compacted it is read.
func TestSource_Etcd_Compaction(t *testing.T) {
	t.Parallel()
	s := newStore(t, etcd.Addr())
	s.put("a", `{"Addr": "10.0.0.1:1"}`)
	p, err := proxy.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	p.Forward(etcd.Addr())
	l := listen(t, config.Source{Etcd: s.prefix}, Deps{Etcd: client(t, p.Addr())})
	l.untilAre("10.0.0.1:1")
	p.Set(proxy.Weather{Refuse: true})
	var revision int64
	for _, value := range []string{"10.0.0.2:1", "10.0.0.3:1"} {
		put, err := s.Put(t.Context(), s.prefix+"/b", `{"Addr": "`+value+`"}`)
		s.must(err)
		revision = put.Header.Revision
	}
	_, err = s.Delete(t.Context(), s.prefix+"/a")
	s.must(err)
	_, err = s.Compact(t.Context(), revision)
	s.must(err)
	p.Set(proxy.Weather{})
	l.untilAre("10.0.0.3:1")
	s.put("c", `{"Addr": "10.0.0.4:1"}`)
	l.untilAre("10.0.0.3:1", "10.0.0.4:1")
}

// An etcd that comes back without its data says what is in it now.
func TestSource_Etcd_DataLost(t *testing.T) {
	t.Parallel()
	own, err := etcdtest.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(own.Close)
	p, err := proxy.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	p.Forward(own.Addr())
	s := newStore(t, p.Addr())
	for n := range 100 {
		s.put("a", fmt.Sprintf(`{"Addr": "10.0.0.1:%d"}`, n+1))
	}
	l := s.listen()
	l.untilAre("10.0.0.1:100")
	p.Set(proxy.Weather{Refuse: true}) // or etcd waits for its clients' streams
	own.Stop()
	s.must(own.Forget())
	s.must(own.Restart())
	p.Set(proxy.Weather{})
	s.put("b", `{"Addr": "10.0.0.2:1"}`)
	l.untilAre("10.0.0.2:1")
}

// Without an etcd, or with one that refuses, there is an error.
func TestSource_Etcd_None(t *testing.T) {
	l := listen(t, config.Source{Etcd: "x"}, Deps{})
	if err := l.untilFails(); err.Error() != "there is no etcd to read from" {
		t.Error(err)
	}
}

// Many changes at one go do not make as many reports.
func TestSource_Etcd_Storm(t *testing.T) {
	s := newStore(t, etcd.Addr())
	l := s.listen()
	l.untilAre()
	began := time.Now()
	const many = 2000
	for n := range many / 100 {
		ops := make([]clientv3.Op, 100)
		for i := range ops {
			ops[i] = clientv3.OpPut(fmt.Sprintf("%s/%d", s.prefix, n*100+i), fmt.Sprintf(`{"Addr": "10.0.0.1:%d"}`, n*100+i+1))
		}
		_, err := s.Txn(t.Context()).Then(ops...).Commit()
		s.must(err)
	}
	said := 1
	for len(l.next().Backends) < many {
		said++
	}
	if most := int(time.Since(began)/etcdPause) + 2; said > most {
		t.Errorf("%d reports in %v, want at most %d", said, time.Since(began), most)
	}
}
