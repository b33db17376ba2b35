package store

import (
	"fmt"
	"log/slog"
	"strings"
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
	secure := strings.HasPrefix(cfg.Etcd[0], "https://") // as all others: the configuration was checked
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
	if secure {
		files := config.StoreTLS{}
		if cfg.TLS != nil {
			files = *cfg.TLS
		}
		creds, err := clienttls.New(files)
		if err != nil {
			return nil, fmt.Errorf("store.%w", err)
		}
		c.DialOptions = append(c.DialOptions, grpc.WithTransportCredentials(creds))
	}
	client, err := clientv3.New(c)
	if err != nil {
		return nil, fmt.Errorf("store.etcd: %w", err)
	}
	return client, nil
}
