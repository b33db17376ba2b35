package lbresolver

import (
	"context"
	"errors"
	"net"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/dns/dnsmessage"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/internal/dnstest"
)

var noOptions resolver.BuildOptions

// Errors name the server that was asked, whoever said which: the target, or the
// builder's net.Resolver.
func TestResolve_News_NamesServer(t *testing.T) {
	for _, code := range []dnsmessage.RCode{dnsmessage.RCodeServerFailure, dnsmessage.RCodeRefused} {
		s := startDNS(t)
		s.Fail(shop, code)
		s.Fail(shopSRV, code)
		c, _ := resolve(t, "grpclb:///shop.example.com", s)
		if got := c.next(t).String(); strings.Count(got, " on "+s.Addr()+": ") != 2 {
			t.Errorf("by the target, got %s\nwant %s in it twice", got, s.Addr())
		}
		c = newChannel()
		r, err := NewBuilder(WithNetResolver(&net.Resolver{PreferGo: true, Dial: toServer(s.Addr())})).
			Build(targetOf(t, "grpclb:///shop.example.com"), c, noOptions)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if got := c.next(t).String(); strings.Count(got, " on "+s.Addr()+": ") != 2 {
			t.Errorf("by the builder, got %s\nwant %s in it twice", got, s.Addr())
		}
	}
}

// One that can't be reached is named too.
func TestResolve_News_NamesUnreachableServer(t *testing.T) {
	s, err := dnstest.Start()
	if err != nil {
		t.Fatal(err)
	}
	s.Close() // nothing listens there any more
	c := newChannel()
	r, err := NewBuilder().Build(targetOf(t, at("grpclb:///shop.example.com", s)), c, noOptions)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got := c.next(t).String(); !strings.Contains(got, " on "+s.Addr()+": ") {
		t.Errorf("got %s\nwant %s in it", got, s.Addr())
	}
}

// A user name and password, wherever somebody writes them, are refused and not
// repeated.
func TestResolve_News_NoPassword(t *testing.T) {
	for _, text := range []string{
		"grpclb://joe:s3cret@balancer.example.com:80/shop.example.com",
		"grpclb://:s3cret@balancer.example.com:80/shop.example.com",
		"grpclb:joe:s3cret@shop.example.com",
		"grpclb:joe:s3cret%40shop.example.com",
		"grpclb:///joe:s3cret@shop.example.com:443",
		"grpclb:///joe:a/s3cret@shop.example.com",
		"grpclb:///joe:s3cret%40shop.example.com",
		"grpclb:///shop.example.com?balancer=joe:s3cret@balancer.example.com:80",
		"grpclb:///shop.example.com?balancer=joe:s3cret%40balancer.example.com:80",
		"grpclb:///shop.example.com?dns=joe:s3cret@ns.example.com&x=%zz",
		"grpclb:///shop.example.com?dns=joe:a@s3cret@ns.example.com",
		"grpclb:///shop.example.com#joe:s3cret@x",
		"grpclb://joe:s3cret@b:80/shop.example.com#x@y",
	} {
		r, err := NewBuilder().Build(targetOf(t, text), newChannel(), noOptions)
		if err == nil {
			r.Close()
			t.Errorf("%s: no error", text)
			continue
		}
		if strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "joe") || !strings.Contains(err.Error(), "it has a user name") {
			t.Errorf("%s: got %v", text, err)
		}
	}
}

// The end of the time for an answer is a time-out, and not the closing of the
// connection.
func TestPrompt_Deadline(t *testing.T) {
	for range 20 {
		synctest.Test(t, func(t *testing.T) {
			here, there := net.Pipe()
			defer there.Close()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			conn, err := prompt(func(context.Context, string, string) (net.Conn, error) { return here, nil })(ctx, "udp", "")
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			deadline, _ := ctx.Deadline()
			if err := conn.SetDeadline(deadline); err != nil {
				t.Fatal(err)
			}
			if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("got %v", err)
			}
			synctest.Wait()
			if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("afterwards, got %v", err)
			}
		})
	}
}
