// Gin shows how to mount the registration of users in an engine of
// github.com/gin-gonic/gin.
package main

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/examples/internal/serve"
	"github.com/gosignup/signup/memstore"
)

func newRouter(accounts *signup.Accounts) http.Handler {
	// Not gin.Default, whose Recovery ends an answer that a panic cut short
	// as if it were whole.
	r := gin.New()
	r.HandleMethodNotAllowed = true // else a wrong method is a 404
	// With POST instead of Any, OPTIONS would be a 405.
	r.Any("/v1/users/new", gin.WrapH(signup.NewHandler(accounts, nil)))
	r.GET("/health", health)
	return signup.JSONErrors(r, nil)
}

func health(c *gin.Context) {
	c.JSON(http.StatusOK, gin.H{"status": "ok"})
}

func main() {
	serve.Main(newRouter(&signup.Accounts{Store: memstore.New()}), serve.AddrFlag(), nil)
}
