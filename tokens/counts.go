package tokens

// Counts say how many calls were picked from the lists of one stream, and how they
// ended, since the last Counts of that stream. A call counts once when it starts and
// once when it finishes. A dropped call counts as both at the same time.
type Counts struct {
	Started       int64     // picks, less those that gRPC did not use
	Finished      int64     // started calls that have ended
	FailedToSend  int64     // finished before anything was sent
	KnownReceived int64     // finished after a byte came back
	Dropped       []Dropped // finished by a drop entry; one element for each token
}

// Dropped is how many calls were dropped under one token.
type Dropped struct {
	Token string
	Calls int64
}

// Zero reports whether all counts are zero.
func (c Counts) Zero() bool {
	return c.Started == 0 && c.Finished == 0 && c.FailedToSend == 0 && c.KnownReceived == 0 && len(c.Dropped) == 0
}
