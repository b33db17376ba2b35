// Package otel tests that the metrics of the policy arrive in a pipeline of OpenTelemetry with an
// exporter for Prometheus, and that the dashboard and the alerts of the documentation name metrics
// that there are. It is a module of its own, so that nobody else has these dependencies.
package otel
