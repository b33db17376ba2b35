// Package codename writes gRPC's status codes as gRPC's own metrics and its specification do.
package codename

import "google.golang.org/grpc/codes"

var names = [...]string{
	"OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
	"PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE",
	"UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
}

// Count is how many codes there are.
const Count = len(names)

// Of returns the name of a code, such as "NOT_FOUND". Numbers that are no code are "UNKNOWN",
// as gRPC's specification has it.
func Of(c codes.Code) string { return names[Known(c)] }

// Known returns the code, or codes.Unknown for a number that is no code.
func Known(c codes.Code) codes.Code {
	if int(c) >= Count {
		return codes.Unknown
	}
	return c
}
