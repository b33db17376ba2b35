// Package recipes runs what docs/recipes.md shows: each snippet of the page is in a
// test here. It is a module of its own, so that what a recipe needs (OpenTelemetry,
// gRPC's xds and advancedtls) is nobody's dependency.
package recipes
