package conformance

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/s3mio/s3mio/store"
)

func objectLaws() []Law {
	return []Law{
		{
			Name:  "E4/Concurrent",
			Text:  "One handle may be used from many goroutines at once: nobody sees half a write, somebody else's object, or a description that does not belong to the content.",
			Check: checkConcurrentUse,
		},
		{
			Name:  "E5/ETag",
			Text:  "An ETag is opaque and without quotes, differs when the content differs, and is the same from Put, Head, Open and list.",
			Check: checkETag,
		},
		{
			Name:  "E5/MD5",
			Needs: []Capability{MD5ETags},
			Text:  "The ETag of a plain put is the MD5 of the content in hexadecimal, as on S3.",
			Check: checkMD5,
		},
		{
			Name:  "E5/LastModified",
			Text:  "LastModified is the time of the write, in UTC and whole seconds.",
			Check: checkLastModified,
		},
		{
			Name:  "E5/StorageClass",
			Text:  "The storage class is STANDARD unless another was asked for.",
			Check: checkStorageClass,
		},
	}
}

func checkConcurrentUse(ctx context.Context, e *Env) error {
	const workers, rounds, keys = 8, 12, 3
	b, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	// An object's content, type and size all say who wrote it.
	version := func(w int) (data []byte, contentType string) {
		return bytes.Repeat([]byte{byte('a' + w)}, 1000+w), fmt.Sprintf("text/x-%c", 'a'+w)
	}
	errs := make([]error, workers)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			errs[w] = func() error {
				for round := range rounds {
					key := fmt.Sprintf("shared/%d", (w+round)%keys)
					data, contentType := version(w)
					if _, err := b.Put(ctx, key, data, store.ContentType(contentType)); err != nil {
						return err
					}
					if err := consistent(ctx, b, key, version); err != nil {
						return err
					}
					own := fmt.Sprintf("own/%d", w)
					if err := put(ctx, b, own); err != nil {
						return err
					}
					if err := holds(ctx, b, own, []byte("content of "+own)); err != nil {
						return err
					}
					if err := listed(ctx, b, []string{own}, store.KeyPrefix(own)); err != nil {
						return err
					}
					if _, err := b.Copy(ctx, own, own+"-copy"); err != nil {
						return err
					}
					if _, err := b.DeleteMany(ctx, []string{own, own + "-copy"}); err != nil {
						return err
					}
					if err := exists(ctx, b, own, false); err != nil {
						return err
					}
				}
				return nil
			}()
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return listed(ctx, b, []string{"shared/0", "shared/1", "shared/2"})
}

// consistent demands that what is read is one writer's version.
func consistent(ctx context.Context, b store.Objects, key string, version func(int) ([]byte, string)) error {
	r, err := b.Open(ctx, key)
	if err != nil {
		return err
	}
	var buf bytes.Buffer
	_, err = r.WriteTo(&buf)
	info := r.Info()
	if err := errors.Join(err, r.Close()); err != nil {
		if errors.Is(err, store.ErrObjectChanged) {
			return nil
		}
		return err
	}
	if buf.Len() == 0 {
		return fmt.Errorf("%s is empty", key)
	}
	data, contentType := version(int(buf.Bytes()[0] - 'a'))
	var p problems
	p.add(sameBytes(key, buf.Bytes(), data))
	p.add(equal(key+": ContentType", info.ContentType, contentType))
	p.add(equal(key+": Size", info.Size, int64(len(data))))
	return p.err()
}

func checkETag(ctx context.Context, e *Env) error {
	b, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	var p problems
	seen := map[string]string{}
	for _, data := range []string{"", "a", "b", "ab", "a\n", strings.Repeat("a", 1000), strings.Repeat("a", 1001)} {
		info, err := b.Put(ctx, "k", data)
		if err != nil {
			return err
		}
		etag := info.ETag
		if etag == "" || strings.ContainsAny(etag, "\" \t\n") {
			p.addf("the ETag %q is empty or quoted", etag)
		}
		if other, ok := seen[etag]; ok {
			p.addf("%.10q and %.10q have the same ETag %q", data, other, etag)
		}
		seen[etag] = data
		head, err := b.Head(ctx, "k")
		p.add(err)
		p.add(equal("Head's ETag", head.ETag, etag))
		list, err := b.List(ctx)
		p.add(err)
		if len(list) == 1 {
			p.add(equal("the listed ETag", list[0].ETag, etag))
		}
		r, err := b.Open(ctx, "k")
		if err != nil {
			return err
		}
		p.add(equal("Open's ETag", r.Info().ETag, etag))
		p.add(r.Close())
	}
	return p.err()
}

func checkMD5(ctx context.Context, e *Env) error {
	b, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	var p problems
	for _, n := range []int{0, 1, 100_000} {
		data := content(n, 21)
		sum := md5.Sum(data)
		info, err := b.Put(ctx, "k", data)
		p.add(err)
		p.add(equal("ETag", info.ETag, hex.EncodeToString(sum[:])))
		info, err = b.Put(ctx, "k", oneByteReader{bytes.NewReader(data[:min(n, 1000)])})
		p.add(err)
		sum = md5.Sum(data[:min(n, 1000)])
		p.add(equal("ETag of a stream", info.ETag, hex.EncodeToString(sum[:])))
	}
	return p.err()
}

func checkLastModified(ctx context.Context, e *Env) error {
	b, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	if err := put(ctx, b, "k"); err != nil {
		return err
	}
	head, err := b.Head(ctx, "k")
	if err != nil {
		return err
	}
	list, err := b.List(ctx)
	if err != nil {
		return err
	}
	r, err := b.Open(ctx, "k")
	if err != nil {
		return err
	}
	var p problems
	p.add(r.Close())
	for _, t := range []time.Time{head.LastModified, list[0].LastModified, r.Info().LastModified} {
		// The server's clock may be another one.
		if d := time.Since(t); d < -24*time.Hour || d > 24*time.Hour {
			p.addf("LastModified is %v, it is %v now", t, time.Now())
		}
		if t.Nanosecond() != 0 {
			p.addf("LastModified %v is not in whole seconds", t)
		}
		if t.Location() != time.UTC {
			p.addf("LastModified %v is not in UTC", t)
		}
		p.add(equal("LastModified", t, head.LastModified))
	}
	return p.err()
}

func checkStorageClass(ctx context.Context, e *Env) error {
	b, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	if err := put(ctx, b, "k"); err != nil {
		return err
	}
	var p problems
	_, err = b.Copy(ctx, "k", "l")
	p.add(err)
	for o, err := range b.All(ctx) {
		if err != nil {
			return err
		}
		p.add(equal("the listed storage class of "+o.Key, o.StorageClass, "STANDARD"))
		head, err := b.Head(ctx, o.Key)
		p.add(err)
		p.add(equal("the storage class of "+o.Key, head.StorageClass, "STANDARD"))
	}
	return p.err()
}
