package register

import (
	"context"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// A message is what the keeper of a registration can be told. Who sends what:
//
//	Withdraw, Expire → withdraw
//	the keeper's own
//	attempt to enter → entered, at most one of which runs
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

func (withdraw) isMessage() {}
func (entered) isMessage()  {}
