package etcdtest

import "testing"

// Tests are those of a package that share one server.
type Tests struct {
	*testing.M
	Server **Server // set before the tests run; closed after them
}

// Run makes Tests what goleak.VerifyTestMain runs.
func (t Tests) Run() int {
	s, err := Start()
	if err != nil {
		panic(err)
	}
	*t.Server = s
	defer s.Close()
	return t.M.Run()
}
