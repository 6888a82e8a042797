package strictjson

// A Problem is a reason why a text isn't accepted.
type Problem int

// The problems, with what Value and Max of their Errors are.
const (
	WideEncoding     Problem = iota + 1 // Value: UTF-16 or UTF-32
	NotUTF8                             // Value: the number of the byte
	Incomplete                          // the JSON ends too early
	Syntax                              // Value: the number of the byte
	LoneSurrogate                       // one half of a surrogate pair
	NotObject                           // another JSON value
	TooManyMembers                      // Max
	TooDeep                             // Max, in levels
	RepeatedName                        // Value: the name
	RepeatedLongName                    // Value: the length of the name, in bytes
)

// An Error says why a text isn't accepted.
type Error struct {
	Problem Problem
	Value   string
	Max     int
	text    string
}

// Error returns the text for a log or for the person with the text.
func (e *Error) Error() string { return e.text }
