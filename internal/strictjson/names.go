package strictjson

import (
	"bytes"
	"hash/maphash"
	"slices"
	"unicode/utf16"
	"unicode/utf8"
)

// A nameStack has the members of all objects around a place, those of the
// innermost object last. It compares names without a map for each object and
// without an allocation for each name.
type nameStack struct {
	hashes  []uint64 // of the names without escapes
	members Members  // with these names; those of the innermost object last
	buffer  [2][]byte
}

// seed keeps a client from choosing names of one hash.
var seed = maphash.MakeSeed()

// newNameStack returns a nameStack with room for n names.
func newNameStack(n int) nameStack {
	return nameStack{hashes: make([]uint64, 0, n), members: make(Members, 0, n)}
}

func (s *nameStack) len() int { return len(s.hashes) }

// push adds a name, and reports whether it differs from all names above base.
func (s *nameStack) push(quoted []byte, base int) bool {
	name := s.unescaped(0, quoted)
	hash := maphash.Bytes(seed, name)
	for i := base; ; i++ {
		next := slices.Index(s.hashes[i:], hash)
		if next < 0 {
			break
		}
		i += next
		if bytes.Equal(name, s.unescaped(1, s.members[i].quoted)) {
			return false
		}
	}
	s.hashes = append(s.hashes, hash)
	s.members = append(s.members, member{quoted: quoted})
	return true
}

// setValue sets the value of the last member.
func (s *nameStack) setValue(value []byte) { s.members[len(s.members)-1].value = value }

// truncate removes all names above base.
func (s *nameStack) truncate(base int) {
	s.hashes, s.members = s.hashes[:base], s.members[:base]
}

// unescaped returns the text of a valid JSON text. It is valid until the next
// call with the same buffer.
func (s *nameStack) unescaped(buffer int, quoted []byte) []byte {
	text := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(text, '\\') < 0 {
		return text
	}
	s.buffer[buffer] = appendUnescaped(s.buffer[buffer][:0], text)
	return s.buffer[buffer]
}

// appendUnescaped appends text, the inside of a valid JSON text without lone
// surrogates, to b.
func appendUnescaped(b, text []byte) []byte {
	for len(text) > 0 {
		if text[0] != '\\' {
			n := bytes.IndexByte(text, '\\')
			if n < 0 {
				n = len(text)
			}
			b, text = append(b, text[:n]...), text[n:]
			continue
		}
		unit := escaped(text)
		switch {
		case unit < 0:
			b, text = append(b, unescapedByte(text[1])), text[2:]
		case utf16.IsSurrogate(unit):
			b, text = utf8.AppendRune(b, utf16.DecodeRune(unit, escaped(text[6:]))), text[12:]
		default:
			b, text = utf8.AppendRune(b, unit), text[6:]
		}
	}
	return b
}

// unescapedByte returns what a backslash and c stand for (RFC 8259, section 7).
func unescapedByte(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return c // a quote, a backslash or a slash
}
