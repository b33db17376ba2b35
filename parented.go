package grpclb

import (
	"reflect"

	"google.golang.org/grpc/balancer"
)

// parented reports whether cc may belong to another policy, of which this one is a child.
// Policies such as rls_experimental write to the metadata that a child's pick returns, so
// each pick then needs metadata of its own; gRPC itself only reads it.
//
// gRPC does not tell, so this looks into cc. Each ClientConn wraps another one (gRPC
// enforces that). The policy of a channel gets that of a gracefulswitch balancer, which wraps the
// channel. Anything unknown counts as a parent policy, which costs a pick two
// allocations. A ClientConn that wraps nothing is a test in place of gRPC.
func parented(cc balancer.ClientConn) bool {
	v := reflect.ValueOf(cc)
	if v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Struct {
		return true
	}
	inner := v.Elem().FieldByName("ClientConn")
	if inner.Kind() != reflect.Interface {
		return true
	}
	return !inner.IsNil() && !isChannel(inner.Elem().Type())
}

// isChannel reports whether t is gRPC's type for a channel.
func isChannel(t reflect.Type) bool {
	return t.Kind() == reflect.Pointer &&
		t.Elem().PkgPath() == "google.golang.org/grpc" && t.Elem().Name() == "ccBalancerWrapper"
}
