package register

import (
	"context"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// A message is what the keeper of a registration can be told. Who sends what:
//
//	Withdraw, Expire → withdraw
//	the keeper's own
//	attempt to enter → entered
//	look at the key  → looked; at most one of both runs
type message interface{ isMessage() }

// withdraw: the registration is to end. The keeper answers, also when it has ended.
type withdraw struct {
	ctx   context.Context
	meant bool         // by the server: balancers are told
	reply chan<- error // capacity 1
}

// entered: the server was entered in etcd under a lease, or that has failed.
type entered struct {
	lease clientv3.LeaseID // 0: there is none
	err   error
}

// looked: a look at the key has ended.
type looked struct {
	finding finding
	err     error // it is not known whether the key is there
}

func (withdraw) isMessage() {}
func (entered) isMessage()  {}
func (looked) isMessage()   {}
