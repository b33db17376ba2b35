package lbresolver

// logBalancers logs the answer for balancers. It is called before the core gets the answer.
func (w *worker) logBalancers(c *core, a answer) {
	switch {
	case a.err != nil && !a.found():
		logger.Warningf("lbresolver: the balancers of %v can't be looked up, so the %d known stay for now: %v",
			w.target.service, len(c.balancers), a.err)
	case a.err != nil:
		logger.Warningf("lbresolver: not all balancers of %v could be looked up, so those known before stay for now: %v",
			w.target.service, a.err)
	default:
		logger.Infof("lbresolver: %v has balancers at %d addresses", w.target.service, a.count())
	}
}

// logAddresses logs that the service's own addresses could not be looked up. A success is not
// logged.
func (w *worker) logAddresses(c *core, a answer) {
	if a.err != nil {
		logger.Warningf("lbresolver: not all addresses of %v could be looked up, so the %d known stay for now: %v",
			w.target.service, len(c.addresses), a.err)
	}
}

// logConfig logs that the service config could not be looked up, or is malformed.
func (w *worker) logConfig(err error) {
	if err != nil {
		logger.Warningf("lbresolver: the service config of %v in DNS can't be used, so one that DNS gave before stays: %v", w.target.service, err)
	}
}
