package esstore_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gosignup/signup/esstore"
)

func testCreate(t *testing.T, script []step, want string) {
	f := newFake(t)
	f.then(script...)
	u := newUser()
	before := clone(u)
	err := f.store().Create(t.Context(), &u)
	wantOutcome(t, err, want)
	wantUser(t, u, before, err)
}

func TestCreate(t *testing.T) {
	testCreate(t, []step{created}, "nil")
}

func TestCreateNotSetUp(t *testing.T) { testCreate(t, []step{noIndex}, unknown) }

func TestCreateRefused(t *testing.T) {
	for _, refusal := range refusals {
		t.Run(refusal.name, func(t *testing.T) { testCreate(t, []step{refusal.step}, refusal.want) })
	}
}

// The holder of the address decides, whatever the response was.
func TestCreateSettled(t *testing.T) {
	eachFinding(t, conflicts, append([]finding{
		{namedStep{"GET finds it", foundLast(0)}, confirmed},
		{namedStep{"GET finds another", foundAnother}, "ErrExists"},
	}, unread(unknown)...), testCreate)
	eachFinding(t, openResponses, append([]finding{
		{namedStep{"GET finds it", foundLast(0)}, confirmed},
		{namedStep{"GET finds another", foundAnother}, heldAgain},
		{namedStep{"GET finds nothing", nothing}, unknown},
	}, unread(unknown)...), testCreate)
}

// The holder may be deleted between the conflict and the GET.
func TestCreateOfAddressJustFreed(t *testing.T) {
	testCreate(t, []step{conflict, nothing, created}, "nil")
	testCreate(t, []step{conflict, nothing, conflict, nothing, conflict, foundAnother}, "ErrExists")
	testCreate(t, []step{conflict, nothing, conflict, foundLast(0), updated}, "nil")
	testCreate(t, []step{conflict, nothing, failed(http.StatusTooManyRequests, "exception")}, "ErrBusy")
}

// If conflict and GET go on contradicting each other, Create gives up.
func TestCreateGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := esstore.New(transportFunc(func(req *http.Request) (*http.Response, error) {
			if req.Method == http.MethodPut {
				return response(http.StatusConflict, failedBody(409, "version_conflict_engine_exception")), nil
			}
			return response(http.StatusNotFound, `{"_index":"users-000001","found":false}`), nil
		}), nil)
		u := newUser()
		before := clone(u)
		start := time.Now()
		err := store.Create(t.Context(), &u)
		wantOutcome(t, err, unknown)
		wantUser(t, u, before, err)
		if d := time.Since(start); d > 3*time.Second {
			t.Errorf("got %v until Create returned, want 3s at most", d)
		}
	})
}

// Create sets the same Version as Get, whether Create knows
// it from the response or from the GET after it.
func TestCreateSetsVersion(t *testing.T) {
	for name, script := range map[string][]step{
		"from the answer":     {created},
		"from the GET":        {hangUp, foundLast(0), done(http.StatusOK, "updated", 7)},
		"of a repeated write": {conflict, foundLast(0), done(http.StatusOK, "updated", 7)},
		"written twice more":  {hangUp, foundLast(0), conflict, foundLast(3), done(http.StatusOK, "updated", 7)},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, script...)
			u := newUser()
			if err := f.store().Create(t.Context(), &u); err != nil {
				t.Fatal(err)
			}
			seqNo := 0
			if len(script) > 1 {
				seqNo = 7
			}
			f.then(foundLast(seqNo))
			got, err := f.store().Get(t.Context(), u.Key())
			if err != nil {
				t.Fatal(err)
			}
			if got.Version != u.Version {
				t.Errorf("got Version %q from Create and %q from Get, want the same", u.Version, got.Version)
			}
		})
	}
}

// A Create of a user that was created before changes nothing. It writes the
// document once more in its own place, as what it has read may not be durable.
func TestCreateReplayed(t *testing.T) {
	for _, c := range []struct {
		name    string
		confirm []step
		want    string
	}{
		{"confirmed", []step{updated}, "ErrReplayed"},
		{"confirmed after another write", []step{conflict, foundChanged, updated}, "ErrReplayed"},
		{"confirmed after the index was replaced", []step{noIndex, foundChanged, updated}, "ErrReplayed"},
		{"no capacity to confirm it", []step{tooMany}, "ErrBusy"},
		{"not confirmed", []step{hangUp}, unknown},
		{"another user has the address by then", []step{conflict, foundAnother}, unknown},
		{"deleted before it is confirmed", []step{conflict, nothing}, unknown},
	} {
		eachFinding(t, conflicts, []finding{{namedStep{"changed, " + c.name, foundChanged}, c.want}}, func(t *testing.T, script []step, want string) {
			f := newFake(t, append(script, c.confirm...)...)
			u := newUser()
			u.Version = "before"
			wantOutcome(t, f.store().Create(t.Context(), &u), want)
			if u.Version != "before" {
				t.Errorf("got Version %q after Create, want %q", u.Version, "before")
			}
		})
	}
	// Whether what is read will last is not for this write to say.
	eachFinding(t, openResponses, []finding{{namedStep{"changed", foundChanged}, unknown}}, testCreate)
}

// After a response that leaves open whether the user was stored, a copy that lags
// may show the former user of the address: the primary is asked again.
func TestCreateBeforeLaggingCopy(t *testing.T) {
	testCreate(t, []step{hangUp, foundAnother, conflict, foundLast(0), updated}, "nil")
	testCreate(t, []step{hangUp, foundAnother, created}, "nil")
	testCreate(t, []step{hangUp, foundAnother, hangUp, foundAnother, conflict, foundAnother}, "ErrExists")
	testCreate(t, []step{hangUp, foundAnother, conflict, down}, unknown)
	testCreate(t, []step{hangUp, foundAnother, denied, nothing}, unknown)
}
