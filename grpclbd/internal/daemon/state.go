package daemon

import (
	"context"
	"time"

	"github.com/actorlb/grpclb/actor"
	"github.com/actorlb/grpclb/grpclbd/internal/store"
	"github.com/actorlb/grpclb/grpclbd/internal/view"
)

// totalsEvery is how often the replica's totals are written for the others.
const totalsEvery = 2 * time.Second

// known returns what the daemon itself knows now.
func (d *Daemon) known() (k known, runs bool) {
	reply := make(chan known, 1)
	if !d.in.Send(asked{reply}) {
		return known{state: view.State{Stopping: true, NotReady: []string{"the process is stopping"}}}, false
	}
	return <-reply, true
}

// Ready reports whether clients may come, and why not. It is a part of State, and asks neither the
// fleets nor the balancer.
func (d *Daemon) Ready() (ready bool, why []string) {
	k, _ := d.known()
	return k.state.Ready, k.state.NotReady
}

// State returns what is to be seen now. Each part is what its owner answers.
func (d *Daemon) State() view.State {
	k, runs := d.known()
	s := k.state
	if !runs {
		return s
	}
	s.Replica, s.Version, s.Started, s.At = d.opts.Config.Replica, d.opts.Version, d.started, time.Now()
	s.Store.Kind, s.Store.Members = "embedded", d.opts.Config.Store.Etcd
	if len(s.Store.Members) > 0 {
		s.Store.Kind = "cluster"
	}
	balancer := d.balancer.State()
	s.Opening, s.Balancer = balancer.Opening, balancer
	for _, e := range k.fleets {
		seen := e.Fleet.State(balancer)
		s.Services = append(s.Services, seen.Service)
		s.Clients = append(s.Clients, seen.Clients...)
	}
	return s.WithOverrides(k.overrides)
}

// writeTotals tells the other replicas what this one has counted.
func (d *Daemon) writeTotals(ctx context.Context) {
	timer := actor.NewTimer()
	defer timer.Stop()
	for {
		timer.Set(time.Now().Add(totalsEvery))
		select {
		case <-timer.Ready():
			timer.Rang()
			if r, whole := d.replica(ctx); whole {
				d.store.Write(r)
			}
		case <-ctx.Done():
			return
		}
	}
}

// replica returns the totals of this replica. They are not whole if ctx has ended: what has ended then is not
// among them.
func (d *Daemon) replica(ctx context.Context) (r store.Replica, whole bool) {
	s := d.State()
	r = store.Replica{Name: s.Replica, Started: s.Started, Written: s.At}
	for _, service := range s.Services {
		r.Services = append(r.Services, service.Total)
	}
	return r, ctx.Err() == nil
}
