package daemon

import (
	"context"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

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
		OnMove:            h.moved,
		OnEnd:             h.ended,
		OnReport:          h.reported,
		MaxCallAge:        l.StreamAge,
		NameTimeout:       l.NameTimeout,
		MaxClients:        l.Clients,
		MaxMessageRate:    l.MessageRate,
		RestartTokens:     true, // clients of C-core would report nothing after a restart
	}
}

// normalize returns the name that lists are set for, or the name itself if it is not known.
func (h hooks) normalize(name string) string {
	if its, is := strings.CutPrefix(name, own); is {
		return its
	}
	if e, found := h.directory.Find(name); found {
		return e.Name
	}
	return name
}

// authorize asks the policy, whether there is a service of the name that the client asked for, and
// whether the service is ready.
func (h hooks) authorize(ctx context.Context, c lbserver.Client) error {
	if err := h.policy.allow(ctx, c); err != nil {
		return err
	}
	_, known := h.directory.Find(c.Asked)
	e, runs := h.directory.Service(c.Service)
	if !known || !runs {
		return status.Errorf(codes.NotFound, "the balancer knows no service %q", c.Asked)
	}
	return e.Fleet.Admit(ctx, c)
}

func (h hooks) classify(c lbserver.Client) string {
	if e, runs := h.directory.Service(c.Service); runs {
		return e.Fleet.Classify(c)
	}
	return ""
}

func (h hooks) reports(c lbserver.Client) time.Duration {
	e, _ := h.directory.Service(c.Service)
	return e.Reports
}

func (h hooks) began(c lbserver.Client) {
	if e, runs := h.directory.Service(c.Service); runs {
		e.Fleet.Began(c)
	}
}

// moved tells both services of a client that goes from one to the other. Of another class of the same
// service its fleet knows, because it has said so.
func (h hooks) moved(from, to lbserver.Client) {
	if from.Service != to.Service {
		h.ended(from, nil)
		h.began(to)
	}
}

func (h hooks) ended(c lbserver.Client, _ error) {
	if e, runs := h.directory.Service(c.Service); runs {
		e.Fleet.Ended(c)
	}
}

func (h hooks) reported(r lbserver.Report) {
	if e, runs := h.directory.Service(r.Client.Service); runs {
		e.Fleet.Reported(r)
	}
}
