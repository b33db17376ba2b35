package source

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/miekg/dns"
)

const (
	packet   = 1232 // how long an answer by UDP may be, in bytes; larger ones get lost in some networks
	maxChain = 8    // how often an alias (CNAME) is followed by another question
	maxAlias = 16   // how many aliases one answer may have in a row
)

// A resolver asks name servers.
type resolver struct {
	servers  []string // IP:port
	timeout  time.Duration
	attempts int // of each server
}

// records asks for the records of one type. If the answer ends in an alias, that is asked
// for next. The error is errNone if there are none.
func (r resolver) records(ctx context.Context, name string, kind uint16) answer {
	ttl := time.Duration(1<<63 - 1)
	asked := name
	for range maxChain {
		m, err := r.ask(ctx, asked, kind)
		if err != nil {
			return answer{err: err}
		}
		found := chase(m.Answer, asked, kind)
		ttl = min(ttl, found.ttl)
		if found.err != nil || len(found.ips) > 0 {
			return answer{found.ips, ttl, found.err}
		}
		if found.end == asked {
			return answer{err: errNone}
		}
		asked = found.end
	}
	return answer{err: fmt.Errorf("%s: there are too many aliases", name)}
}

// ask asks one server after the other until one answers the question.
func (r resolver) ask(ctx context.Context, name string, kind uint16) (*dns.Msg, error) {
	var failed error
	for range r.attempts {
		for _, server := range r.servers {
			m, err := r.exchange(ctx, server, name, kind)
			if err == nil {
				return m, nil
			}
			failed = fmt.Errorf("%s %s: server %s: %w", dns.TypeToString[kind], name, server, plain(err))
			if errors.Is(err, errNone) {
				return nil, errNone
			}
			if ctx.Err() != nil {
				return nil, failed
			}
		}
	}
	return nil, failed
}

// plain leaves the ports of this machine out of an error, which differ each time.
func plain(err error) error {
	var op *net.OpError
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return errors.New("no answer in time")
	case errors.As(err, &op):
		return op.Err
	}
	return err
}

// exchange asks one server, again by TCP if the answer is too long for UDP.
func (r resolver) exchange(ctx context.Context, server, name string, kind uint16) (*dns.Msg, error) {
	m, err := r.over(ctx, "udp", server, name, kind)
	if err == nil && m.Truncated {
		m, err = r.over(ctx, "tcp", server, name, kind)
	}
	if err != nil {
		return nil, err
	}
	switch m.Rcode {
	case dns.RcodeSuccess:
		return m, nil
	case dns.RcodeNameError:
		return nil, errNone
	}
	return nil, fmt.Errorf("it answered %s", cmp.Or(dns.RcodeToString[m.Rcode], fmt.Sprintf("with the code %d", m.Rcode)))
}

// over asks one server by UDP or TCP. What is no answer to the question is an error.
func (r resolver) over(ctx context.Context, network, server, name string, kind uint16) (*dns.Msg, error) {
	client := dns.Client{Net: network, Timeout: r.timeout}
	conn, err := client.DialContext(ctx, server)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer func() {
		if stop() {
			_ = conn.Close()
		}
	}()
	question := new(dns.Msg).SetQuestion(name, kind).SetEdns0(packet, false)
	m, _, err := client.ExchangeWithConnContext(ctx, question, conn)
	switch {
	case err != nil:
		return nil, err
	case !m.Response:
		return nil, errors.New("it answered with a question")
	case m.Rcode != dns.RcodeSuccess && m.Rcode != dns.RcodeNameError:
		return m, nil // some servers leave out the question then
	case len(m.Question) != 1 || m.Question[0].Qtype != kind || !strings.EqualFold(m.Question[0].Name, name):
		return nil, errors.New("it answered another question")
	case network == "tcp" && m.Truncated:
		return nil, errors.New("its answer is truncated by TCP too")
	}
	return m, nil
}

// found is what the records of an answer say about a name.
type found struct {
	ips []netip.Addr
	ttl time.Duration // the shortest of the records that were used
	end string        // the name to which aliases lead
	err error
}

// chase follows the aliases of an answer and collects the addresses at their end.
func chase(records []dns.RR, name string, kind uint16) found {
	f := found{ttl: time.Duration(1<<63 - 1), end: name}
	aliases := map[string]*dns.CNAME{}
	for _, r := range records {
		if alias, is := r.(*dns.CNAME); is {
			aliases[dns.CanonicalName(alias.Hdr.Name)] = alias
		}
	}
	for n := 0; ; n++ {
		alias := aliases[dns.CanonicalName(f.end)]
		if alias == nil {
			break
		}
		if n == maxAlias {
			f.err = fmt.Errorf("%s: the aliases go round in a circle, or are too many", name)
			return f
		}
		f.end, f.ttl = alias.Target, min(f.ttl, timeToLive(alias))
	}
	for _, r := range records {
		if h := r.Header(); !strings.EqualFold(h.Name, f.end) || h.Rrtype != kind || h.Class != dns.ClassINET {
			continue
		}
		if ip, ok := address(r); ok {
			f.ips, f.ttl = append(f.ips, ip), min(f.ttl, timeToLive(r))
		}
	}
	return f
}

func address(r dns.RR) (netip.Addr, bool) {
	var ip net.IP
	switch r := r.(type) {
	case *dns.A:
		ip = r.A
	case *dns.AAAA:
		ip = r.AAAA
	}
	a, ok := netip.AddrFromSlice(ip)
	return a.Unmap(), ok
}

// timeToLive returns how long a record may be remembered. With the highest bit set it is
// zero (RFC 2181, section 8).
func timeToLive(r dns.RR) time.Duration {
	ttl := r.Header().Ttl
	if ttl >= 1<<31 {
		return 0
	}
	return time.Duration(ttl) * time.Second
}
