package store

import clientv3 "go.etcd.io/etcd/client/v3"

// message is a message to the store's owner. One job runs at a time; the reader sends one
// message for each answer of etcd; totals come as often as they change.
type message interface{ toStore() }

// everythingRead: these are all entries at one moment. The reader then opens a watch from
// there. Sent by the reader.
type everythingRead struct {
	entries  []entry
	revision int64 // of etcd at that moment
}

// watchOpened: from now on the reader hears what changes. Sent by the reader.
type watchOpened struct{}

// entriesChanged: the watch has these changes, in their order. Sent by the reader.
type entriesChanged struct {
	entries  []entry
	revision int64 // of etcd after them
}

// readingFailed: the entries could not be read, or the watch was lost. The reader tries
// again after a wait, with everythingRead if it succeeds.
type readingFailed struct{ err error }

// jobDone: etcd has answered a job, or has failed to. Sent by the worker.
type jobDone struct {
	job      job
	lease    clientv3.LeaseID // of a grant that succeeded
	revision int64            // of etcd when it answered; zero: it does not say, or has failed
	err      error
}

// written: these are the totals of this replica now. Sent by Store.Write.
type written struct{ replica Replica }

// reread is a wish to the reader: give the watch up, and read everything anew. Sent by the loop; one that waits
// is enough.
type reread struct{ why error }

// full: an override was not written, because etcd's data have reached their limit. Sent by Store.Put.
type full struct{}

func (full) toStore()           {}
func (everythingRead) toStore() {}
func (watchOpened) toStore()    {}
func (entriesChanged) toStore() {}
func (readingFailed) toStore()  {}
func (jobDone) toStore()        {}
func (written) toStore()        {}

// entry is a key of etcd with its value. Without a value it was deleted.
type entry struct {
	key   string
	value []byte
}

// job is something that the worker asks of etcd for this replica.
type job interface{ toWorker() }

// grant: make a lease for the replica's entry.
type grant struct{}

// renew: keep the lease alive.
type renew struct{ lease clientv3.LeaseID }

// put: write the replica's entry under the lease.
type put struct {
	lease   clientv3.LeaseID
	replica Replica
}

// free: have the etcd of this process remove what is not needed, and take writes again.
type free struct{}

func (free) toWorker()  {}
func (grant) toWorker() {}
func (renew) toWorker() {}
func (put) toWorker()   {}

// Write has the totals of this replica written: at once if the last time is a second ago,
// else when it is. Of several only the last one is written, and none that is equal to
// the one before. Name and Written are set by the store. Write never waits, and does nothing
// after Close.
func (s *Store) Write(r Replica) { s.inbox.Send(written{r}) }
