package lbdebug_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/actorlb/grpclb/lbdebug"
)

// The pages at a path of a server, as in http://localhost:6060/debug/grpclb/.
func ExampleHandler() {
	mux := http.NewServeMux()
	mux.Handle("/debug/grpclb/", lbdebug.Handler())
	server := httptest.NewServer(mux)
	defer server.Close()

	answer, err := server.Client().Get(server.URL + "/debug/grpclb/?format=json")
	if err != nil {
		panic(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		panic(err)
	}
	fmt.Println(strings.Join(strings.Fields(string(text)), "")) // no channel was made
	// Output: {"channels":[]}
}
