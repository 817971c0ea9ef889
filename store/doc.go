// Package store is one typed API over object storage. What works on one
// backend works on all: Amazon S3 and S3-compatible servers (s3driver), a
// directory (filedriver), memory (memdriver), or a driver of your own.
//
//	import (
//		"github.com/s3mio/s3mio/store"
//		_ "github.com/s3mio/s3mio/memdriver"
//	)
//
//	bucket, err := store.OpenBucket(ctx, "mem://") // or file:///dir, or s3://bucket
//	defer bucket.Close()
//	_, err = bucket.Put(ctx, "config.json", map[string]any{"debug": true})
//	config, err := store.GetJSON[map[string]any](ctx, bucket, "config.json")
//
// A [Bucket] holds objects under keys; a [Prefix] is the same for the keys
// below one path, with keys relative to it. Both have the same calls, listed
// by [Objects].
//
// # Keys
//
// A key is 1 to 1,024 bytes of UTF-8. Keys are flat strings: "a" and "a/b" and
// "a//b" are three different objects. Keys that a call creates hold no control
// character.
//
// # Writes
//
// A write happens as a whole or not at all: whatever fails, the object is
// what it was before, and no reader sees anything in between. Content, content
// type, metadata and tags change together.
//
// # Errors
//
// Every error of this package is an [*Error] that says operation, bucket and key, and
// matches one of the sentinels (ErrObjectNotFound, …) with [errors.Is]. What is
// called on a driver itself, its New above all, returns plain errors that match
// the same sentinels. Bad input is
// ErrValidation, before any request; what only the server can refuse, such as a
// storage class it lacks, is ErrValidation as well. A batch call returns what succeeded and a
// [*BatchError] for the rest.
//
// # Contexts
//
// Every call that makes a request takes a context. Cancelled beforehand, it
// has no effect at all; cancelled in the middle, the call returns promptly with
// an error that matches ctx.Err(), even while a reader passed to Put blocks.
//
// All values may be used by several goroutines at once, except a single
// [Reader], [Writer] or iterator.
package store
