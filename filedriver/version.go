package filedriver

import (
	"io/fs"
	"strconv"
	"time"
)

// stamp ties attributes to the data file they describe: its size and
// modification time. A writer gives every data file a time of its own.
type stamp struct {
	size int64
	sec  int64 // Unix time
	nsec int64
}

// coarse reports whether the time seems to be kept to the microsecond at most, so
// that another file may have the same. Of one made by hand it may seem so only.
func (s stamp) coarse() bool { return s.nsec%1000 == 0 }

// version is the identity of a data file: two looks at a path that give equal
// versions saw the same content.
type version struct {
	stamp
	dev, ino uint64
}

func versionOf(fi fs.FileInfo) version {
	t := fi.ModTime()
	v := version{stamp: stamp{fi.Size(), t.Unix(), int64(t.Nanosecond())}}
	v.dev, v.ino = inode(fi)
	return v
}

// modified is the time as objects show it.
func (s stamp) modified() time.Time { return time.Unix(s.sec, 0).UTC() }

// etag is the ETag of a file that nobody has computed an MD5 of.
func (v version) etag() string {
	b := strconv.AppendInt(make([]byte, 0, 48), v.size, 16)
	b = strconv.AppendInt(append(b, '-'), v.sec, 16)
	b = strconv.AppendInt(append(b, '-'), v.nsec, 16)
	return string(strconv.AppendUint(append(b, '-'), v.ino, 16))
}
