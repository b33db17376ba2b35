// Package otel tests that the metrics of the policy and of lbserver arrive in a pipeline of OpenTelemetry with an
// exporter for Prometheus, and checks the dashboards and the alerts of the documentation against them: each alert fires for
// a running program in trouble, and for no other. It is a module of its own, so that nobody else has these dependencies.
package otel
