// Package s3driver stores objects in Amazon S3 and in servers that speak its
// protocol (MinIO, Ceph RGW, versitygw, Cloudflare R2, …).
//
// Importing the package registers the URL scheme "s3"; [New] makes a driver
// for many buckets that share one connection pool.
//
// # On the wire
//
// Keys, metadata and header values are sent byte for byte and read back the
// same way, so that objects of other S3 clients and of this one are the same
// objects to both.
//
// # Writes
//
// A body of up to one part (Config.PartSize) is one PutObject request; a
// longer one, or one of unknown length that turns out longer, is a multipart
// upload whose parts are sent in parallel. Parts come straight from a body that
// is an io.ReaderAt, without a copy in memory; of any other body at most
// Config.Concurrency+1 parts are held. A failed or cancelled upload is aborted:
// the call waits for that, but no longer than 800 ms after a cancellation; what
// is left goes on in the background, and [Driver.Close] waits for it. What a
// killed process leaves behind, [Driver.AbortStaleUploads] removes.
//
// Objects carry a CRC32C of their whole content, which the server checks on
// arrival and which whole-object reads and downloads check again. The payload
// itself is not signed, so over plain HTTP a network that alters requests on
// purpose can go unnoticed; use HTTPS where that matters.
//
// An answer that gets lost is resolved by looking at what the server holds:
// the write succeeded exactly if the object there has the content, content
// type and metadata that were sent. Two concurrent IfAbsent writers with
// identical bytes can therefore both succeed if the winner's answer is lost.
//
// # Reads
//
// A body that breaks off is continued with a range request pinned to the ETag
// read first; an object replaced in between ends the read in
// [driver.ErrObjectChanged].
//
// # Retries
//
// Each request is tried again after network errors, timeouts, stalls and
// answers that ask for it (429, 5xx), up to Config.MaxRetries times, waiting
// with exponential backoff and jitter. No budget is shared between calls.
package s3driver
