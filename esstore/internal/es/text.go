package es

// A Text is a short text of a response, such as the id of a document or the name of an
// index. Unlike a string, it allocates no memory if it has at most 47 bytes. Two Texts are
// equal (==) if they are the same text.
type Text struct {
	short  [47]byte
	length uint8  // of short
	long   string // the text if it doesn't fit into short
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (t *Text) UnmarshalText(text []byte) error {
	*t = Text{}
	if len(text) > len(t.short) {
		t.long = string(text)
		return nil
	}
	t.length = uint8(copy(t.short[:], text))
	return nil
}

// String returns the text. It allocates memory for a short one.
func (t *Text) String() string {
	if t.long != "" {
		return t.long
	}
	return string(t.short[:t.length])
}

// Is reports whether t is s.
func (t *Text) Is(s string) bool {
	if t.long != "" {
		return t.long == s
	}
	return string(t.short[:t.length]) == s
}
