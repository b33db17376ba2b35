// Package otel tests that the metrics of the policy arrive in a pipeline of OpenTelemetry with an
// exporter for Prometheus, and checks the dashboard and the alerts of the documentation: the dashboard with the types
// that Grafana generates from its schema, and queries with the parser of Prometheus, against the metrics that arrive. It is a module of its own, so that nobody else has these dependencies.
package otel
