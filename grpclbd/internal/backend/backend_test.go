package backend_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/actorlb/grpclb/grpclbd/internal/backend"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestNormal_ShortestForm(t *testing.T) {
	for address, want := range map[string]string{
		"10.0.0.1:50051":             "10.0.0.1:50051",
		"[2001:DB8:0:0:0:0:0:1]:443": "[2001:db8::1]:443",
		"[::ffff:10.0.0.1]:443":      "10.0.0.1:443",
		"[::1]:65535":                "[::1]:65535",
		"[fe80::1]:1":                "[fe80::1]:1",
	} {
		b, err := backend.Normal(backend.Backend{Address: address})
		if err != nil || b.Address != want || b.Weight != 1 {
			t.Errorf("%s becomes %+v, %v; want %s with weight 1", address, b, err, want)
		}
	}
}

func TestNormal_SaysWhatIsWrong(t *testing.T) {
	many := map[string]string{}
	for n := range 33 {
		many[fmt.Sprint(n)] = ""
	}
	at := "10.0.0.1:1"
	for want, b := range map[string]backend.Backend{
		`address "" is not IP:port`:                {},
		`address "localhost:1" is not IP:port`:     {Address: "localhost:1"},
		`address "10.0.0.1" is not IP:port`:        {Address: "10.0.0.1"},
		`address "::1:1" is not IP:port`:           {Address: "::1:1"},
		`address "010.0.0.1:1" is not IP:port`:     {Address: "010.0.0.1:1"},
		`address "10.0.0.1:65536" is not IP:port`:  {Address: "10.0.0.1:65536"},
		`"10.0.0.1:0": the port is not from 1`:     {Address: "10.0.0.1:0"},
		`0.0.0.0 is no address that clients`:       {Address: "0.0.0.0:1"},
		`"[::ffff:0.0.0.0]:1": 0.0.0.0 is no`:      {Address: "[::ffff:0.0.0.0]:1"},
		`"[::]:1": :: is no address`:               {Address: "[::]:1"},
		`with a zone (%)`:                          {Address: "[fe80::1%eth0]:1"},
		`224.0.0.1 is an address of many machines`: {Address: "224.0.0.1:1"},
		`255.255.255.255 is an address of many`:    {Address: "255.255.255.255:1"},
		`weight -1 is not from 1 to 2147483647`:    {Address: at, Weight: -1},
		`weight 2147483648 is not from 1`:          {Address: at, Weight: 1 << 31},
		`has 43 bytes, more than 42`:               {Address: at, Token: strings.Repeat("x", 43)},
		`token "\x00" has a character`:             {Address: at, Token: "\x00"},
		`token "é" has a character`:                {Address: at, Token: "é"},
		`has 64 bytes, more than 63`:               {Address: at, Zone: strings.Repeat("x", 64)},
		`33 labels are more than 32`:               {Address: at, Labels: many},
		`a label without a name`:                   {Address: at, Labels: map[string]string{"": "x"}},
		`labels: value of a "\n" has a character`:  {Address: at, Labels: map[string]string{"a": "\n"}},
	} {
		if _, err := backend.Normal(b); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: the error is %v, want one with %q", b, err, want)
		}
	}
	if _, err := backend.Normal(backend.Backend{Address: strings.Repeat("9", 1<<20)}); len(err.Error()) > 300 {
		t.Errorf("an address of a megabyte makes an error of %d bytes", len(err.Error()))
	}
}

func TestSorted_OfTheSameAddressTheFirstStays(t *testing.T) {
	got := backend.Sorted([]backend.Backend{{Address: "b", Zone: "1"}, {Address: "a"}, {Address: "b", Zone: "2"}})
	if diff := cmp.Diff([]backend.Backend{{Address: "a"}, {Address: "b", Zone: "1"}}, got); diff != "" {
		t.Error(diff)
	}
	if got := backend.Sorted(nil); got == nil || len(got) != 0 {
		t.Errorf("of none it makes %#v, want an empty list that is not nil", got)
	}
}

func TestReport_Same(t *testing.T) {
	list := []backend.Backend{{Address: "a"}, {Address: "b"}}
	r := backend.Report{Backends: list}
	for name, c := range map[string]struct {
		other []backend.Backend
		want  bool
	}{
		"the slice itself": {list, true}, "a shorter one": {list[:1], false}, "another": {append([]backend.Backend{}, list...), false},
		"empty": {[]backend.Backend{}, false}, "none": {nil, false},
	} {
		if got := r.Same(backend.Report{Backends: c.other}); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	empty, failed := backend.Report{Backends: []backend.Backend{}}, backend.Report{}
	if !empty.Same(empty) || empty.Same(failed) {
		t.Error("two empty lists are the same, and a failure is not one of them")
	}
}
