package main

import (
	"fmt"
	"strconv"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	endpointservice "github.com/envoyproxy/go-control-plane/envoy/service/endpoint/v3"
	"github.com/envoyproxy/go-control-plane/pkg/resource/v3"

	"github.com/actorlb/grpclb/internal/lbtest"
)

// A protocol is what a client writes: all else is the same for all servers.
type protocol struct {
	hello []byte                          // at first
	ack   func(version, nonce int) []byte // after each list; nil: nothing
}

func protocolOf(name string, reads bool) (protocol, error) {
	switch name {
	case "lb":
		return protocol{hello: lbtest.RawCalls(fleet, "", 1, reads)}, nil
	case "eds":
		first := &discovery.DiscoveryRequest{
			Node: &core.Node{Id: node}, ResourceNames: []string{fleet}, TypeUrl: resource.EndpointType,
		}
		hello := lbtest.RawStreams(endpointservice.EndpointDiscoveryService_StreamEndpoints_FullMethodName, "", 1, reads, first)
		return protocol{hello, acknowledge}, nil
	}
	return protocol{}, fmt.Errorf("there is no protocol %q", name)
}

// acknowledge accepts a list. go-control-plane's nonces count the responses of a call,
// and it sends no other list until it has been told.
func acknowledge(version, nonce int) []byte {
	return lbtest.RawMessages(1, &discovery.DiscoveryRequest{
		VersionInfo:   marker + strconv.Itoa(version),
		ResponseNonce: strconv.Itoa(nonce),
		ResourceNames: []string{fleet},
		TypeUrl:       resource.EndpointType,
	})
}
