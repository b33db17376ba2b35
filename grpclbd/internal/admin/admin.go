// Package admin serves people and programs that look at a balancer or override what it does:
// the page, JSON, metrics, health over HTTP, channelz and profiles. It owns nothing: it asks
// the process.
package admin

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/override"
	"github.com/actorlb/grpclb/grpclbd/internal/seldom"
	"github.com/actorlb/grpclb/grpclbd/internal/servertls"
	"github.com/actorlb/grpclb/grpclbd/internal/view"
)

// A Process is what is looked at. Its methods may be called from any goroutine.
type Process interface {
	State() view.State
	Ready() (ready bool, why []string) // as in State, but cheap
	Put(ctx context.Context, o override.Override) error
	Lift(ctx context.Context, service string, kind override.Kind, subject string) (found bool, err error)
	Confirm(service string) (found bool)
}

// A Server serves the admin port.
type Server struct {
	http     *http.Server
	listener net.Listener
	files    *servertls.Files // nil without TLS
	failed   *seldom.Log      // connections
}

// Listen opens the port. Nobody is served before Serve.
func Listen(cfg *config.Config, p Process, logger *slog.Logger) (*Server, error) {
	gate, err := newGate(cfg)
	if err != nil {
		return nil, err
	}
	s := &Server{http: &http.Server{
		Handler:           gate.guard(Handler(p, logger)),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		Protocols:         protocols(),
	}}
	if t := cfg.Access.TLS; t != nil {
		if s.files, err = servertls.Open(*t, logger); err != nil {
			return nil, fmt.Errorf("access.tls: %w", err)
		}
		s.http.TLSConfig = s.files.Config()
	}
	if s.listener, err = net.Listen("tcp", cfg.Admin); err != nil {
		s.closeFiles()
		return nil, fmt.Errorf("admin: %w", err)
	}
	s.failed = seldom.Start("a connection to the admin port has failed", logger)
	s.http.ErrorLog = log.New(mistakes{s.failed}, "", 0)
	return s, nil
}

// protocols are HTTP/1 for browsers and HTTP/2 for channelz, which is gRPC, also without TLS.
func protocols() *http.Protocols {
	p := new(http.Protocols)
	p.SetHTTP1(true)
	p.SetHTTP2(true)
	p.SetUnencryptedHTTP2(true)
	return p
}

// Address is where the port was opened.
func (s *Server) Address() string { return s.listener.Addr().String() }

// Serve serves the port. It returns when Stop was called, or with an error.
func (s *Server) Serve() error {
	var err error
	if s.files != nil {
		err = s.http.ServeTLS(s.listener, "", "")
	} else {
		err = s.http.Serve(s.listener)
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("admin: %w", err)
}

// Stop ends all connections.
func (s *Server) Stop() {
	_ = s.http.Close() // the listener may have been closed by Serve
	_ = s.listener.Close()
	s.closeFiles()
	s.failed.Stop()
}

func (s *Server) closeFiles() {
	if s.files != nil {
		s.files.Close()
	}
}
