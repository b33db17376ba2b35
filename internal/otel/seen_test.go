package otel

import (
	"testing"
	"testing/synctest"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/actorlb/grpclb/internal/otel/promcheck"
)

const docs = "../../docs/"

// ofClients are the metrics of the policy that Prometheus gets.
func ofClients(t *testing.T) (there promcheck.Families) {
	synctest.Test(t, func(t *testing.T) { there = promcheck.Read(t, played(t), "grpclb_") })
	return there
}

// ofBalancer are the metrics of lbserver that Prometheus gets.
func ofBalancer(t *testing.T) (there promcheck.Families) {
	synctest.Test(t, func(t *testing.T) {
		p := &pipeline{registry: prometheus.NewRegistry()}
		p.registry.MustRegister(collector{live(t)})
		there = promcheck.Read(t, p.page(t), "grpclb_")
	})
	return there
}

// Grafana's types take the dashboards, and their queries are over the metrics and labels that there are.
func TestDashboards(t *testing.T) {
	promcheck.Dashboard(t, docs+"grafana.json", ofClients(t))
	promcheck.Dashboard(t, docs+"grafana-balancer.json", ofBalancer(t))
}
