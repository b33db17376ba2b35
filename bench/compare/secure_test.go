package main

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/internal/lbtest"
)

var secureParts = []part{
	{rule: "secure.balancer-name", should: "a balancer without a ServerName is asked under the channel's authority", play: nameless},
	{rule: "secure.balancer-name", should: "a ServerName lb.test. is used without its trailing dot", play: trailingDot},
	{rule: "secure.balancer-creds", should: "a bundle that has no credentials for balancers: none is asked in plain text", play: noBalancerCreds},
	{rule: "secure.hostile", should: "a balancer hangs up, its next stream is silent, a backend's connection breaks: the backend serves on", play: crash},
	{rule: "secure.hostile", should: "in ten minutes, a balancer that refuses a stream for each connection costs at most 20 streams", play: refusesForever},
	{rule: "secure.keepalive", should: "a default grpc-go server, which wants fewer pings, ends the connection at most 4 times in a day", play: aDay},
}

func sawAuthority(c *lbtest.Call, want string) verdict {
	got := strings.Join(c.MD().Get(":authority"), " ")
	return saw(got == want, "%q", got)
}

func nameless(w *world) verdict {
	w.resolve()
	return sawAuthority(w.lb.Next(), lbtest.Service)
}

func trailingDot(w *world) verdict {
	a := w.lb.Address()
	a.ServerName = "lb.test."
	w.resolveTo([]resolver.Address{a})
	return sawAuthority(w.lb.Next(), "lb.test")
}

// A bundle has credentials for backends and none for balancers.
type bundle struct{ handshakes *atomic.Int64 }

func (b bundle) TransportCredentials() credentials.TransportCredentials {
	return transport{insecure.NewCredentials(), b.handshakes}
}
func (bundle) PerRPCCredentials() credentials.PerRPCCredentials { return nil }
func (bundle) NewWithMode(mode string) (credentials.Bundle, error) {
	return nil, errors.New("no credentials for " + mode)
}

// A transport stands for real credentials: it counts its handshakes.
type transport struct {
	credentials.TransportCredentials
	handshakes *atomic.Int64
}

func (t transport) ClientHandshake(ctx context.Context, name string, c net.Conn) (net.Conn, credentials.AuthInfo, error) {
	t.handshakes.Add(1)
	return t.TransportCredentials.ClientHandshake(ctx, name, c)
}
func (t transport) Clone() credentials.TransportCredentials { return t }

func noBalancerCreds(w *world) verdict {
	b := bundle{new(atomic.Int64)}
	w.ch.Close()
	w.ch = lbtest.NewChannel(w.T, w.network, "", grpc.WithTransportCredentials(nil), grpc.WithCredentialsBundle(b))
	w.resolve(w.backends(1)...)
	w.sleep(time.Second)
	switch {
	case w.lb.Calls() == 0:
		return saw(true, "it is not asked")
	case b.handshakes.Load() == 0:
		return saw(false, "it is asked, without a handshake")
	default:
		return saw(false, "it is asked, with credentials that are not for it")
	}
}

func crash(w *world) verdict {
	b := w.backends(1)
	w.lost(b)
	w.network.Cut(b[0].Addr())
	w.sleep(5 * time.Second)
	return sawCalls(w.calls(1), "1")
}

func refusesForever(w *world) verdict {
	w.resolve()
	for {
		c := w.lb.NextWithin(10 * time.Minute)
		if at := c.Opened().Sub(w.start); at > 10*time.Minute || w.lb.Calls() > spinning {
			return saw(w.lb.Calls() <= 21, "%d streams in %v", w.lb.Calls()-1, at.Round(time.Minute))
		}
		w.network.Cut(w.lb.Addr())
	}
}

func aDay(w *world) verdict {
	w.lb = lbtest.NewBalancer(w.T, w.network, grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{}))
	w.send(w.connect(), w.backends(1)...)
	w.sleep(24 * time.Hour)
	return saw(w.lb.Conns() <= 5, "connections: %d", w.lb.Conns())
}
