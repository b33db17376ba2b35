package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"

	"github.com/actorlb/grpclb/lbdebug"
)

// A viewer is somebody who wants to look at the channel between the phases. It may be nil: then
// there are no breaks.
type viewer struct {
	url    string
	server *http.Server
	served chan error // its Serve → stop, capacity 1
	keys   *bufio.Reader
}

// startViewing serves the pages of lbdebug at the address.
func startViewing(addr string, keys io.Reader) (*viewer, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/debug/grpclb/", lbdebug.Handler())
	v := &viewer{
		url:    fmt.Sprintf("http://%s/debug/grpclb/", l.Addr()),
		server: &http.Server{Handler: mux},
		served: make(chan error, 1),
		keys:   bufio.NewReader(keys),
	}
	go func() { v.served <- v.server.Serve(l) }()
	return v, nil
}

// introduce prints what can be looked at.
func (v *viewer) introduce(w io.Writer, servers *cluster) {
	if v != nil {
		fmt.Fprintf(w, "look at %s\n%s\n", v.url, servers.addresses())
	}
}

// pause waits for Enter. Calls go on meanwhile.
func (v *viewer) pause(w io.Writer, next string) error {
	if v == nil {
		return nil
	}
	fmt.Fprintf(w, "Enter for: %s\n", next)
	if _, err := v.keys.ReadString('\n'); err != nil {
		return fmt.Errorf("there was no Enter: %w", err)
	}
	return nil
}

// stop ends the serving.
func (v *viewer) stop() error {
	_ = v.server.Close() // an error is one of closing connections
	if err := <-v.served; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
