package fleet

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/override"
)

// A visitor is a client of one zone. Its zone has more than enough backends all the time, so
// each list that it gets must have backends of its zone and no others.
type visitor struct {
	zone string
	cc   *grpc.ClientConn
	last string // what it was told last
}

// visit asks for the service until the time is over. It returns what was wrong.
func (v *visitor) visit(d time.Duration) error {
	ctx, cancel := context.WithTimeout(metadata.AppendToOutgoingContext(context.Background(), zoneHeader, v.zone), d)
	defer cancel()
	stream, err := lbpb.NewLoadBalancerClient(v.cc).BalanceLoad(ctx)
	if err != nil {
		return err
	}
	if err := stream.Send(&lbpb.LoadBalanceRequest{LoadBalanceRequestType: &lbpb.LoadBalanceRequest_InitialRequest{
		InitialRequest: &lbpb.InitialLoadBalanceRequest{Name: "svc"},
	}}); err != nil {
		return err
	}
	lists := 0
	for {
		m, err := stream.Recv()
		if err != nil {
			if code := status.Code(err); code != codes.DeadlineExceeded && code != codes.Unavailable || lists == 0 {
				return fmt.Errorf("a stream of zone %s ended after %d lists: %w", v.zone, lists, err)
			}
			return nil
		}
		if l := m.GetServerList(); l != nil {
			lists++
			v.last = inList(l)
			if err := v.check(v.last); err != nil {
				return err
			}
		}
	}
}

// check looks at a list. Backend 10.0.Z.N is in the zone zZ.
func (v *visitor) check(list string) error {
	if list == "" {
		return fmt.Errorf("zone %s is told an empty list", v.zone)
	}
	for _, address := range strings.Fields(list) {
		if !strings.HasPrefix(address, "10.0."+v.zone[1:]+".") {
			return fmt.Errorf("zone %s is told %s", v.zone, list)
		}
	}
	return nil
}

func (h *house) visitor(zone string) *visitor {
	cc, err := grpc.NewClient("passthrough:///"+h.address, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, address string) (net.Conn, error) { return h.network.Dial(ctx, address) }))
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { cc.Close() })
	return &visitor{zone: zone, cc: cc}
}

// Clients come and go for 20 minutes while backends do. No client is ever told what is meant for
// another class, none is left without a list, and hooks and fleet never wait for each other.
func TestClass_NoClientGetsTheListOfAnother(t *testing.T) {
	for _, subset := range []int{0, 2} {
		t.Run(fmt.Sprintf("subset=%d", subset), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const zones, visitors = 5, 20
				h := newHouse(t, config.Service{Zones: &config.Zones{Spill: 10}, Health: &config.Health{}, Subset: subset})
				source, watcher := <-h.sources, <-h.watchers
				go func() {
					for range watcher.watches {
					}
				}()
				t.Cleanup(func() { close(watcher.watches) })
				h.fleet.OverridesSaid(nil)
				source.says(zoned(zones, 6)...)
				synctest.Wait()

				end := time.Now().Add(20 * time.Minute)
				wrong := make(chan error, visitors)
				for i := range visitors {
					v := h.visitor(fmt.Sprintf("z%d", i%zones))
					random := rand.New(rand.NewPCG(uint64(i), 2))
					go func() {
						var err error
						for err == nil && time.Now().Before(end) {
							err = v.visit(time.Duration(1+random.IntN(300)) * time.Second)
							time.Sleep(time.Duration(random.IntN(240)) * time.Second)
						}
						wrong <- err
					}()
				}
				random := rand.New(rand.NewPCG(uint64(subset), 3))
				for time.Now().Before(end) {
					h.disturb(random, source, watcher, zones)
					time.Sleep(time.Duration(random.IntN(3000)) * time.Millisecond)
				}
				for range visitors {
					if err := <-wrong; err != nil {
						t.Error(err)
					}
				}
				time.Sleep(lingering + time.Second)
				if seen := h.fleet.State(h.balancer.State()).Service; len(seen.Classes) != 1 || seen.Total.Clients != 0 {
					t.Errorf("%d classes and %d clients are left", len(seen.Classes), seen.Total.Clients)
				}
			})
		})
	}
}

// disturb changes something. Three backends of each zone always stay.
func (h *house) disturb(random *rand.Rand, source started, watcher *watcher, zones int) {
	address := fmt.Sprintf("10.0.%d.%d:80", random.IntN(zones), 4+random.IntN(3))
	switch random.IntN(5) {
	case 0:
		source.says(zoned(zones, 3+random.IntN(4))...)
	case 1, 2:
		watcher.says(address, random.IntN(2) == 0)
	case 3:
		h.fleet.OverridesSaid([]override.Override{{Kind: override.Drain, Address: address}})
	case 4:
		h.fleet.State(h.balancer.State())
	}
}
