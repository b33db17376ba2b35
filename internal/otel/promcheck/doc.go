// Package promcheck checks dashboards and alerts against metrics of a running program, with the types that Grafana
// generates from its schema, and with Prometheus's own parsers and query engine. It is for tests.
package promcheck
