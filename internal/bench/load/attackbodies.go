package load

import (
	"bytes"
	"strconv"
	"strings"
	"sync"
)

// tableSize is the size of a connection's table of headers (RFC 9113, section
// 6.5.2), unless the server changes it.
const tableSize = 4096

// CostlyAccept returns a value of Accept that takes long to parse: a parameter in as
// many pieces (RFC 2231, section 3) as fit with the name into one entry of a
// connection's table (RFC 7541, section 4.1).
func CostlyAccept() string {
	const room = tableSize - 32 - len("accept")
	var b strings.Builder
	b.WriteString("a/b")
	for i := 0; ; i++ {
		piece := ";x*" + strconv.Itoa(i) + "=" + strconv.Itoa((i+1)%10)
		if b.Len()+len(piece) > room {
			return b.String() + strings.Repeat("x", room-b.Len())
		}
		b.WriteString(piece)
	}
}

var costlyAccept = sync.OnceValue(CostlyAccept)

// DeepBody returns an object of JSON that is nested 9,991 levels deep, within the
// limit of encoding/json.
func DeepBody() []byte {
	const depth = 9990
	var b bytes.Buffer
	b.WriteString(`{"c":`)
	b.WriteString(strings.Repeat(`{"":`, depth))
	b.WriteByte('1')
	b.WriteString(strings.Repeat(`}`, depth+1))
	return b.Bytes()
}

// WideBody returns an object of JSON in which an array has most of the values. It is
// 64 KiB long, except for 2 bytes, so that it can be sent on a connection of HTTP/2
// without waiting.
func WideBody() []byte {
	const size = 64<<10 - 2
	b := []byte(`{"a":{"b":1},"c":[1`)
	for len(b)+len(",1]}") <= size {
		b = append(b, ",1"...)
	}
	return append(b, "]}"...)
}
