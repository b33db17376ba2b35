module github.com/actorlb/grpclb/internal/operator

go 1.26.0

require github.com/itchyny/gojq v0.12.20

require go.uber.org/goleak v1.3.0

require github.com/itchyny/timefmt-go v0.1.9 // indirect
