package tokens

// Counts are what became of the calls that were picked by the lists of one
// call to the balancer, over some time. Each call is counted once, as it
// starts and again as it finishes; a dropped call does both.
type Counts struct {
	Started       int64     // picks, less those that gRPC did not use
	Finished      int64     // of the started calls, the ones that are over
	FailedToSend  int64     // finished without anything having been sent
	KnownReceived int64     // finished after a byte came back
	Dropped       []Dropped // finished by a drop entry; a token comes once
}

// Dropped is how many calls were dropped under one token.
type Dropped struct {
	Token string
	Calls int64
}

// Zero reports whether nothing has happened.
func (c Counts) Zero() bool {
	return c.Started == 0 && c.Finished == 0 && c.FailedToSend == 0 && c.KnownReceived == 0 && len(c.Dropped) == 0
}
