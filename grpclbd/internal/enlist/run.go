package enlist

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"github.com/actorlb/grpclb/actor"
	"github.com/actorlb/grpclb/grpclbd/register"
)

// withdrawTimeout is how long a withdrawal may take; the registration then ends with its lease.
const withdrawTimeout = 5 * time.Second

// Run runs the command until it has ended. The error is an [*Exit] if the command has ended with a code other
// than 0; any other error says why it could not be started. The end of ctx does what SIGTERM does.
func Run(ctx context.Context, o Options) error {
	o, err := o.normal()
	if err != nil {
		return err
	}
	checker, err := newChecker(o)
	if err != nil {
		return err
	}
	defer checker.close()
	if o.Signals == nil {
		signals := make(chan os.Signal, 2)
		signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
		defer signal.Stop(signals)
		o.Signals = signals
	}
	command := exec.Command(o.Command[0], o.Command[1:]...)
	command.Stdout, command.Stderr = o.Stdout, o.Stderr
	command.WaitDelay = time.Second // for what is left in pipes that a child of the command holds open
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := command.Start(); err != nil {
		return fmt.Errorf("the command could not be started: %w", err)
	}
	r := &runner{Options: o, checker: checker, command: command, actors: actor.NewGroup(), inbox: actor.NewInbox[message](), stop: func() {}}
	defer r.actors.Stop()
	r.Log = o.Log.With("service", o.Register.Service, "backend", o.Register.Address)
	r.actors.Go(func(context.Context) { r.inbox.Send(exited{wait(command)}) })
	return r.run(ctx)
}

// wait waits for the end of the command and returns its code.
func wait(command *exec.Cmd) int {
	_ = command.Wait() // the state has what it says
	state := command.ProcessState
	if status, is := state.Sys().(syscall.WaitStatus); is && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return state.ExitCode()
}

// A runner is the actor behind Run. Its first fields do not change.
type runner struct {
	Options
	checker *checker
	command *exec.Cmd
	actors  *actor.Group
	inbox   *actor.Inbox[message] // goroutines of the group → run

	// Owned by run.
	registration *register.Registration // nil: not registered
	stop         context.CancelFunc     // ends registering
	signal       os.Signal              // the last that came
	code         int
	why          error // of the last check
}

func (r *runner) run(ctx context.Context) error {
	now := time.Now()
	core := &core{fall: r.Fall, interval: r.Interval, grace: max(r.Grace, 0), checkAt: now, warnAt: now.Add(patience)}
	if r.Health == HealthNone {
		core.healthy, core.checkAt = true, time.Time{}
	}
	core.decide(time.Now())
	timer := actor.NewTimer()
	defer timer.Stop()
	done := ctx.Done()
	for !r.do(core) {
		timer.Set(core.alarm())
		select {
		case <-timer.Ready():
			timer.Rang()
			core.decide(time.Now())
		case r.signal = <-r.Signals:
			r.noteSignal(core.stopping)
			core.signal(time.Now())
		case <-done:
			done, r.signal = nil, syscall.SIGTERM
			core.signal(time.Now())
		case batch := <-r.inbox.Ready():
			for _, m := range r.inbox.Open(batch) {
				r.handle(core, m)
			}
		}
	}
	if r.code != 0 {
		return &Exit{r.code}
	}
	return nil
}

func (r *runner) handle(core *core, m message) {
	now := time.Now()
	switch m := m.(type) {
	case exited:
		r.code = m.code
		r.Log.Info("the command has ended", "code", m.code)
		core.exited(now)
	case checked:
		before := core.healthy
		r.why = m.err
		core.checked(now, m.err == nil)
		r.noteHealth(core, before, m.err)
	case entered:
		r.registration = m.registration
		core.entered(now, m.err == nil)
		r.noteEntered(m.err)
	case left:
		r.registration = nil
		core.left(now)
		r.noteLeft(m.err)
	default:
		panic(fmt.Sprintf("BUG: the runner was told a %T", m))
	}
}

// do does what the core wants, and reports whether that was the end.
func (r *runner) do(core *core) (ended bool) {
	todo := core.todo
	core.todo = nil
	for _, w := range todo {
		switch w {
		case wantCheck:
			r.actors.Go(func(ctx context.Context) { r.inbox.Send(checked{r.checker.check(ctx)}) })
		case wantEnter:
			r.enter()
		case wantCancel:
			r.stop()
		case wantWithdraw:
			r.leave(r.registration.Withdraw)
		case wantExpire:
			r.leave(r.registration.Expire)
		case wantWarn:
			r.Log.Warn("the server is not healthy yet, so it is not registered; it is checked until it is", "why", r.why)
		case wantSignal:
			_ = syscall.Kill(-r.command.Process.Pid, r.signal.(syscall.Signal)) // it may have ended
		case wantEnd:
			r.stop()
			return true
		}
	}
	return false
}

// enter registers the server.
func (r *runner) enter() {
	r.stop()
	ctx, cancel := context.WithCancel(context.Background())
	r.stop = cancel
	r.actors.Go(func(context.Context) {
		registration, err := register.Start(ctx, r.Register)
		r.inbox.Send(entered{registration, err})
	})
}

// leave ends the registration.
func (r *runner) leave(end func(context.Context) error) {
	r.actors.Go(func(context.Context) {
		ctx, cancel := context.WithTimeout(context.Background(), withdrawTimeout)
		defer cancel()
		r.inbox.Send(left{end(ctx)})
	})
}
