package main

import (
	"context"
	"net"
	"strings"
	"time"

	"google.golang.org/grpc"
	channelzpb "google.golang.org/grpc/channelz/grpc_channelz_v1"
	channelz "google.golang.org/grpc/channelz/service"
	"google.golang.org/grpc/credentials/insecure"
)

// A census counts what gRPC has of channels and SubConns in this process. It
// asks gRPC's channelz service, over a connection of its own that is not counted:
// https://github.com/grpc/proposal/blob/master/A14-channelz.md
type census struct {
	server *grpc.Server
	served chan error
	conn   *grpc.ClientConn
	stub   channelzpb.ChannelzClient
}

// A head count is what there is of the channel under test.
type headCount struct {
	channels int // to the user's target: one, or none
	nested   int // to the balancers
	subConns int // of the user's channel
}

// censusLimit is for one question.
const censusLimit = 10 * time.Second

func newCensus() (*census, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	c := &census{server: grpc.NewServer(grpc.WaitForHandlers(true)), served: make(chan error, 1)}
	channelz.RegisterChannelzServiceToServer(c.server)
	go func() { c.served <- c.server.Serve(l) }()
	c.conn, err = grpc.NewClient("passthrough:///"+l.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	c.stub = channelzpb.NewChannelzClient(c.conn)
	return c, err
}

func (c *census) close() error {
	_ = c.conn.Close() // which fails only when done twice
	c.server.Stop()
	return <-c.served
}

// count asks for all channels, of which there are a handful.
func (c *census) count() (h headCount, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), censusLimit)
	defer cancel()
	all, err := c.stub.GetTopChannels(ctx, &channelzpb.GetTopChannelsRequest{})
	if err != nil {
		return h, err
	}
	for _, ch := range all.GetChannel() {
		if strings.HasPrefix(ch.GetData().GetTarget(), scheme+":") {
			h.channels++
			h.nested += len(ch.GetChannelRef())
			h.subConns += len(ch.GetSubchannelRef())
		}
	}
	return h, nil
}
