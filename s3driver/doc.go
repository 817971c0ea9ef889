// Package s3driver stores objects in Amazon S3 and in servers that speak its
// protocol (MinIO, Ceph RGW, versitygw, Cloudflare R2, …).
//
// Importing the package registers the URL scheme "s3"; [New] makes a driver
// for many buckets that share one connection pool.
//
// # Opening
//
// A URL names a bucket, s3://my-bucket?region=eu-west-1, and takes the parameters
// region, endpoint, path_style, profile, max_retries (0 for none), retry_delay,
// max_retry_delay, stall_timeout (durations such as 100ms), part_size (bytes),
// concurrency and compatibility (md5), which are the fields of [Config]. Zero means
// the default, as in a Config, for retry_delay, max_retry_delay, stall_timeout,
// part_size and concurrency, but not for max_retries: 0 is none there, as is -1. A
// negative stall_timeout such as -1s means none. path_style is
// VirtualHosted turned round: with an endpoint it is true by default, and false needs
// one whose host is a name, not an IP address. Credentials have no place in a URL: they
// come from the environment or the profile. A driver made by [New] opens many buckets,
// takes credentials in its Config, and has [Driver.AbortStaleUploads].
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
// Config.Concurrency+1 parts are held. Parts grow as far as 5 TiB need to fit
// into 10,000 of them; those of a body of unknown length double every 900 parts.
//
// Whether the condition of an upload of parts holds, the server says when all of
// them have been sent. So the object is looked at before, with a request more: a
// condition that cannot hold is refused at once.
//
// A failed or cancelled upload is aborted: the call waits for that, but no
// longer than 800 ms after a cancellation; what is left goes on in the
// background, and [Driver.Close] waits for it. What a killed process leaves
// behind, [Driver.AbortStaleUploads] removes.
//
// A cancellation ends the request under way: one that makes an upload in the
// background, when it is answered, and one that completes an upload when that is
// aborted, but before the call returns. A request that the server has by then, it
// may still carry out: after a cancelled call the object is the old one or the new
// one, whole, and the call returns the context's error either way.
//
// Objects carry a CRC32C of their whole content, which the server checks on
// arrival and which whole-object reads and downloads check again. The payload
// itself is not signed, so over plain HTTP a network that alters requests on
// purpose can go unnoticed; use HTTPS where that matters. For servers that do
// not take such checksums there is [CompatibilityMD5].
//
// # Lost answers
//
// When the answer to a write is lost, and no later attempt settles it, the
// object itself is looked at, for at most 10 s: the write has succeeded exactly
// if what is there has the content, content type, headers, metadata and tags
// that were sent. A write without a condition may so report an equal object
// that was there before as its own; one with IfAbsent or IfMatch, and a copy, do
// not, if it is older than the write by more than 2 s, which is as well as times
// tell. Two IfAbsent writers of identical bytes within that time can both succeed
// if an answer is lost; not so with uploads of parts, which the server knows for as
// long as they are not completed.
//
// A lost answer to CreateMultipartUpload may leave an upload whose ID nobody
// knows. Five seconds later, in the background, the driver lists the uploads of
// this one key and aborts those that were made, by the server's clock, while
// the answer got lost, that have no part yet and that this process does not
// know, but none if there are more of them than lost answers. Another process
// that began to upload the same key in that very moment, and has not finished
// its first part seconds later, can lose its upload (it gets an error). A
// request that the server carries out later than 2 s after it was given up
// leaves its upload to AbortStaleUploads, as does a principal that may not list
// uploads.
//
// # Reads
//
// A body that breaks off is continued with a range request pinned to the ETag
// read first; an object replaced in between ends the read in
// [driver.ErrObjectChanged], on servers that ignore If-Match as well. Whole
// objects, read or downloaded, are checked against the CRC32C that the server
// keeps for them, if it does; a part of an object, asked for with a range, has
// no checksum and is checked for its length and ETag only.
//
// Nothing is joined by a weak ETag (W/"…"), which proxies give to answers that they
// may have changed: such an object is read in one piece, and a read of it that breaks
// off has failed. Its ETag is given without the mark, as lists have it. No answer is
// asked for in an encoding, and none is decoded: an object stored with
// Content-Encoding gzip is read as it was written.
//
// An answer that is not what was asked for (another range, no ETag, length or
// time, a page in place of XML, entries that do not advance) is an error, after
// the retries; it names the header that is missing. Error bodies are read up to
// 64 KiB, other XML up to 16 MiB.
//
// A server that does not list in the byte order of the keys, but by a locale, say,
// has each page sorted and fails at the first page that belongs before another, so
// that no key is lost or given twice unseen. What StartAfter leaves out is decided by
// the server's order as well as by that of the bytes. For directory buckets see
// [Express].
//
// # Servers
//
// Amazon S3 takes any key. Servers that keep keys as paths of files do not, and this
// package sends keys as they are. Beside an object "a", MinIO takes "a/b" as well,
// and reads it, but lists only "a": nothing that starts from a list, such as DeleteAll of a
// Prefix, CopyMany of what a list gave, or DownloadDir, meets "a/b" while "a" is there,
// and all of them succeed. versitygw refuses the second of the two. Both refuse empty
// segments ("a//b"), "." and "..", or clean them away, and segments above 255 bytes. So
// give no object the name of another's folder where such a server may be used.
//
// # Retries
//
// Each request is tried again after network errors, timeouts, stalls, malformed
// answers, those that ask for it (429, 5xx but 501) and a page with status 404 that
// is not S3's, up to Config.MaxRetries times, waiting with exponential backoff and
// jitter. No budget is shared between calls. By default there are three retries,
// after 50 to 100, 100 to 200 and 200 to 400 ms: a server that refuses connections
// for longer than 350 ms can fail a call. Each further retry doubles what is ridden
// out, up to waits of MaxRetryDelay: MaxRetries 9 rides out 25 s, enough for a server
// that is restarted, and makes a call that is in vain take up to 51 s. Credentials
// that the server calls expired are fetched anew, once for all requests that met it,
// and a wrong clock is corrected by the server's. Redirects are not followed: a
// bucket in another region is an error that names the region, and nothing is sent to
// another host.
//
// # Errors
//
// What [New], [Driver.AbortStaleUploads] and the other calls of this package return
// are plain errors that match the sentinels of package driver, which are those of
// package store; calls through package store wrap them in a *store.Error.
//
// The error of a connection names the host and port. So does that of an answer
// which is not S3's, a proxy's page, of which it shows the title; with status 404
// such a page does not mean that something is missing. The answer to a HEAD has no
// body, so that what Head, Exists and a look for a bucket fail by is told by its
// status alone, such as "access denied: Forbidden: no reason given"; a GET of the
// same key tells more. Amazon also denies a caller without the permission
// s3:ListBucket the HEAD or GET of an object that does not exist.
package s3driver
