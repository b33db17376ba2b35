package debugpage_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/actorlb/grpclb/lbserver"
	"github.com/actorlb/grpclb/lbserver/debugpage"
)

// The pages at a path of a server, as in http://localhost:6060/debug/balancer/.
func ExampleHandler() {
	b := lbserver.New(lbserver.Options{})
	defer b.Close()
	if err := b.SetServers("greeter.example.com:443", []lbserver.Server{{Address: "10.0.0.1:50051"}}); err != nil {
		panic(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/debug/balancer/", debugpage.Handler(b))
	server := httptest.NewServer(mux)
	defer server.Close()

	answer, err := server.Client().Get(server.URL + "/debug/balancer/?format=json")
	if err != nil {
		panic(err)
	}
	defer answer.Body.Close()
	var state lbserver.State
	if err := json.NewDecoder(answer.Body).Decode(&state); err != nil {
		panic(err)
	}
	service := state.Services[0]
	fmt.Println(service.Name, service.Answers[0].Servers[0].Address)
	// Output: greeter.example.com:443 10.0.0.1:50051
}
