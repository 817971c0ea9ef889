// Package filedriver keeps objects as files: a bucket is a directory, and the
// object logs/2025/app.log is the file logs/2025/app.log in it.
//
// A file that somebody drops into the directory is an object, with a content
// type by its extension, no metadata, and an ETag made from its identity. A
// file edited by hand loses what was known of its old content. Keys that
// cannot be file names (a beside a/b, a//b, .., very long ones) and all
// attributes are held in the reserved directory .s3mio inside the bucket. The
// format is described in docs/filedriver-format.md.
//
// # What is not an object
//
// Lists leave out, and no call gives as an object:
//
//   - the reserved directory .s3mio, in any case of its letters,
//   - files and directories whose names end in .attrs, in any case. A file
//     NAME.attrs of up to 64 KiB that holds what fileblob writes, one JSON object
//     with members of fileblob's and no others, is the sidecar of NAME: it gives
//     NAME its attributes, and goes when NAME is written or deleted. Any other
//     is left alone,
//   - names that are not UTF-8, and paths of more than 1,024 bytes,
//   - directories, and whatever is no regular file: links, named pipes, sockets
//     and devices.
//
// A key such as x.attrs or .s3mio/x is one like any other when it is written
// here: it is held in .s3mio. But a key that leads through a link, or to a link
// or special file, is refused with [driver.ErrAccessDenied].
//
// # Guarantees
//
// A write is all or nothing for readers and for crashes: content, content type,
// headers, metadata and tags change together, and what a killed process leaves
// behind is removed when the directory is next opened. Unless
// [Options].NoSync is set, a call that returned has reached the disk. Any
// number of drivers, in one process or several, may use one directory at once;
// conditional writes have one winner among all of them.
//
// Nothing outside the directory is ever touched: all access goes through
// [os.Root], and symbolic links, named pipes, sockets and devices are refused.
//
// Directories written by gocloud.dev/blob/fileblob open with their metadata,
// and fileblob reads the content of what is written here under natural keys.
//
// # Costs
//
// A page of a listing costs its entries; the first page, and one asked for
// after the listing was left alone for some minutes, also reads the directories
// on the way to its first key. Between two pages the names of the directories
// being walked stay in memory (about 60 bytes a name and the name, for at most
// 8 listings and 4 million names per driver).
package filedriver
