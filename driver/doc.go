// Package driver is what an object storage backend implements to be used
// through package store.
//
// A backend implements [Driver], which opens buckets, and [Bucket], which has
// six methods. Everything else is an optional capability: [Tagger], [Copier],
// [BatchDeleter], [Presigner], [Downloader] for a bucket; [BucketManager] and
// [BucketNamer] for a driver. Each capability is reached through the one helper
// function of its name ([SetTags], [Copy], [DeleteBatch], …), never by a type
// assertion elsewhere. A capability method that returns [ErrUnsupported] before
// any side effect counts as not implemented, so a wrapper can implement all of
// them and forward each through its helper.
//
// # Division of labour
//
// The core (package store) validates keys, metadata, tags and options with the
// validators of this package before it calls a driver, wraps every error once
// with operation, bucket and key, guards a body against blocked readers, and
// checks its length. A driver therefore may rely on valid input, must classify
// its failures with the sentinels of this package, as in
//
//	return fmt.Errorf("%w: %w", driver.ErrObjectNotFound, err)
//
// and keeps the contract's promises: a Put is all or nothing, a List is in
// byte order, an option is honoured or refused with [ErrUnsupported] before
// any side effect, a cancelled context ends the call.
//
// An error anywhere in the chain that has a method ErrorCode() string gives
// the backend's own code (such as "AccessDenied") to the user's error.
//
// All methods must be safe for concurrent use. Option pointers are never nil.
// Package conformance holds a driver to all of this.
package driver
