package conformance

import (
	"context"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/s3mio/s3mio/store"
)

// A call is one call of the API on one key: the laws that hold for every call
// go through all of them.
type call struct {
	name    string
	creates bool // makes an object under the key
	reads   bool // fails when there is no object under the key
	local   bool // makes no request
	noKey   bool // key is a prefix, or not used at all
	batch   bool // reports errors item by item
	target  bool // key is the target of a copy from "source"
	do      func(ctx context.Context, b store.Objects, key string) error
}

// calls gives every call the driver is to support.
func (e *Env) calls() []call {
	calls := append(e.writeCalls(), e.readCalls()...)
	if e.has(Tags) {
		calls = append(calls,
			call{name: "SetTags", reads: true, do: func(ctx context.Context, b store.Objects, key string) error {
				return b.SetTags(ctx, key, map[string]string{"k": "v"})
			}},
			call{name: "GetTags", reads: true, do: func(ctx context.Context, b store.Objects, key string) error {
				_, err := b.GetTags(ctx, key)
				return err
			}},
			call{name: "Head with tags", reads: true, do: func(ctx context.Context, b store.Objects, key string) error {
				_, err := b.Head(ctx, key, store.WithTags())
				return err
			}})
	}
	if e.has(Presign) {
		calls = append(calls,
			call{name: "PresignGet", local: true, do: func(ctx context.Context, b store.Objects, key string) error {
				_, err := b.PresignGet(ctx, key, time.Minute)
				return err
			}},
			call{name: "PresignPut", local: true, creates: true, do: func(ctx context.Context, b store.Objects, key string) error {
				_, err := b.PresignPut(ctx, key, time.Minute)
				return err
			}})
	}
	return calls
}

func (e *Env) writeCalls() []call {
	return []call{
		{name: "Put", creates: true, do: func(ctx context.Context, b store.Objects, key string) error {
			_, err := b.Put(ctx, key, "new")
			return err
		}},
		{name: "Put of a reader", creates: true, do: func(ctx context.Context, b store.Objects, key string) error {
			_, err := b.Put(ctx, key, strings.NewReader("new"))
			return err
		}},
		{name: "Upload", creates: true, do: func(ctx context.Context, b store.Objects, key string) error {
			path, err := e.file("new.txt", []byte("new"))
			if err != nil {
				return err
			}
			_, err = b.Upload(ctx, path, key)
			return err
		}},
		{name: "UploadDir", noKey: true, batch: true, do: func(ctx context.Context, b store.Objects, prefix string) error {
			path, err := e.file("new.txt", []byte("new"))
			if err != nil {
				return err
			}
			_, err = b.UploadDir(ctx, filepath.Dir(path), prefix)
			return err
		}},
		{name: "Writer", creates: true, do: func(ctx context.Context, b store.Objects, key string) error {
			return write(ctx, b, key, []byte("new"))
		}},
		{name: "Copy to", creates: true, target: true, do: func(ctx context.Context, b store.Objects, key string) error {
			_, err := b.Copy(ctx, "source", key)
			return err
		}},
		{name: "Copy from", reads: true, do: func(ctx context.Context, b store.Objects, key string) error {
			_, err := b.Copy(ctx, key, "copied")
			return err
		}},
		{name: "CopyMany to", creates: true, batch: true, target: true, do: func(ctx context.Context, b store.Objects, key string) error {
			_, err := b.CopyMany(ctx, []store.CopyPair{{Src: "source", Dst: key}})
			return err
		}},
		{name: "CopyMany from", reads: true, batch: true, do: func(ctx context.Context, b store.Objects, key string) error {
			_, err := b.CopyMany(ctx, []store.CopyPair{{Src: key, Dst: "copied"}})
			return err
		}},
		{name: "Delete", do: func(ctx context.Context, b store.Objects, key string) error {
			return b.Delete(ctx, key)
		}},
		{name: "DeleteMany", batch: true, do: func(ctx context.Context, b store.Objects, key string) error {
			_, err := b.DeleteMany(ctx, []string{key})
			return err
		}},
		{name: "DeleteAll", noKey: true, batch: true, do: func(ctx context.Context, b store.Objects, key string) error {
			_, err := b.Prefix("tree").DeleteAll(ctx)
			return err
		}},
	}
}

func (e *Env) readCalls() []call {
	return []call{
		{name: "GetBytes", reads: true, do: func(ctx context.Context, b store.Objects, key string) error {
			_, err := b.GetBytes(ctx, key)
			return err
		}},
		{name: "GetText", reads: true, do: func(ctx context.Context, b store.Objects, key string) error {
			_, err := b.GetText(ctx, key)
			return err
		}},
		{name: "GetJSON", reads: true, do: func(ctx context.Context, b store.Objects, key string) error {
			var v any
			return b.GetJSON(ctx, key, &v)
		}},
		{name: "store.GetJSON", reads: true, do: func(ctx context.Context, b store.Objects, key string) error {
			_, err := store.GetJSON[any](ctx, b, key)
			return err
		}},
		{name: "Open", reads: true, do: func(ctx context.Context, b store.Objects, key string) error {
			_, err := readAll(ctx, b, key)
			return err
		}},
		{name: "Lines", reads: true, do: func(ctx context.Context, b store.Objects, key string) error {
			_, err := drain(b.Lines(ctx, key))
			return err
		}},
		{name: "Stream", reads: true, do: func(ctx context.Context, b store.Objects, key string) error {
			_, err := drain(b.Stream(ctx, key))
			return err
		}},
		{name: "Download", reads: true, do: func(ctx context.Context, b store.Objects, key string) error {
			return b.Download(ctx, key, filepath.Join(e.tb.TempDir(), "file"))
		}},
		{name: "DownloadDir", noKey: true, batch: true, do: func(ctx context.Context, b store.Objects, prefix string) error {
			_, err := b.DownloadDir(ctx, prefix, e.tb.TempDir())
			return err
		}},
		{name: "Head", reads: true, do: func(ctx context.Context, b store.Objects, key string) error {
			_, err := b.Head(ctx, key)
			return err
		}},
		{name: "Exists", do: func(ctx context.Context, b store.Objects, key string) error {
			_, err := b.Exists(ctx, key)
			return err
		}},
		{name: "List", noKey: true, do: func(ctx context.Context, b store.Objects, prefix string) error {
			_, err := b.List(ctx, store.KeyPrefix(prefix))
			return err
		}},
		{name: "All", noKey: true, do: func(ctx context.Context, b store.Objects, prefix string) error {
			_, err := drain(b.All(ctx, store.KeyPrefix(prefix)))
			return err
		}},
		{name: "ListDir", noKey: true, do: func(ctx context.Context, b store.Objects, prefix string) error {
			_, err := b.ListDir(ctx, store.KeyPrefix(prefix))
			return err
		}},
	}
}

// drain collects what an iterator yields until its end or its error.
func drain[V any](seq iter.Seq2[V, error]) ([]V, error) {
	var all []V
	for v, err := range seq {
		if err != nil {
			return all, err
		}
		all = append(all, v)
	}
	return all, nil
}

// write stores an object through a Writer.
func write(ctx context.Context, b store.Objects, key string, data []byte, opts ...store.WriteOption) error {
	w, err := b.NewWriter(ctx, key, opts...)
	if err != nil {
		return err
	}
	if _, err := w.Write(data); err != nil {
		if abortErr := w.Abort(); abortErr != nil {
			return abortErr
		}
		return err
	}
	return w.Close()
}

// readAll reads an object through a Reader.
func readAll(ctx context.Context, b store.Objects, key string, opts ...store.ReadOption) ([]byte, error) {
	r, err := b.Open(ctx, key, opts...)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(r)
	if closeErr := r.Close(); err == nil {
		err = closeErr
	}
	return data, err
}

// readFile gives the content of a local file, "" with the error for none.
func readFile(path string) (string, error) {
	data, err := os.ReadFile(path)
	return string(data), err
}
