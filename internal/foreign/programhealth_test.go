//go:build foreign

package foreign

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
)

// A server of C-core says that it does not serve, and that it does again. Its calls end well.
func programHealth(s *site) {
	if python() == "" {
		s.Skip("!! NOT CHECKED: C-core's server needs python3 with the module grpc (Debian: python3-grpcio)")
	}
	b := s.pythonBackend(1)
	other := s.pythonBackend(2)
	p := s.program(inTemporary, `, guard: {minHealthy: 0}, health: {grpc: "", interval: 1s, timeout: 1s}`)
	p.list(b.entry(), other.entry())
	s.balancedBy(p)
	c := s.dial()
	from := func(number int) func(answer) bool { return func(a answer) bool { return a.backend == number } }
	s.until(c, "a call to the backend", waiting, from(1))
	s.until(c, "a call to the other backend", waiting, from(2))

	b.serve(false)
	p.counts(`grpclbd_backends{health="healthy",service=%q}`, 1)
	p.await("no call goes to the backend", func() bool {
		return !slices.Contains(s.numbers(c.calls(10, failFast)), 1)
	})
	b.serve(true)
	p.counts(`grpclbd_backends{health="healthy",service=%q}`, 2)
	s.until(c, "a call to the backend again", waiting, from(1))
}

// A pythonBackend is a server of C-core in a Python process.
type pythonBackend struct {
	*site
	addr string
	in   io.Writer
	out  *bufio.Reader
}

func (s *site) pythonBackend(number int) *pythonBackend {
	cmd := exec.Command(python(), "testdata/backend.py", strconv.Itoa(number), s.network.ip+":0")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		s.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		s.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() {
		in.Close() // ends it
		_ = cmd.Wait()
	})
	b := &pythonBackend{site: s, in: in, out: bufio.NewReader(out)}
	var began struct{ Port int }
	b.hear(&began)
	b.addr = net.JoinHostPort(s.network.ip, strconv.Itoa(began.Port))
	return b
}

// entry is the backend in the program's file.
func (b *pythonBackend) entry() string { return strconv.Quote(b.addr) }

// serve has it say whether it serves.
func (b *pythonBackend) serve(serving bool) {
	if err := json.NewEncoder(b.in).Encode(map[string]bool{"serving": serving}); err != nil {
		b.Fatal(err)
	}
	b.hear(&struct{}{})
}

func (b *pythonBackend) hear(said any) {
	line, err := b.out.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, said)
	}
	if err != nil {
		b.Fatalf("a server of C-core said %q: %v", line, err)
	}
}
