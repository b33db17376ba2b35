package main

import (
	"context"
	"strconv"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	endpointv3 "github.com/envoyproxy/go-control-plane/envoy/config/endpoint/v3"
	endpointservice "github.com/envoyproxy/go-control-plane/envoy/service/endpoint/v3"
	"github.com/envoyproxy/go-control-plane/pkg/cache/types"
	"github.com/envoyproxy/go-control-plane/pkg/cache/v3"
	"github.com/envoyproxy/go-control-plane/pkg/resource/v3"
	xds "github.com/envoyproxy/go-control-plane/pkg/server/v3"
	"google.golang.org/grpc"
)

// linear is go-control-plane's EDS server over its LinearCache, which is there for
// one set of endpoints for a whole fleet: it encodes them once, and gRPC encodes the
// response around them for each client.
type linear struct {
	cache *cache.LinearCache
	stop  context.CancelFunc
	last  int // the number of the last list
}

func newLinear(s *grpc.Server) publisher {
	c := cache.NewLinearCache(resource.EndpointType, cache.WithVersionPrefix(marker))
	return &linear{cache: c, stop: serveEDS(s, c)}
}

func serveEDS(s *grpc.Server, c cache.Cache) context.CancelFunc {
	ctx, stop := context.WithCancel(context.Background())
	endpointservice.RegisterEndpointDiscoveryServiceServer(s, xds.NewServer(ctx, c, nil))
	return stop
}

// set gives the cache the list as often as is needed to have it count up to version.
func (l *linear) set(version int, list []endpoint) error {
	a := assignment(list)
	for ; l.last < version; l.last++ {
		if err := l.cache.UpdateResource(fleet, a); err != nil {
			return err
		}
	}
	return nil
}

func (l *linear) close() { l.stop() }

// snapshot is the same server over the SnapshotCache, which most control planes use.
type snapshot struct {
	cache cache.SnapshotCache
	stop  context.CancelFunc
}

// node is the identity of all clients: they have one snapshot.
const node = "fleet"

func newSnapshot(s *grpc.Server) publisher {
	c := cache.NewSnapshotCache(false, cache.IDHash{}, nil)
	return &snapshot{c, serveEDS(s, c)}
}

func (p *snapshot) set(version int, list []endpoint) error {
	s, err := cache.NewSnapshot(marker+strconv.Itoa(version), map[resource.Type][]types.Resource{
		resource.EndpointType: {assignment(list)},
	})
	if err != nil {
		return err
	}
	return p.cache.SetSnapshot(context.Background(), node, s)
}

func (p *snapshot) close() { p.stop() }

// assignment is a list as xDS has it. It has no tokens.
func assignment(list []endpoint) *endpointv3.ClusterLoadAssignment {
	all := make([]*endpointv3.LbEndpoint, len(list))
	for i, e := range list {
		all[i] = &endpointv3.LbEndpoint{HostIdentifier: &endpointv3.LbEndpoint_Endpoint{
			Endpoint: &endpointv3.Endpoint{Address: &core.Address{Address: &core.Address_SocketAddress{
				SocketAddress: &core.SocketAddress{
					Address:       e.host,
					PortSpecifier: &core.SocketAddress_PortValue{PortValue: uint32(e.port)},
				},
			}}},
		}}
	}
	return &endpointv3.ClusterLoadAssignment{
		ClusterName: fleet,
		Endpoints:   []*endpointv3.LocalityLbEndpoints{{LbEndpoints: all}},
	}
}
