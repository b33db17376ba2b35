// Package foreign plays the same scenes with each grpclb client that can be had
// here, against real DNS and two balancers, lbserver and the program grpclbd: C-core's, in a Python
// process, grpc-go's own, and this module's. It has tests only, behind the build tag foreign:
//
//	go test -tags foreign ./internal/foreign
//
// C-core's client needs Python 3 with the module grpc (Debian: python3-grpcio). Where
// that is missing its scenes are skipped, and say so. FOREIGN_PYTHON names another
// python3.
//
// What was seen is in docs/clients.md. Where clients differ, a scene says what each does
// (traits), so that the page is wrong when the scene fails.
package foreign
