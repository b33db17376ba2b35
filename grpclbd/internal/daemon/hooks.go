package daemon

import (
	"context"
	"strings"
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/directory"
	"github.com/actorlb/grpclb/lbserver"
)

// Hooks are what the balancer asks and tells. They run in the goroutines of its streams.
type hooks struct {
	directory *directory.Directory
	policy    policy
}

// options are those of the balancer.
func (h hooks) options(l config.Limits) lbserver.Options {
	return lbserver.Options{
		Normalize:         h.normalize,
		Authorize:         h.authorize,
		Classify:          h.classify,
		ReportIntervalFor: h.reports,
		OnBegin:           h.began,
		OnEnd:             h.ended,
		OnReport:          h.reported,
		MaxCallAge:        l.StreamAge,
		NameTimeout:       l.NameTimeout,
		MaxClients:        l.Clients,
		MaxMessageRate:    l.MessageRate,
		RestartTokens:     true, // clients of C-core would report nothing after a restart
	}
}

// normalize returns the name that lists are set for.
func (h hooks) normalize(name string) string {
	if its, is := strings.CutPrefix(name, own); is {
		return its
	}
	return h.directory.Normalize(name)
}

// authorize asks the policy, and whether the service is ready. A service that is not known
// goes on, and the balancer answers NOT_FOUND.
func (h hooks) authorize(ctx context.Context, c lbserver.Client) error {
	if err := h.policy.allow(ctx, c); err != nil {
		return err
	}
	if e, found := h.directory.Find(c.Service); found {
		return e.Fleet.Admit(ctx, c)
	}
	return nil
}

func (h hooks) classify(c lbserver.Client) string {
	if e, found := h.directory.Find(c.Service); found {
		return e.Fleet.Classify(c)
	}
	return ""
}

func (h hooks) reports(c lbserver.Client) time.Duration {
	e, _ := h.directory.Find(c.Service)
	return e.Reports
}

func (h hooks) began(c lbserver.Client) {
	if e, found := h.directory.Find(c.Service); found {
		e.Fleet.Began(c)
	}
}

func (h hooks) ended(c lbserver.Client, _ error) {
	if e, found := h.directory.Find(c.Service); found {
		e.Fleet.Ended(c)
	}
}

func (h hooks) reported(r lbserver.Report) {
	if e, found := h.directory.Find(r.Client.Service); found {
		e.Fleet.Reported(r)
	}
}
