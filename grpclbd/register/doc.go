// Package register enters a gRPC server in etcd, where the balancer grpclbd finds it, for as long as the
// server runs:
//
//	registration, err := register.Start(ctx, register.Options{
//		Etcd:    []string{"http://10.0.0.9:2379"},
//		Service: "services/greeter",
//		Address: "10.0.0.1:50051",
//	})
//	...
//	registration.Withdraw(ctx) // before the server stops
//
// In a module of your own this needs two replacements as long as the modules have no versions, where DIR is the
// directory of their source:
//
//	go mod edit -replace github.com/actorlb/grpclb=DIR -replace github.com/actorlb/grpclb/grpclbd=DIR/grpclbd
//	go mod tidy
//
// The service is what a source of the balancer's configuration has under etcd:
//
//	sources: [{etcd: services/greeter}]
//
// # What is written
//
// The key SERVICE/ADDRESS gets the value that etcd's own package client/v3/naming/endpoints writes. So
// whoever reads with that package finds the server too. Zone, weight, token and labels are in its Metadata.
//
// The key is under a lease, which is kept alive. When the process dies, etcd deletes the key within the time
// to live. When the lease is lost, because etcd was away for longer than that or has lost its data, the key is
// written anew as soon as possible. If somebody else deletes or changes the key, it is written again within a third
// of the time to live (and a warning is logged), unless the server withdraws. So the server must be allowed to read the key too.
//
// If two processes register the same address, the key is that of the one which started last. The other one logs that once,
// leaves the key alone, and writes it again when it is gone.
//
// # When to withdraw
//
// Withdraw first, and stop the server a second later: the balancer then has sent its clients lists without
// the server, so they start no calls that the server would have to refuse. See the example.
//
// Withdraw writes "withdrawn": true into the Metadata before it deletes the key. So the balancer takes the server
// out at once, also if it is the only one. Where many keys vanish without that, the balancer
// doubts it and keeps the servers for a while (guard.maxRemove).
//
// Programs in other languages need not do any of this: grpclbd register runs them and does it for them.
package register
