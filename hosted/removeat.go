package hosted

// removeAt removes the element at a place without moving more than one other: the last element
// moves there, and is told its new place.
func removeAt[T any](all []*T, place int, tell func(moved *T, to int)) []*T {
	last := len(all) - 1
	tell(all[last], place)
	all[place], all[last] = all[last], nil
	return all[:last]
}
