package transfer_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
	"github.com/gosignup/signup/transfer"
)

// Users move from one store to another. The same lines work with packages esstore and
// sqlstore, and with a file instead of the buffer.
func Example() {
	move := func(ctx context.Context, from transfer.Exporter, to transfer.Importer) error {
		var file bytes.Buffer
		// Only when Export has returned nil are these all users.
		n, err := from.Export(ctx, &file, &transfer.ExportOptions{Hashes: true})
		fmt.Println("exported:", n, err)
		if err != nil {
			return err
		}
		sum, err := to.Import(ctx, transfer.Read(&file), &transfer.ImportOptions{
			Result: func(r transfer.ImportResult) {
				if errors.Is(r.Err, signup.ErrExists) {
					fmt.Printf("user %d: the address is another user's\n", r.N)
				}
			},
		})
		fmt.Printf("imported: %+v %v\n", sum, err)
		return err
	}

	ctx := context.Background()
	from, to := memstore.New(), memstore.New()
	for _, u := range []signup.User{
		{ID: "1", Email: "ada@example.org", FirstName: "Ada", Active: true},
		{ID: "2", Email: "grace@example.org", FirstName: "Grace", Active: true},
	} {
		if err := from.Create(ctx, &u); err != nil {
			fmt.Println(err)
		}
	}
	if err := to.Create(ctx, &signup.User{ID: "3", Email: "Grace@Example.org"}); err != nil {
		fmt.Println(err)
	}
	if err := move(ctx, from, to); err != nil {
		fmt.Println(err)
	}
	if err := move(ctx, from, to); err != nil { // once more
		fmt.Println(err)
	}
	// Output:
	// exported: 2 <nil>
	// user 1: the address is another user's
	// imported: {Read:2 Created:1 Present:0 Exists:1 Invalid:0 Failed:0} <nil>
	// exported: 2 <nil>
	// user 1: the address is another user's
	// imported: {Read:2 Created:0 Present:1 Exists:1 Invalid:0 Failed:0} <nil>
}
