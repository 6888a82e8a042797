package signup

import (
	"strconv"
	"strings"
)

// shapeOf returns what hashes of one format and cost have in common, for a hash that
// only the Hasher can read. Such a hash names its format and its cost beside a
// random salt, so the shape has the fields between dollar signs, with the length in
// place of what may be random.
func shapeOf(h Hash) string {
	const maxFields, maxField = 8, 24
	var shape strings.Builder
	for i, field := range strings.SplitN(string(h), "$", maxFields) {
		// Names, numbers, and parameters such as "m=19456,t=2,p=1". Base64 may
		// end with "=".
		isFixed := i == 0 || len(field) <= 4 || strings.Trim(field, "0123456789") == "" ||
			strings.ContainsAny(strings.TrimRight(field, "="), "=:,")
		if len(field) > maxField || !isFixed {
			field = "*" + strconv.Itoa(min(len(field), 1024))
		}
		shape.WriteString("$" + field)
	}
	return shape.String()
}
