package esstore_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
)

// Users that another system has exported are imported with their hashes. The
// program may be killed, and run again on the same file.
func ExampleStore_Import() {
	importFrom := func(ctx context.Context, client esapi.Transport, file io.Reader) error {
		store := esstore.New(client, nil)
		if err := store.Setup(ctx); err != nil {
			return err
		}
		sum, err := store.Import(ctx, esstore.ReadExport(file), &esstore.ImportOptions{
			Result: func(r esstore.ImportResult) {
				switch {
				case errors.Is(r.Err, signup.ErrExists):
					slog.Warn("the address is another user's", "n", r.N, "user", r.User)
				case r.Err != nil:
					slog.Error("not imported", "n", r.N, "user", r.User, "error", r.Err)
				}
			},
			Progress: func(s esstore.ImportSummary) { slog.Info("importing", "read", s.Read, "created", s.Created) },
		})
		slog.Info("imported", "summary", sum)
		return err
	}
	_ = importFrom
}

// A backup has the hashes. Only when Export has returned nil is it one.
func ExampleStore_Export() {
	backUp := func(ctx context.Context, store *esstore.Store, name string) error {
		file, err := os.OpenFile(name+".part", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
		if err != nil {
			return err
		}
		_, err = store.Export(ctx, file, &esstore.ExportOptions{Hashes: true})
		if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
			return err
		}
		return os.Rename(name+".part", name)
	}
	_ = backUp
}
