package observe

import "log/slog"

// message is a message to the watcher of a service. A backend sends one for each change of
// its health, which rise and fall bound, and one for each load report.
type message interface{ toWatcher() }

// watch: these are the backends now. Sent by Watcher.Watch.
type watch struct{ addresses []string }

// healthChanged: sent by the backend with this number.
type healthChanged struct {
	number uint64
	health Health
}

// loadChanged: sent by the backend with this number.
type loadChanged struct {
	number uint64
	load   Load
}

// logged: a line of the log about a backend. Sent by the backend with this number; the watcher knows how many lines there are.
type logged struct {
	address string
	number  uint64
	level   slog.Level
	line    string
	why     string // "": there is no more to say
}

func (watch) toWatcher()         {}
func (healthChanged) toWatcher() {}
func (loadChanged) toWatcher()   {}
func (logged) toWatcher()        {}

// event is a message to the actor of a backend. One check runs at a time; a stream sends no faster
// than pace allows.
type event interface{ toBackend() }

// checked: a check has its answer. Sent by the goroutine of the check.
type checked struct{ answer answer }

// watched: the Watch stream brought an answer. Sent by the reader of the stream.
type watched struct{ answer answer }

// broken: the Watch stream has ended. Sent by its reader.
type broken struct{}

// reported: a load report. Sent by the reader of the ORCA stream.
type reported struct{ figures figures }

// unmeasured: the backend does not report its load. Sent once by the reader of the ORCA
// stream.
type unmeasured struct{ why string }

func (checked) toBackend()    {}
func (watched) toBackend()    {}
func (broken) toBackend()     {}
func (reported) toBackend()   {}
func (unmeasured) toBackend() {}

// Watch has these backends watched, and no others. One that was watched before goes on as it
// is. Nothing is said about a backend any more once it was taken away. Watch never waits, and
// does nothing after Stop. The slice is the watcher's from then on.
func (w *Watcher) Watch(addresses []string) { w.inbox.Send(watch{addresses}) }
