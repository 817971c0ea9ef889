// Package memdriver keeps buckets in memory: for tests, caches and programs
// that choose their backend by URL.
//
// It has every capability of package driver but parallel downloads, which a
// single memory copy has no use for. An object is an immutable value that
// writers replace as a whole: a reader keeps the version it opened, however
// often the key is overwritten meanwhile, and nothing that callers pass in or
// get out shares memory with it. Content is copied once on its way in, if its
// length is known, and once on its way out. Bodies are read, and hashed,
// outside of all locks.
//
// # URLs
//
// Importing the package registers the scheme mem:
//
//	mem://         a fresh, private driver at each open, with one bucket
//	mem://uploads  the bucket of that name that this process shares
//
// A shared bucket is created when it is first opened and lives as long as the
// process, unless it is deleted: closing a handle leaves its data and other
// handles alone. All shared buckets belong to one driver, so copies between
// them share their content. Its presign listener closes with the last handle
// that is open, and with it the URLs signed so far die. There are no URL
// parameters.
package memdriver
