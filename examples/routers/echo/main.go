// Echo shows how to mount the registration of users in an instance of
// github.com/labstack/echo.
package main

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v5"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/examples/internal/serve"
	"github.com/gosignup/signup/memstore"
)

func newRouter(accounts *signup.Accounts) http.Handler {
	e := echo.New()
	e.HTTPErrorHandler = bareErrors(e.HTTPErrorHandler)
	// Any, because the handler answers the other methods itself.
	e.Any("/v1/users/new", echo.WrapHandler(signup.NewHandler(accounts, nil)))
	e.GET("/health", health)
	return signup.JSONErrors(e, nil)
}

// bareErrors leaves to signup.JSONErrors the bodies of the errors that echo
// makes or that have no status: it can't tell echo's own JSON from the
// application's. Errors with a message of the application's go to next.
func bareErrors(next echo.HTTPErrorHandler) echo.HTTPErrorHandler {
	return func(c *echo.Context, err error) {
		bare := errors.Is(err, echo.ErrNotFound) || errors.Is(err, echo.ErrMethodNotAllowed) ||
			echo.StatusCode(err) == 0 // so a 500
		resp, status := echo.ResolveResponseStatus(c.Response(), err)
		if !bare || resp == nil || resp.Committed {
			next(c, err)
			return
		}
		_ = c.NoContent(status)
	}
}

func health(c *echo.Context) error {
	return c.JSON(http.StatusOK, map[string]string{"status": "ok"})
}

func main() {
	serve.Main(newRouter(&signup.Accounts{Store: memstore.New()}), serve.AddrFlag(), nil)
}
