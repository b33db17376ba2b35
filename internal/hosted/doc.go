// Package hosted shows that the policies of grpc-go that need more modules than
// this project does can pick in the place of round robin. It is a module of its
// own, so that those are nobody's dependencies.
package hosted
