package main

import (
	"errors"
	"strings"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/resolver"
)

var configParts = []part{
	{rule: "config", should: "a serviceName that is a number is an error that names the field", play: malformed},
	{rule: "config.child", should: "a childPolicy of which nothing is registered is an error", play: unknownChild},
	{rule: "config.child", should: "a childPolicy that is registered is used: least_request_experimental sends calls to the backend that is not busy", config: leastRequest, play: childIsUsed},
	{rule: "config.update", should: "of an update that is refused, the config is not applied", play: refusedUpdate},
	{rule: "config.addresses", should: "an update with nothing in it is refused with ErrBadResolverState", play: nothingResolved},
	{rule: "config.addresses", should: "fallback backends that are Endpoints and no Addresses are used", play: endpointsOnly},
	{rule: "config.resolver-error", should: "before anything is known of balancers, calls fail with the resolver's error", play: resolverError},
	{rule: "config.resolver-error", should: "once balancers are known, it does not end the wait for the first list", play: resolverErrorLater},
}

func malformed(w *world) verdict {
	err := w.ch.Configure(`{"serviceName":5}`)
	if err == nil {
		return saw(false, "accepted")
	}
	return saw(strings.Contains(strings.ToLower(err.Error()), "servicename"), "refused: %v", err)
}

func unknownChild(w *world) verdict {
	if err := w.ch.Configure(`{"childPolicy":[{"no_such_policy":{}}]}`); err != nil {
		return saw(true, "refused: %v", err)
	}
	return saw(false, "accepted")
}

func refusedUpdate(w *world) verdict {
	w.send(w.connect(), w.backends(1)...)
	if err := w.ch.Configure(`{"serviceName":"new"}`); err != nil {
		w.Fatal(err)
	}
	if err := w.ch.Resolve(nil); err == nil {
		w.Fatal("an update with nothing in it is accepted")
	}
	w.sleep(0)
	if w.lb.Calls() == 1 {
		return saw(true, "the stream goes on")
	}
	return saw(false, "a new stream asks for %q", w.lb.Next().Name())
}

func nothingResolved(w *world) verdict {
	err := w.ch.Push(resolver.State{})
	return saw(err == balancer.ErrBadResolverState, "%v", err)
}

func endpointsOnly(w *world) verdict {
	address := w.backends(1)[0].Address()
	err := w.ch.Push(resolver.State{Endpoints: []resolver.Endpoint{{Addresses: []resolver.Address{address}}}})
	if err != nil {
		return saw(false, "refused: %v", err)
	}
	return sawCalls(w.calls(1), "1")
}

func resolverError(w *world) verdict {
	w.ch.ResolverError(errors.New("no such name"))
	got := w.calls(1)
	return saw(strings.Contains(got, "no such name"), "a call %s", got)
}

func resolverErrorLater(w *world) verdict {
	c := w.connect()
	w.ch.ResolverError(errors.New("no such name"))
	call := w.calls(1)
	if call != "waits" {
		return sawCalls(call, "waits")
	}
	w.send(c, w.backends(1)...)
	return sawCalls(w.calls(1), "1")
}
