package conformance

import (
	"context"
	"fmt"
	"time"

	"github.com/s3mio/s3mio/store"
)

func unsupportedLaws() []Law {
	refused := func(c Capability, what string, check func(ctx context.Context, e *Env, b bucket) map[string]error) Law {
		return Law{
			Name:    "Unsupported/" + string(c),
			Text:    "A driver without " + what + " says ErrUnsupported before any side effect, and never drops what it was asked for.",
			Without: c,
			Check: func(ctx context.Context, e *Env) error {
				b, err := e.bucket(ctx)
				if err != nil {
					return err
				}
				if err := put(ctx, b, "k"); err != nil {
					return err
				}
				var p problems
				for name, err := range check(ctx, e, b) {
					p.add(want(name, err, store.ErrUnsupported))
				}
				p.add(holds(ctx, b, "k", []byte("content of k")))
				p.add(listed(ctx, b, []string{"k"}))
				return p.err()
			},
		}
	}
	option := func(c Capability, what string, opts ...store.WriteOption) Law {
		return refused(c, what, func(ctx context.Context, e *Env, b bucket) map[string]error {
			errs := map[string]error{}
			for i, opt := range opts {
				with := fmt.Sprintf(" with option %d", i)
				_, errs["Put"+with] = b.Put(ctx, "k", "x", opt)
				_, errs["Put of a new object"+with] = b.Put(ctx, "new", "x", opt)
				_, errs["Put of a reader that would fail"+with] = b.Put(ctx, "k", &failingReader{err: errBroken}, opt)
				errs["Writer"+with] = write(ctx, b, "new", []byte("x"), opt)
			}
			return errs
		})
	}
	return []Law{
		refused(Tags, "tags", func(ctx context.Context, e *Env, b bucket) map[string]error {
			tags := map[string]string{"a": "b"}
			_, putErr := b.Put(ctx, "k", "x", store.Tags(tags))
			_, getErr := b.GetTags(ctx, "k")
			_, headErr := b.Head(ctx, "k", store.WithTags())
			return map[string]error{
				"Put with Tags": putErr, "SetTags": b.SetTags(ctx, "k", tags), "GetTags": getErr, "Head with tags": headErr,
				"SetTags of none": b.SetTags(ctx, "k", nil), "Writer with Tags": write(ctx, b, "new", []byte("x"), store.Tags(tags)),
			}
		}),
		refused(Presign, "signed URLs", func(ctx context.Context, e *Env, b bucket) map[string]error {
			_, getErr := b.PresignGet(ctx, "k", time.Minute)
			_, putErr := b.PresignPut(ctx, "k", time.Minute)
			return map[string]error{"PresignGet": getErr, "PresignPut": putErr}
		}),
		refused(Buckets, "the means to make buckets", func(ctx context.Context, e *Env, b bucket) map[string]error {
			name := uniqueName()
			_, listErr := drain(e.store.Buckets(ctx))
			return map[string]error{
				"CreateBucket": e.store.CreateBucket(ctx, name), "DeleteBucket": e.store.DeleteBucket(ctx, b.Name()), "Buckets": listErr,
			}
		}),
		option(Metadata, "metadata", store.Metadata(map[string]string{"a": "b"})),
		option(Headers, "headers", store.CacheControl("no-cache"), store.ContentDisposition("inline"), store.ContentEncoding("br"), store.ContentLanguage("de")),
		option(StorageClass, "storage classes", store.StorageClass("REDUCED_REDUNDANCY")),
		option(ConditionalWrites, "conditional writes", store.IfAbsent(), store.IfMatch("0123456789abcdef")),
	}
}
