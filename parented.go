package grpclb

import (
	"reflect"

	"google.golang.org/grpc/balancer"
)

// parented reports whether cc may be a policy of which this one is a child.
// Policies such as rls_experimental write to the metadata that their child's pick
// returns, so each of their picks needs metadata of its own; gRPC itself only reads.
//
// gRPC does not tell, so it is looked up. Each ClientConn has another one in it
// (gRPC enforces that); a channel's policy is given a gracefulswitch balancer's,
// and in that is the channel. What is not known is taken for a parent, which costs
// a pick two allocations. One with nothing in it is a test in the place of gRPC.
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

// isChannel reports whether t is a channel of gRPC's as a policy sees it.
func isChannel(t reflect.Type) bool {
	return t.Kind() == reflect.Pointer &&
		t.Elem().PkgPath() == "google.golang.org/grpc" && t.Elem().Name() == "ccBalancerWrapper"
}
