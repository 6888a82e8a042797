package pages

import (
	"net/http"
	"strconv"
)

var dataPages = []page{
	{path: "data", need: loggedIn, get: func(q *request) error { return q.show(http.StatusOK, q.userPage("data")) }},
	{path: "export", need: fresh, get: func(q *request) error { return q.show(http.StatusOK, q.userPage("export")) }, post: postExport},
}

// exportName is the name of the file that the browser stores.
const exportName = "account.json"

// postExport sends the data of the user as a file. It isn't sent for GET, so that neither
// a link of another site nor a browser that fetches pages ahead causes it.
func postExport(q *request) error {
	data, err := q.accounts.ExportData(q.r.Context(), q.session)
	if err != nil {
		return err
	}
	h := q.w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Disposition", `attachment; filename="`+exportName+`"`)
	h.Set("Content-Length", strconv.Itoa(len(data)))
	_, _ = q.w.Write(data) // if it fails, the client has gone
	return nil
}
