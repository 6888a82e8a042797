package esstore

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"github.com/gosignup/signup"
)

// A version is the content of a User's Version: the index, the write and the user.
// Sequence numbers are counted for each shard, so that without the owner a version
// could match another document.
type version struct {
	index              string
	seqNo, primaryTerm int
	owner              owner
	more               bool // the document has something that an Update must read first, to keep it
}

// is reports whether v and w are of the same write.
func (v version) is(w version) bool {
	v.more = w.more
	return v == w
}

// isBefore reports whether v is of an earlier write in the same index.
func (v version) isBefore(w version) bool { return v.index == w.index && v.seqNo < w.seqNo }

func (v version) String() string {
	b := append(make([]byte, 0, 128), v.index...)
	b = strconv.AppendInt(append(b, '/'), int64(v.seqNo), 10)
	b = strconv.AppendInt(append(b, '/'), int64(v.primaryTerm), 10)
	b = append(append(b, '/'), v.owner[:]...)
	if v.more {
		b = append(b, "/x"...)
	}
	return string(b)
}

// parseVersion returns the version of u. It returns false if that can't be a version
// of u in an index of this alias.
func parseVersion(u signup.User, alias string) (version, bool) {
	parts := strings.Split(string(u.Version), "/")
	if len(parts) != 4 && len(parts) != 5 {
		return version{}, false
	}
	seqNo, err1 := strconv.Atoi(parts[1])
	primaryTerm, err2 := strconv.Atoi(parts[2])
	v := version{parts[0], seqNo, primaryTerm, ownerOf(u.Key(), u.ID), len(parts) == 5}
	ok := err1 == nil && err2 == nil && seqNo >= 0 && primaryTerm >= 0 &&
		isIndexOf(v.index, alias) && v.String() == string(u.Version)
	return v, ok
}

// A document that was confirmed (see confirmReplayed) is in another place than the
// place where it was first written. But it is the same state of the user and keeps
// its Version. So its write token contains the first place too.

// confirmedToken returns the write token of a document that was first written at
// the version first and is written once more.
func confirmedToken(token string, first version) string {
	return fmt.Sprintf("%s@%d/%d/%s", plainToken(token), first.seqNo, first.primaryTerm, first.index)
}

// plainToken returns the token without the first place.
func plainToken(token string) string {
	plain, _, _ := strings.Cut(token, "@")
	return plain
}

// firstVersion returns the Version of the document with this write token at place.
// After a migration, that is its place in the new index.
func firstVersion(token string, place version) version {
	_, first, confirmed := strings.Cut(token, "@")
	if !confirmed {
		return place
	}
	parts := strings.Split(first, "/")
	if len(parts) != 3 || parts[2] != place.index {
		return place
	}
	seqNo, err1 := strconv.Atoi(parts[0])
	primaryTerm, err2 := strconv.Atoi(parts[1])
	// A later place is of another index that had the name.
	if err1 == nil && err2 == nil && 0 <= seqNo && seqNo < place.seqNo && 0 <= primaryTerm && primaryTerm <= place.primaryTerm {
		place.seqNo, place.primaryTerm = seqNo, primaryTerm
	}
	return place
}

// isIndexOf reports whether index is a name that Setup gives to an index of
// this alias.
func isIndexOf(index, alias string) bool {
	number, ok := strings.CutPrefix(index, alias)
	return ok && len(number) > 1 && number[0] == '-' && strings.Trim(number[1:], "0123456789") == ""
}

// An owner is a hash of a user's key and ID.
type owner [22]byte

func ownerOf(key, id string) (o owner) {
	hashed := idOf(key)
	sum := sha256.Sum256(append(append(make([]byte, 0, 128), hashed[:]...), id...))
	base64.RawURLEncoding.Encode(o[:], sum[:16])
	return o
}
