package driver

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
)

// plain is a bucket with one object and no capability.
type plain struct {
	Bucket
	content string
	deleted []string
	put     PutOptions
	body    string
	getErr  error
}

func (b *plain) Head(context.Context, string, *HeadOptions) (ObjectInfo, error) {
	return ObjectInfo{Size: int64(len(b.content)), ETag: "v1", ContentType: "text/x", Metadata: map[string]string{"a": "b"}}, nil
}

func (b *plain) Get(ctx context.Context, key string, opts *GetOptions) (*Object, error) {
	if b.getErr != nil {
		return nil, b.getErr
	}
	if err := CheckRead(opts, "v1"); err != nil {
		return nil, err
	}
	info, err := b.Head(ctx, key, &HeadOptions{})
	if err != nil {
		return nil, err
	}
	return &Object{Info: info, Length: info.Size, Body: io.NopCloser(strings.NewReader(b.content))}, nil
}

func (b *plain) Put(_ context.Context, _ string, body io.Reader, opts *PutOptions) (ObjectInfo, error) {
	data, err := io.ReadAll(body)
	b.put, b.body = *opts, string(data)
	return ObjectInfo{}, err
}

func (b *plain) Delete(_ context.Context, key string) error {
	if key == "bad" {
		return ErrAccessDenied
	}
	b.deleted = append(b.deleted, key)
	return nil
}

// unable implements the capabilities by saying that it cannot.
type unable struct{ plain }

func (b *unable) Copy(context.Context, string, Bucket, string) (ObjectInfo, error) {
	return ObjectInfo{}, ErrUnsupported
}
func (b *unable) DeleteBatch(context.Context, []string) ([]error, error) { return nil, ErrUnsupported }
func (b *unable) Download(context.Context, string, io.WriterAt, *GetOptions) (ObjectInfo, error) {
	return ObjectInfo{}, ErrUnsupported
}

// offsets gathers what is written.
type offsets struct{ strings.Builder }

func (o *offsets) WriteAt(p []byte, off int64) (int, error) {
	if off != int64(o.Len()) {
		return 0, errors.New("not in order")
	}
	return o.Write(p)
}

func TestFallbacks(t *testing.T) {
	src := &plain{content: "content"}
	for name, dst := range map[string]Bucket{"without": &plain{}, "refusing": &unable{}} {
		if _, err := Copy(t.Context(), dst, "k", src, "k"); err != nil {
			t.Errorf("%s: Copy: %v", name, err)
		}
		got, ok := dst.(*plain)
		if !ok {
			got = &dst.(*unable).plain
		}
		if got.body != "content" || got.put.ContentType != "text/x" || got.put.Metadata["a"] != "b" || got.put.Size != 7 {
			t.Errorf("%s: copied %q with %+v", name, got.body, got.put)
		}
		errs := DeleteBatch(t.Context(), dst, []string{"a", "bad", "c"})
		if len(errs) != 3 || errs[0] != nil || errs[1] != ErrAccessDenied || errs[2] != nil || len(got.deleted) != 2 {
			t.Errorf("%s: DeleteBatch gave %v", name, errs)
		}
		got.content = "content"
		var w offsets
		if info, err := Download(t.Context(), dst, "k", &w, &GetOptions{}); err != nil || w.String() != "content" || info.ETag != "v1" {
			t.Errorf("%s: Download gave %q, %+v, %v", name, &w, info, err)
		}
	}
}

func TestCopyBlamesTheSource(t *testing.T) {
	for sourceErr, want := range map[error]error{ErrObjectNotFound: ErrObjectNotFound, ErrPreconditionFailed: ErrObjectChanged} {
		_, err := Copy(t.Context(), &plain{}, "k", &plain{getErr: sourceErr}, "k")
		if _, ok := errors.AsType[*SourceError](err); !ok || !errors.Is(err, want) {
			t.Errorf("got %v, want a SourceError of %v", err, want)
		}
	}
	b := &plain{}
	if _, err := Copy(t.Context(), b, "k", b, "k"); !errors.Is(err, ErrValidation) {
		t.Errorf("a copy onto itself gave %v", err)
	}
}

func TestWithoutTagsNothingHappens(t *testing.T) {
	b := &plain{}
	_, putErr := Put(t.Context(), b, "k", strings.NewReader("x"), &PutOptions{Tags: map[string]string{"a": "b"}})
	_, headErr := Head(t.Context(), b, "k", &HeadOptions{Tags: true})
	_, getErr := GetTags(t.Context(), b, "k")
	_, signErr := Presign(t.Context(), b, "k", &PresignOptions{Method: "GET", TTL: MaxPresignTTL})
	for _, err := range []error{putErr, headErr, getErr, signErr, SetTags(t.Context(), b, "k", nil)} {
		if !errors.Is(err, ErrUnsupported) || !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("got %v, want ErrUnsupported", err)
		}
	}
	if b.body != "" {
		t.Error("the body was stored")
	}
}
