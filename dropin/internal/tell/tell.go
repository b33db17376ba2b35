// Package tell is what the programs have in common that the tests of dropin
// build. Each has imports of its own, and prints what came of them.
package tell

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"time"

	"golang.org/x/net/dns/dnsmessage"
	"google.golang.org/grpc"
	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/actorlb/grpclb/internal/dnstest"
)

// A Report is what a program prints, as JSON.
type Report struct {
	Package string // which has the builder named "grpclb"; "" if nobody has
	SRV     bool   // whether a dns target is looked up for balancers
}

// timeLimit is for one name to be resolved on loopback.
const timeLimit = 10 * time.Second

// Main is the main function of the programs.
func Main() {
	report := Report{Package: holder()}
	var err error
	if report.SRV, err = looksUp(); err == nil {
		err = json.NewEncoder(os.Stdout).Encode(report)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// holder asks the registry whose policy has the name.
func holder() string {
	b := balancer.Get("grpclb")
	if b == nil {
		return ""
	}
	return reflect.Indirect(reflect.ValueOf(b)).Type().PkgPath()
}

// looksUp has a channel resolve a name that does not exist, and reports whether
// the DNS server was asked for the name's balancers too. The channel has no
// policy in its config: the switch is for all of them.
func looksUp() (bool, error) {
	dns, err := dnstest.Start()
	if err != nil {
		return false, err
	}
	defer dns.Close()
	cc, err := grpc.NewClient("dns://"+dns.Addr()+"/greeter.example.com:443",
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return false, err
	}
	defer cc.Close()
	if err := awaitFailure(cc); err != nil {
		return false, err
	}
	return dns.Asked("_grpclb._tcp.greeter.example.com", dnsmessage.TypeSRV) > 0, nil
}

// awaitFailure waits until the channel knows that the name does not exist. By
// then every question has been asked.
func awaitFailure(cc *grpc.ClientConn) error {
	ctx, cancel := context.WithTimeout(context.Background(), timeLimit)
	defer cancel()
	cc.Connect()
	for s := cc.GetState(); s != connectivity.TransientFailure; s = cc.GetState() {
		if !cc.WaitForStateChange(ctx, s) {
			return fmt.Errorf("the name was not resolved after %v: the channel is %v", timeLimit, s)
		}
	}
	return nil
}
