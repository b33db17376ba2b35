package store

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap/zapcore"
	"google.golang.org/grpc"

	"github.com/actorlb/grpclb/grpclbd/internal/clienttls"
	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/etcddial"
)

// cluster makes a client of the members that cfg names. It does not wait for them.
func cluster(cfg config.Store, log *slog.Logger) (*clientv3.Client, error) {
	secure, err := scheme(cfg.Etcd)
	if err != nil {
		return nil, err
	}
	c := clientv3.Config{
		Endpoints: cfg.Etcd,
		// A member that vanished without a word is noticed in 7 s. etcd allows a ping
		// each 5 s.
		DialKeepAliveTime:    5 * time.Second,
		DialKeepAliveTimeout: 2 * time.Second,
		MaxUnaryRetries:      10, // each at another member; then the error is heard
		DialOptions:          []grpc.DialOption{etcddial.Often()},
		Logger:               quiet(log, zapcore.WriteThenPanic),
	}
	switch {
	case secure:
		files := config.StoreTLS{}
		if cfg.TLS != nil {
			files = *cfg.TLS
		}
		creds, err := clienttls.New(files)
		if err != nil {
			return nil, fmt.Errorf("store.%w", err)
		}
		c.DialOptions = append(c.DialOptions, grpc.WithTransportCredentials(creds))
	case cfg.TLS != nil:
		return nil, errors.New("store.tls is for members whose URLs begin with https://")
	}
	client, err := clientv3.New(c)
	if err != nil {
		return nil, fmt.Errorf("store.etcd: %w", err)
	}
	return client, nil
}

// scheme reports whether the URLs are https ones. They have to be of one kind.
func scheme(members []string) (secure bool, err error) {
	for i, m := range members {
		u, err := url.Parse(m)
		if err != nil {
			return false, fmt.Errorf("store.etcd[%d] is not a URL", i) // it may have a password
		}
		if i > 0 && secure != (u.Scheme == "https") {
			return false, errors.New("store.etcd has URLs with http and with https: all have to be http or all https")
		}
		secure = u.Scheme == "https"
	}
	return secure, nil
}
