package view

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Find returns the service with that name or alias.
func (s State) Find(name string) (Service, bool) {
	for _, v := range s.Services {
		if v.Name == name || slices.Contains(v.Aliases, name) {
			return v, true
		}
	}
	return Service{}, false
}

// named is how many services an error names.
const named = 10

// Unknown is the error that there is no service of that name. It asks whether the nearest name is
// meant, if one is near, and names the services that there are.
func (s State) Unknown(name string) error {
	if len(s.Services) == 0 {
		return fmt.Errorf("there is no service %q; there is none at all", name)
	}
	var names []string
	for _, v := range s.Services {
		names = append(append(names, v.Name), v.Aliases...)
	}
	slices.Sort(names)
	near, more := "", ""
	nearest := slices.MinFunc(names, func(a, b string) int { return cmp.Compare(distance(name, a), distance(name, b)) })
	if isNear(name, nearest) {
		near = fmt.Sprintf(" Do you mean %q?", nearest)
		names = append([]string{nearest}, slices.DeleteFunc(names, func(n string) bool { return n == nearest })...)
	}
	if n := len(names) - named; n > 0 {
		names, more = names[:named], fmt.Sprintf(" and %d more", n)
	}
	for i, n := range names {
		names[i] = strconv.Quote(n)
	}
	return fmt.Errorf("there is no service %q.%s The services are %s%s", name, near, strings.Join(names, ", "), more)
}

// isNear reports whether one name may be meant by the other: few letters differ, or one is the
// beginning of the other, as without a port.
func isNear(name, other string) bool {
	if name == "" {
		return false
	}
	begins := strings.HasPrefix(other, name) || strings.HasPrefix(name, other)
	return begins || 3*distance(name, other) <= len(name)
}

// distance is how many letters have to be put in, taken out or changed to make one text of the
// other. Long texts are compared by their first bytes.
func distance(a, b string) int {
	const enough = 255
	a, b = a[:min(len(a), enough)], b[:min(len(b), enough)]
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		corner := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := corner
			if a[i] != b[j] {
				change++
			}
			corner = row[j+1]
			row[j+1] = min(change, row[j]+1, corner+1)
		}
	}
	return row[len(b)]
}
