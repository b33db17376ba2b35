package lbresolver

import (
	"time"

	"github.com/actorlb/grpclb/internal/diary"
)

// What the log lines are about. See log.levels: about each topic there is at most one line a second.
const (
	aboutBalancers diary.Topic = iota
	aboutAddresses
	aboutConfig
	aboutRecords // records that are left out
)

// troubles are look-ups that fail. The log has when they began, and is to have when they ended.
type troubles struct{ balancers, addresses, config diary.Episode }

// remarkBalancers remarks on the answer for balancers. It is called before the core gets the answer.
func (c *core) remarkBalancers(now time.Time, a answer) diary.Remark {
	trouble, service := &c.troubles.balancers, c.target.service
	switch {
	case a.err != nil && !a.found():
		trouble.Begin(now)
		return diary.Warningf(aboutBalancers, "lbresolver: the balancers of %v can't be looked up, so the %d known stay for now: %v",
			service, len(c.balancers), a.err)
	case a.err != nil:
		trouble.Begin(now)
		return diary.Warningf(aboutBalancers, "lbresolver: not all balancers of %v could be looked up, so those known before stay for now: %v",
			service, a.err)
	case trouble.Lasts():
		return diary.Infof(aboutBalancers, "lbresolver: %v has balancers at %d addresses, which could not be looked up for %v", service, a.count(), trouble.End(now))
	default:
		return diary.Infof(aboutBalancers, "lbresolver: %v has balancers at %d addresses", service, a.count())
	}
}

// remarkAddresses remarks that the service's own addresses could not be looked up, and when they can
// again. Any other success is not logged.
func (c *core) remarkAddresses(now time.Time, a answer) (all []diary.Remark) {
	trouble, service := &c.troubles.addresses, c.target.service
	switch {
	case a.err != nil:
		trouble.Begin(now)
		all = append(all, diary.Warningf(aboutAddresses, "lbresolver: not all addresses of %v could be looked up, so the %d known stay for now: %v",
			service, len(c.addresses), a.err))
	case trouble.Lasts():
		all = append(all, diary.Infof(aboutAddresses, "lbresolver: the addresses of %v are known, after %v in which not all could be looked up", service, trouble.End(now)))
	}
	return all
}

// remarkConfig remarks that the service config could not be looked up, or is malformed, and when that
// is over.
func (c *core) remarkConfig(now time.Time, err error) (all []diary.Remark) {
	trouble, service := &c.troubles.config, c.target.service
	switch {
	case err != nil:
		trouble.Begin(now)
		all = append(all, diary.Warningf(aboutConfig, "lbresolver: the service config of %v in DNS can't be used, so one that DNS gave before stays: %v", service, err))
	case trouble.Lasts():
		all = append(all, diary.Infof(aboutConfig, "lbresolver: the service config of %v in DNS is known, after %v in which it could not be used", service, trouble.End(now)))
	}
	return all
}
