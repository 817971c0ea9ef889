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
// # Opening
//
// Importing the package registers the URL scheme "file": file:///var/data, or
// file://./data for a path relative to the working directory. The directory is
// the bucket. Parameters:
//
//   - create=true makes the directory, and those above it,
//   - no_sync=true is [Options].NoSync.
//
// [New] makes a driver for many buckets, the directories in one.
//
// # What is not an object
//
// Lists leave out, and no call gives as an object:
//
//   - the reserved directory .s3mio, in any case of its letters, and others of its
//     name, at any depth,
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
// or special file, is refused with [driver.ErrAccessDenied], unless its object is in
// .s3mio: then that is what every call and list gives.
//
// Everything else is: .git and .DS_Store, too. To use a fixture directory of a
// repository, open a directory that holds nothing else, and leave .s3mio out of
// version control, which does not keep modification times: without them content
// type, metadata and tags are lost.
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
// A page of a listing has every object put before the page was asked for, by this
// process. What another process puts into a directory that the listing is in the
// middle of may be missing from its later pages, and is in every listing begun
// afterwards.
//
// Nothing outside the directory is ever touched: all access goes through
// [os.Root], and symbolic links, named pipes, sockets and devices are refused.
//
// A file that is replaced keeps its permissions; new ones get what the umask leaves.
// Users who share a directory need the right to write to what the others make. A
// subdirectory that cannot be read, such as lost+found, fails a list that reaches
// it, rather than being left out.
//
// Directories written by gocloud.dev/blob/fileblob open with their metadata,
// and fileblob reads the content of what is written here under natural keys.
//
// # Costs
//
// An object takes two files, its own and one for its attributes. A write syncs both,
// and their directories.
//
// A page of a listing costs its entries; the first page, and one asked for
// after the listing was left alone for some minutes, also reads the directories
// on the way to its first key. Between two pages the names of the directories
// being walked stay in memory (about 60 bytes a name and the name, for at most
// 256 listings and 4 million names per driver).
package filedriver
