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
