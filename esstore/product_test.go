package esstore_test

import (
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gosignup/signup/esstore"
)

// errOtherProduct is the official client's error for a response without X-Elastic-Product.
var errOtherProduct = errors.New("the client noticed that the server is not Elasticsearch and we do not support this unknown product")

// Every method returns the client's error at once if the server is another product.
func TestOtherProductIsReportedAtOnce(t *testing.T) {
	for op, call := range methods {
		if op == "check" { // which has a finding
			continue
		}
		t.Run(op, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				u := versionedUser(t)
				begin := time.Now()
				err := call(t.Context(), esstore.New(transportFunc(func(*http.Request) (*http.Response, error) {
					return nil, errOtherProduct
				}), nil), u)
				if want := "esstore: " + op + ": " + errOtherProduct.Error(); err == nil || err.Error() != want {
					t.Errorf("got error %v, want %s", err, want)
				}
				if took := time.Since(begin); took > 0 {
					t.Errorf("got %v until it returned, want no pause", took)
				}
			})
		})
	}
}

// So do an import and an export that have begun, before a node is replaced by another
// product.
func TestOtherProductLaterIsReportedAtOnce(t *testing.T) {
	for op, paths := range map[string][]string{"export": {"/_search", "/users/_pit"}, "import": {"/users/_mget"}} {
		for _, path := range paths {
			t.Run(op+path, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					e := newElastic()
					u := newUser()
					if _, err := esstore.New(e, nil).Import(t.Context(), sequence(u), nil); err != nil {
						t.Fatal(err)
					}
					begin := time.Now()
					err := methods[op](t.Context(), esstore.New(transportFunc(func(r *http.Request) (*http.Response, error) {
						if r.URL.Path == path {
							return nil, errOtherProduct
						}
						return e.Perform(r)
					}), nil), u)
					wantError(t, err, op, 0, "")
					if took := time.Since(begin); took > 0 {
						t.Errorf("got %v until it returned, want no pause", took)
					}
				})
			})
		}
	}
}
