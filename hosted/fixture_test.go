package hosted

import (
	"testing"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/internal/diary"
	"github.com/actorlb/grpclb/tokens"
)

// A group is the children's group, with one SubConn for each address.
type group struct {
	children *Children
	pool     map[string]*subConn
	letGo    []SubConn
	todo     []Task
	remarks  []diary.Remark
}

func newGroup() *group {
	g := &group{pool: map[string]*subConn{}}
	g.children = NewChildren(g)
	return g
}

func (g *group) Find(a resolver.Address, _, _ bool) SubConn {
	if g.pool[a.Addr] == nil {
		g.pool[a.Addr] = &subConn{}
	}
	return g.pool[a.Addr]
}

func (g *group) Connect(SubConn) {}
func (g *group) LetGo(c SubConn) { g.letGo = append(g.letGo, c) }
func (g *group) Do(t Task)       { g.todo = append(g.todo, t) }

func (g *group) Remark(r diary.Remark) { g.remarks = append(g.remarks, r) }

// Entry makes the group the entries of every plan.
func (g *group) Entry(int) Entry { return entry{} }

type entry struct{}

func (entry) Pick() (balancer.PickResult, error) {
	return balancer.PickResult{Done: func(balancer.DoneInfo) {}}, nil
}

// A subConn belongs to the pool. It is gRPC's SubConn too.
type subConn struct {
	balancer.SubConn
	state connectivity.State
	users Users
}

func (c *subConn) Real() balancer.SubConn    { return c }
func (c *subConn) State() connectivity.State { return c.state }
func (c *subConn) Err() error                { return nil }
func (c *subConn) Users() *Users             { return &c.users }

// make has a child make a connection.
func (g *group) make(in *Instance, addr string) *Conn {
	c := NewConn(in, nil, resolver.Address{Addr: addr}, balancer.NewSubConnOptions{})
	g.children.Hear(Makes{c})
	g.children.Answer(c)
	return c
}

// A named child has only a name.
type named string

func (n named) Name() string                                                     { return string(n) }
func (named) Build(balancer.ClientConn, balancer.BuildOptions) balancer.Balancer { return nil }

// list returns a plan for a list with these addresses, each followed by its token.
func list(entries ...string) *Plan {
	return &Plan{Child: &Child{Builder: named("child")}, Listed: true, Size: len(entries) / 2, Backends: func(yield func(int, *tokens.Entry) bool) {
		for i := 0; i < len(entries); i += 2 {
			if !yield(i/2, &tokens.Entry{Addr: entries[i], Token: entries[i+1]}) {
				return
			}
		}
	}}
}

// want fails the test if got is not want.
func want[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
