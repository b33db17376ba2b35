package store

import (
	"context"

	"google.golang.org/grpc"
)

// Outside are the streams of clients from outside this process, such as watches, with store.listen.
// They do not end by themselves, and etcd would wait for them for five seconds when it is closed.
type outside struct {
	serving context.Context // done when they are to end
	end     context.CancelFunc
}

func newOutside() outside {
	serving, end := context.WithCancel(context.Background())
	return outside{serving, end}
}

func (o outside) options() []grpc.ServerOption {
	return []grpc.ServerOption{grpc.ChainStreamInterceptor(o.serve)}
}

// serve serves a stream, whose context is done when streams are to end.
func (o outside) serve(srv any, s grpc.ServerStream, _ *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	ctx, cancel := context.WithCancel(s.Context())
	defer cancel()
	defer context.AfterFunc(o.serving, cancel)()
	return handler(srv, ending{s, ctx})
}

// An ending is a stream with another context.
type ending struct {
	grpc.ServerStream
	ctx context.Context
}

func (e ending) Context() context.Context { return e.ctx }
