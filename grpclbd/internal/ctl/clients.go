package ctl

import (
	"fmt"
	"io"

	"github.com/actorlb/grpclb/grpclbd/internal/view"
)

// Clients prints the clients of a service, or of all if it is "".
func Clients(w io.Writer, s view.State, service string) error {
	if service != "" {
		s = s.Only(service)
	}
	if len(s.Clients) == 0 {
		_, err := fmt.Fprintln(w, "no client is connected to this replica")
		return err
	}
	t := newTable(w, "CLIENT", "SERVICE", "PEER", "ZONE", "CLASS", "OPEN", "LIST", "HAS", "CALLS")
	for _, c := range s.Clients {
		t.line(fmt.Sprint(c.ID), c.Service, c.Peer, c.Zone, c.Class, ago(c.Opened, s.At), fmt.Sprint(c.Answer), fmt.Sprint(c.Handed), fmt.Sprint(c.Started))
	}
	return t.Flush()
}
