package daemon

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/authz"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/actorlb/grpclb/actor"
	"github.com/actorlb/grpclb/grpclbd/internal/filecheck"
	"github.com/actorlb/grpclb/lbserver"
)

// serviceHeader is the header under which the authorization policy sees the service that a
// client asks for. What the client itself sends under that name does not count.
const serviceHeader = "grpclb-service"

// A policy is gRPC's authorization policy, in a file that is read again when it changes. It is
// asked about each stream when the client has named its service. While the file can't be used,
// what was read last stays in force, and the log says so. The zero policy allows all.
//
// It is an actor that owns what was read last, and waits for nobody.
type policy struct {
	inbox *actor.Inbox[policyMessage]
	group *actor.Group
	check *filecheck.Check
}

// A policyOwner hears of a policy. The method only posts a message.
type policyOwner interface {
	PolicySaid() // another one is in force
}

// A policyMessage is what a policy can be told: by the reader of the file policyRead, by hooks
// policyAsked.
type policyMessage interface{ isPolicyMessage() }

// policyRead: this is in force from now on.
type policyRead struct{ rules *authz.StaticInterceptor }

// policyAsked: what is in force?
type policyAsked struct {
	reply chan<- *authz.StaticInterceptor // has room for it
}

func (policyRead) isPolicyMessage()  {}
func (policyAsked) isPolicyMessage() {}

// openPolicy reads the policy; "" is the zero policy.
func openPolicy(file string, owner policyOwner, log *slog.Logger) (policy, error) {
	return openPolicyEvery(file, owner, log, filecheck.Every)
}

func openPolicyEvery(file string, owner policyOwner, log *slog.Logger, refresh time.Duration) (policy, error) {
	if file == "" {
		return policy{}, nil
	}
	p := policy{inbox: actor.NewInbox[policyMessage](), group: actor.NewGroup()}
	r := &policyReader{file: file, inbox: p.inbox}
	if err := r.Try(); err != nil {
		return policy{}, fmt.Errorf("authz: %w", err)
	}
	r.owner = owner
	p.group.Go(p.run)
	p.check = filecheck.StartEvery(refresh, file, r, log)
	return p, nil
}

// run owns the policy in force.
func (p policy) run(ctx context.Context) {
	var rules *authz.StaticInterceptor
	for {
		var batch []policyMessage
		select {
		case b := <-p.inbox.Ready():
			batch = p.inbox.Open(b)
		case <-ctx.Done():
			batch = p.inbox.Close()
		}
		for _, m := range batch {
			switch m := m.(type) {
			case policyRead:
				rules = m.rules
			case policyAsked:
				m.reply <- rules
			default:
				panic(fmt.Sprintf("BUG: the policy was told %T", m))
			}
		}
		if ctx.Err() != nil {
			return
		}
	}
}

func (p policy) close() {
	if p.inbox != nil {
		p.check.Stop()
		p.group.Stop()
	}
}

// A policyReader reads the file, in one goroutine at a time.
type policyReader struct {
	file  string
	inbox *actor.Inbox[policyMessage]
	owner policyOwner // nil while the file is read for the first time

	text string // in force
}

// Try makes a policyReader a use of files.
func (r *policyReader) Try() error {
	text, rules, err := readPolicy(r.file)
	if err != nil || text == r.text {
		return err
	}
	r.text = text
	r.inbox.Send(policyRead{rules})
	if r.owner != nil {
		r.owner.PolicySaid()
	}
	return nil
}

// readPolicy returns what is in the file, or what is wrong with it.
func readPolicy(file string) (text string, rules *authz.StaticInterceptor, err error) {
	read, err := os.ReadFile(file)
	if err != nil {
		return "", nil, err
	}
	rules, err = authz.NewStatic(string(read))
	return string(read), rules, err
}

// CheckPolicy returns what is wrong with the file of a policy now; nil if there is none.
func CheckPolicy(file string) error {
	if file == "" {
		return nil
	}
	if _, _, err := readPolicy(file); err != nil {
		return fmt.Errorf("authz: %w", err)
	}
	return nil
}

// allow returns nil, or PERMISSION_DENIED.
func (p policy) allow(ctx context.Context, client lbserver.Client) error {
	if p.inbox == nil {
		return nil
	}
	reply := make(chan *authz.StaticInterceptor, 1)
	if !p.inbox.Send(policyAsked{reply}) {
		return status.Error(codes.Unavailable, "the balancer is closing")
	}
	headers := client.Metadata.Copy()
	if headers == nil {
		headers = metadata.MD{}
	}
	headers.Set(serviceHeader, client.Service)
	stream := asking{ctx: metadata.NewIncomingContext(ctx, headers)}
	return (<-reply).StreamInterceptor(nil, stream, &grpc.StreamServerInfo{}, allowed)
}

// allowed is what the policy lets through to.
func allowed(srv any, s grpc.ServerStream) error { return nil }

// asking is a stream for a policy to look at.
type asking struct {
	grpc.ServerStream
	ctx context.Context
}

func (a asking) Context() context.Context { return a.ctx }
