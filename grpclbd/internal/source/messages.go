package source

import clientv3 "go.etcd.io/etcd/client/v3"

// A dnsMessage comes from a look-up, of which at most one runs.
type dnsMessage interface{ isDNSMessage() }

// looked: the look-up has ended.
type looked struct{ answer answer }

func (looked) isDNSMessage() {}

// An etcdMessage comes from a question to etcd, of which at most one of each kind runs, or from a watch. A
// watch that was ended may still say something: it is known by its number.
type etcdMessage interface{ isEtcdMessage() }

type (
	// wasRead: all keys below the prefix were read, or the reading has failed.
	wasRead struct {
		response *clientv3.GetResponse
		err      error
	}
	// wasCounted: the keys below the prefix were counted, or the counting has failed.
	wasCounted struct {
		response *clientv3.GetResponse
		err      error
	}
	// watchSaid: the watch with that number was opened, or there are changes, or why it will end.
	watchSaid struct {
		number   uint64
		response clientv3.WatchResponse
	}
	// watchEnded: the watch with that number says no more.
	watchEnded struct{ number uint64 }
)

func (wasRead) isEtcdMessage()    {}
func (wasCounted) isEtcdMessage() {}
func (watchSaid) isEtcdMessage()  {}
func (watchEnded) isEtcdMessage() {}
