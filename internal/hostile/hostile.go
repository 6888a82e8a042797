// Package hostile has what tests send to make a server work.
package hostile

import (
	"fmt"
	"strings"
)

// Headers are the lines of headers that are as long as a server lets in, by what they are
// made of. A test must not change them.
var Headers = func() map[string][]string {
	var continuations strings.Builder
	for i := 0; continuations.Len() < 4<<10; i++ {
		fmt.Fprintf(&continuations, ";x*%d=1", i)
	}
	one := "a/b" + continuations.String()
	repeated := make([]string, 254)
	for i := range repeated {
		repeated[i] = one
	}
	return map[string][]string{
		"parameters with numbers, repeated": repeated,
		"parameters with numbers, 1 MiB":    {"application/json" + strings.Repeat(continuations.String(), 256)},
		"commas":                            {strings.Repeat(",", 1<<20)},
		"quotes":                            {strings.Repeat(`"`, 1<<20)},
		"backslashes":                       {`application/json;x="` + strings.Repeat(`\`, 1<<20)},
		"white space":                       {strings.Repeat(" ", 1<<20)},
		"lines":                             make([]string, 1<<15),
		"tokens":                            {strings.Repeat("a", 1<<20)},
		"identity":                          {strings.Repeat("identity,", 1<<17)},
	}
}()
