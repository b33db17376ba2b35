package assign

import "hash/fnv"

// hash is the same in each process, as replicas and restarts of a balancer need it.
func hash(name string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // never fails
	return mixed(h.Sum64())
}

// pair hashes a client and a backend together.
func pair(client, backend uint64) uint64 { return mixed(client + 0x9e3779b97f4a7c15*backend) }

// mixed spreads each bit of x over the result: the finalizer of splitmix64
// (Steele, Lea and Flood, OOPSLA 2014). FNV alone leaves names that differ in their last
// letters close to each other.
func mixed(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
