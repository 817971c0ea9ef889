// Package blobdriver is the bridge between this module and the Go CDK
// (gocloud.dev/blob), in both directions.
//
// # A *blob.Bucket as a driver
//
// [New] makes a driver with one bucket of any *blob.Bucket: Google Cloud
// Storage, Azure Blob Storage, or whatever else the Go CDK opens. For memory,
// files and S3 this module has drivers of its own, which keep more promises.
//
// These promises hold on every backend:
//
//   - A Put is abandoned, rather than published short, when its body fails or
//     is not as long as announced, and when its context ends.
//   - Get is tied to one version. A Go CDK reader names no version, so the
//     object is described before and after it is opened; an object that changed
//     in between is opened again. A Get costs three requests.
//   - An ETag is the content's MD5 in hexadecimal where the backend records
//     that, otherwise the backend's own. Listings of the Go CDK carry no ETags:
//     an entry without an MD5 costs a request of its own, unless
//     [Options.ListETag] can find the ETag in the entry.
//   - Deleting a missing object is success.
//   - What cannot be honoured is [driver.ErrUnsupported] before any side
//     effect: tags, PutOptions.IfMatch, storage classes, signed URLs where the
//     backend has none, and a content type that the Go CDK would rewrite (it
//     writes TEXT/HTML;charset=utf-8 as text/html; charset=utf-8) or refuse.
//
// Others are only as good as the backend and the Go CDK's package for it:
//
//   - PutOptions.IfAbsent is one atomic step on Google Cloud Storage, Azure, S3
//     and in memory, but not in fileblob. Whether a write whose answer was
//     lost in transit has won cannot be told.
//   - The order of a listing is the backend's, sorted within each page. That is
//     byte order but for keys that the Go CDK escapes on the wire (control
//     characters, "../" and the like), and not at all in fileblob, which loses
//     keys between pages.
//   - ListOptions.StartAfter has no counterpart: it costs a listing of what
//     precedes it, and gives empty pages meanwhile.
//   - A missing bucket cannot be told from a missing object. When the first
//     object asked for is missing, the bucket is listed, once, to find out; one
//     that may not be listed then counts as missing on backends that answer
//     so, and one that is removed later looks empty.
//   - Put asks for the ETag in a request after the write. Where there is no
//     MD5, it can be that of a later write of the same size, and it is empty
//     when the request fails: the write has succeeded nevertheless.
//   - ObjectInfo.StorageClass is always [driver.DefaultStorageClass].
//   - An object that the backend delivers in another encoding than it stores
//     (gzip content of Google Cloud Storage, decompressed on the way) is
//     ErrUnsupported in Get.
//   - memblob gives a copy the time of its source. fileblob can mix the bytes
//     of one version with the metadata of another, and drops content type and
//     metadata when it is told to write none.
//
// # A bucket of this module as a *blob.Bucket
//
// [OpenBucket] goes the other way: programs written against the Go CDK get the
// semantics of the drivers here in place of memblob, fileblob and s3blob.
// Writes are all or nothing, lists are complete and in byte order, conditions
// are atomic, keys travel unescaped, and a blob.Reader stays on the version it
// opened, through every Seek.
//
// What a driver.Bucket does not take is refused with gcerrors.InvalidArgument
// rather than escaped: keys with control characters, metadata that does not fit
// HTTP headers, copying an object onto itself. URLs for DELETE, and the option
// EnforceAbsentContentType, are gcerrors.Unimplemented. Delete of a missing
// object is gcerrors.NotFound, as the Go CDK demands, which costs a request
// more and is not one step with the delete. Attributes.MD5 is always nil, since
// an ETag need not be an MD5. Reads do not resume after a broken connection;
// package store does that.
//
// A blob.Writer publishes what it has when it is closed, even after the
// program failed to produce the rest: cancel its context before Close, or use
// blob.Bucket.Upload, which is safe here when its reader fails.
//
// The As functions give *blob.Bucket users what the Go CDK has no options for:
//
//   - Bucket: [driver.Bucket]
//   - Attributes, Reader, ListObject (not for "directories"): [driver.ObjectInfo]
//   - BeforeRead: [*driver.GetOptions], for IfMatch and IfNoneMatch
//   - BeforeWrite: [*driver.PutOptions], for IfMatch, Tags and StorageClass
//   - BeforeList: [*driver.ListOptions], for StartAfter
//   - BeforeSign: [*driver.PresignOptions]
//   - Error: the error types of the driver, as errors.As finds them
package blobdriver
