package etcdtest

import (
	"flag"
	"strconv"
	"testing"
)

// together is how many tests with t.Parallel run at a time.
const together = 5

// Together has more parallel tests run at a time than there are processors: tests with etcd wait more than they
// compute. The flag -parallel says otherwise.
func Together() { _ = flag.Set("test.parallel", strconv.Itoa(together)) }

// Tests are those of a package that share one server.
type Tests struct {
	*testing.M
	Server **Server // set before the tests run; closed after them
}

// Run makes Tests what goleak.VerifyTestMain runs.
func (t Tests) Run() int {
	Together()
	s, err := Start()
	if err != nil {
		panic(err)
	}
	*t.Server = s
	defer s.Close()
	return t.M.Run()
}
