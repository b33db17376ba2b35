package bench

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"testing"

	"github.com/actorlb/grpclb/internal/lbtest"
)

// A crowd is clients of a balancer, each on a connection of its own, in another
// process: what is measured in this one is the balancer's.
type crowd struct {
	t     testing.TB
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines *bufio.Scanner
}

// Set for the process of the crowd, see TestMain.
const (
	crowdAddress = "BENCH_CROWD_ADDRESS"
	crowdSize    = "BENCH_CROWD_SIZE"
	crowdReads   = "BENCH_CROWD_READS"
)

// gather starts n clients of the balancer at addr, which ask for the service
// crowded and report once.
func gather(t testing.TB, addr string, n int, reads bool) *crowd {
	t.Helper()
	c := &crowd{t: t, cmd: exec.Command(os.Args[0])}
	c.cmd.Env = append(os.Environ(), crowdAddress+"="+addr, fmt.Sprint(crowdSize, "=", n), fmt.Sprint(crowdReads, "=", reads))
	c.cmd.Stderr = os.Stderr
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c.lines = bufio.NewScanner(out)
	return c
}

// wait returns when the clients have been sent so many bytes of messages in all.
func (c *crowd) wait(bytes int) {
	c.t.Helper()
	if _, err := fmt.Fprintln(c.in, bytes); err != nil {
		c.t.Fatal(err)
	}
	if !c.lines.Scan() || c.lines.Text() != fmt.Sprint(bytes) {
		c.t.Fatalf("the clients say %q (%v), want %d", c.lines.Text(), c.lines.Err(), bytes)
	}
}

func (c *crowd) leave() {
	_ = c.in.Close()
	if err := c.cmd.Wait(); err != nil {
		c.t.Error("the clients: ", err)
	}
}

// crowded is the service that a crowd asks for.
const crowded = "crowded.example.com:443"

// beCrowd is the other process: it lives until its standard input ends.
func beCrowd(addr string) error {
	var n int
	if _, err := fmt.Sscan(os.Getenv(crowdSize), &n); err != nil {
		return err
	}
	reads := os.Getenv(crowdReads) == "true"
	got, hello := make(chan int, n), lbtest.RawCalls(crowded, "", 1, reads)
	for range n {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close() }()
		if _, err := conn.Write(hello); err != nil {
			return err
		}
		if reads {
			go count(conn, got)
		}
	}
	return answer(got)
}

// answer says how many bytes there were when it is asked to, from then on.
func answer(got <-chan int) error {
	sum := 0
	for asked := bufio.NewScanner(os.Stdin); asked.Scan(); {
		var want int
		if _, err := fmt.Sscan(asked.Text(), &want); err != nil {
			return err
		}
		for sum < want {
			sum += <-got
		}
		fmt.Println(sum)
	}
	return nil
}

// count says how many bytes of messages come, frame by frame.
func count(conn net.Conn, got chan<- int) {
	r := bufio.NewReaderSize(conn, 32<<10)
	var head [9]byte
	for {
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return
		}
		length := int(head[0])<<16 | int(head[1])<<8 | int(head[2])
		if _, err := r.Discard(length); err != nil {
			return
		}
		if head[3] == lbtest.DataFrame {
			got <- length
		}
	}
}
