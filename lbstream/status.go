package lbstream

import "github.com/actorlb/grpclb/tokens"

// A Status is the state of the stream to the balancer. It does not change, and its lists don't.
// The newest replaces all earlier ones.
type Status struct {
	// Stream is the number of the stream that brought List. The first stream ever is 1.
	Stream uint64
	// List is the latest list of any stream, nil before the first.
	List *tokens.List
	// Lists counts the lists that came. It tells the same list, sent again, from the old one.
	Lists uint64
	// Contact: the present stream has brought a list. When this side replaces a stream,
	// contact holds until the new stream brings a list, the Timeout of the settings has
	// passed, or no balancer is left to ask.
	Contact bool
	// Asked: the balancer asked for fallback, and has sent no list since that names servers.
	Asked bool
	// Ends counts the streams that ended. Those that this side ended do not count.
	Ends uint64
	// Rounds counts the times when a stream ended and the backoff began: it had brought a
	// list, or no balancer was left to ask.
	Rounds uint64
	// Err says why the last stream ended, or that the present one brought no list in time.
	// It is nil before that, and again after a list.
	Err error

	// FullStream, Full and Fulls are Stream, List and Lists of the lists that are not
	// empty. They tell of such a list even if an empty one followed at once.
	FullStream uint64
	Full       *tokens.List
	Fulls      uint64
}

// differs reports whether the policy should hear of the change from old to s. List and
// Stream change only with Lists; Err changes only with Lists or Ends.
func (s *Status) differs(old *Status) bool {
	return s.Lists != old.Lists || s.Ends != old.Ends || s.Contact != old.Contact || s.Asked != old.Asked
}
