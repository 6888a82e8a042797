package signup_test

import (
	"context"
	"crypto/sha256"
	"runtime"
	"strconv"

	"github.com/gosignup/signup"
)

// A steppedStore makes each call when the process of its context may make a step, and
// keeps what the call returns in the history of the process.
type steppedStore struct {
	signup.Store
	stop chan struct{}
}

func (s steppedStore) call(ctx context.Context, u *signup.User, call func() error) error {
	p := ctx.Value(steppedKey{}).(*steppedProcess)
	wait := func() {
		select {
		case <-s.stop:
			runtime.Goexit()
		case p.waits <- struct{}{}:
		}
		select {
		case <-s.stop:
			runtime.Goexit()
		case <-p.step:
		}
	}
	wait()
	err := call()
	if err != nil {
		p.history = append(append(p.history, err.Error()...), '\n')
	} else {
		p.history = append(appendDocument(p.history, *u), '\n')
	}
	return err
}

func (s steppedStore) Create(ctx context.Context, u *signup.User) error {
	return s.call(ctx, u, func() error { return s.Store.Create(ctx, u) })
}

func (s steppedStore) Get(ctx context.Context, key string) (u signup.User, err error) {
	err = s.call(ctx, &u, func() error { u, err = s.Store.Get(ctx, key); return err })
	return u, err
}

func (s steppedStore) Update(ctx context.Context, u *signup.User) error {
	return s.call(ctx, u, func() error { return s.Store.Update(ctx, u) })
}

func (s steppedStore) Delete(ctx context.Context, u signup.User) error {
	return s.call(ctx, &u, func() error { return s.Store.Delete(ctx, u) })
}

// appendDocument appends what u consists of, except for times.
func appendDocument(b []byte, u signup.User) []byte {
	for _, text := range []string{u.ID, u.Key(), string(u.PasswordHash), u.SecurityStamp, "@" + string(u.Version), string(u.Private)} {
		b = append(append(b, text...), ';')
	}
	return strconv.AppendBool(b, u.Placeholder)
}

type modelState [16]byte

// state returns a digest of what the Store holds and where the processes are. Versions
// and random texts are named by the order in which they appear, and times are left out,
// so that what differs in nothing else is one state. Versions that the Store doesn't
// hold any more are all alike: no document has one again.
func (r *modelRun) state() modelState {
	var text []byte
	documents := r.documents()
	for _, key := range []string{keyA, keyB, keyC} {
		if u, ok := documents[key]; ok {
			text = append(appendDocument(text, u), '\n')
		}
	}
	held := len(text)
	for _, p := range r.processes {
		text = append(text, '\n')
		if p.outcome != "" {
			text = append(text, p.outcome...)
		} else {
			text = append(text, p.history...)
		}
	}
	names := map[string]byte{}
	var named []byte
	for i := 0; i < len(text); {
		end := i
		for end < len(text) && isWord(text[end]) {
			end++
		}
		word := text[i:end]
		switch {
		case len(word) == 0:
			named = append(named, text[i])
			end++
		case len(word) == 13 && word[0] <= '9': // milliseconds
		case len(word) > 13: // a Version or a random text
			n, ok := names[string(word)]
			if !ok && i > held && text[i-1] == '@' {
				break
			}
			if !ok {
				n = byte(len(names))
				names[string(word)] = n
			}
			named = append(named, '#', n)
		default:
			named = append(named, word...)
		}
		i = end
	}
	sum := sha256.Sum256(named)
	return modelState(sum[:16])
}

func isWord(c byte) bool { return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
