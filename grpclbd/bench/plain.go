package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"google.golang.org/grpc"

	"github.com/actorlb/grpclb/lbserver"
)

// A plain balancer is lbserver alone, in a process of its own, that is told its list. What the
// program takes longer than this one is its own.
type plain struct {
	*process
	lists io.Writer
}

// plainRole is set in the environment of that process.
const plainRole = "GRPCLBD_BENCH_PLAIN"

// runPlain starts a plain balancer with a list of these addresses.
func runPlain(addresses []string) (*plain, error) {
	p := &plain{process: &process{Cmd: exec.Command(os.Args[0])}}
	p.Env = append(os.Environ(), plainRole+"=1")
	p.Stderr = os.Stderr
	said, err := p.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if p.lists, err = p.StdinPipe(); err != nil {
		return nil, err
	}
	if err := p.Start(); err != nil {
		return nil, err
	}
	if p.listen, err = bufio.NewReader(said).ReadString('\n'); err != nil {
		return p, err
	}
	p.listen = strings.TrimSpace(p.listen)
	return p, p.set(addresses)
}

// set gives it another list.
func (p *plain) set(addresses []string) error {
	_, err := fmt.Fprintln(p.lists, strings.Join(addresses, " "))
	return err
}

// bePlain is the process: each line of its standard input is a list.
func bePlain() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	b := lbserver.New(lbserver.Options{})
	defer b.Close()
	s := grpc.NewServer(lbserver.KeepaliveEnforcement())
	b.Register(s)
	go func() { _ = s.Serve(l) }()
	defer s.Stop()
	if err := b.Expect("s"); err != nil {
		return err
	}
	fmt.Println(l.Addr())
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		if err := b.SetServers("s", servers(lines.Text())); err != nil {
			return err
		}
	}
	return lines.Err()
}

func servers(line string) (all []lbserver.Server) {
	for i, address := range strings.Fields(line) {
		all = append(all, lbserver.Server{Address: address, Token: strconv.Itoa(i)})
	}
	return all
}
