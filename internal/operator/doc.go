// Package operator tests what an operator of a client sees: the commands of docs/operating.md, and the
// pages of lbdebug in a browser. The channel is that of examples/quickstart, which runs as a program
// and is looked at between its phases. The pages of a balancer, lbserver/debugpage, are looked at too. The package is a module of its own, so that nobody else has these
// dependencies: an implementation of jq, and what controls a browser.
package operator
