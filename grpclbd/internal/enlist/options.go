package enlist

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/actorlb/grpclb/grpclbd/register"
)

// How the server's health is found out.
const (
	HealthGRPC = "grpc" // by grpc.health.v1 Check, without TLS
	HealthTCP  = "tcp"  // it takes a connection
	HealthNone = "none" // it is healthy as long as it runs
)

// Options say what is run, and how it is registered.
type Options struct {
	Register register.Options // Address is also where health is checked
	Command  []string         // the program and its arguments

	Health   string        // HealthGRPC, HealthTCP or HealthNone; "": HealthGRPC
	Service  string        // for grpc.health.v1; "" is the server as a whole
	Interval time.Duration // between two checks; 0: 1 s
	Timeout  time.Duration // of a check; 0: 1 s
	Fall     int           // so many bad answers in a row make it unhealthy; 0: 2
	Grace    time.Duration // between the withdrawal and the signal to the command; 0: 1 s; negative: none

	Stdout, Stderr io.Writer        // of the command; nil: those of this process
	Signals        <-chan os.Signal // SIGTERM and SIGINT; nil: those that this process gets
	Log            *slog.Logger     // nil: slog.Default()
}

// normal returns the options with a value for everything that was left out, or an error that says which
// one is wrong, and what is allowed.
func (o Options) normal() (Options, error) {
	o.Health, o.Interval, o.Timeout = cmp.Or(o.Health, HealthGRPC), cmp.Or(o.Interval, time.Second), cmp.Or(o.Timeout, time.Second)
	o.Fall, o.Grace, o.Log = cmp.Or(o.Fall, 2), cmp.Or(o.Grace, time.Second), cmp.Or(o.Log, slog.Default())
	o.Register.Log = cmp.Or(o.Register.Log, o.Log)
	if o.Stdout == nil {
		o.Stdout = os.Stdout
	}
	if o.Stderr == nil {
		o.Stderr = os.Stderr
	}
	switch {
	case len(o.Command) == 0:
		return o, errors.New("there is no command to run; it follows after --")
	case o.Health != HealthGRPC && o.Health != HealthTCP && o.Health != HealthNone:
		return o, fmt.Errorf("health %q is not grpc, tcp or none", o.Health)
	case o.Interval < 0 || o.Timeout < 0:
		return o, fmt.Errorf("interval %v or timeout %v is negative", o.Interval, o.Timeout)
	case o.Fall < 0:
		return o, fmt.Errorf("fall %d is negative", o.Fall)
	}
	return o, o.Register.Check()
}

// An Exit is the error when the command has ended with a code other than 0. The program should end with the
// same. A command that was ended by a signal has 128 and the number of the signal, as in a shell.
type Exit struct{ Code int }

func (e *Exit) Error() string { return fmt.Sprintf("the command has ended with code %d", e.Code) }
