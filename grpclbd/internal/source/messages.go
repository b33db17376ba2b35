package source

import clientv3 "go.etcd.io/etcd/client/v3"

// A dnsMessage comes from a look-up, of which at most one runs.
type dnsMessage interface{ isDNSMessage() }

// looked: the look-up has ended.
type looked struct{ answer answer }

func (looked) isDNSMessage() {}

// An etcdMessage comes from a question to etcd. At most one of each kind runs.
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
)

func (wasRead) isEtcdMessage()    {}
func (wasCounted) isEtcdMessage() {}
