package filedriver

import (
	"cmp"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/s3mio/s3mio/driver"
	"github.com/s3mio/s3mio/internal/contenttype"
)

// sidecarExt ends the names of the files in which gocloud's fileblob keeps
// attributes.
const sidecarExt = ".attrs"

// sidecar is the content of such a file (gocloud.dev/blob/fileblob, attrs.go).
type sidecar struct {
	CacheControl       string            `json:"user.cache_control"`
	ContentDisposition string            `json:"user.content_disposition"`
	ContentEncoding    string            `json:"user.content_encoding"`
	ContentLanguage    string            `json:"user.content_language"`
	ContentType        string            `json:"user.content_type"`
	Metadata           map[string]string `json:"user.metadata"`
	MD5                []byte            `json:"md5"`
}

// readSidecar reads what fileblob noted of the file of a name. It gives nil
// when there is no sidecar, when the file was changed since, or when the sidecar
// is damaged: fileblob writes it in place, and one torn by a crash must not
// make the object, or the list it is in, unreadable.
func readSidecar(dir *dir, name string, v version) (*sidecar, error) {
	fi, err := dir.Lstat(name + sidecarExt)
	if err == nil && !fi.Mode().IsRegular() || unplaceableName(err) {
		return nil, nil
	}
	var f *os.File
	if err == nil {
		f, err = dir.OpenFile(name+sidecarExt, os.O_RDONLY|openFlags, 0)
	}
	if isMissing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if fi, err = f.Stat(); err != nil {
		return nil, err
	}
	of := versionOf(fi)
	if !fi.Mode().IsRegular() || of.sec < v.sec || of.sec == v.sec && of.nsec < v.nsec {
		return nil, nil
	}
	text, err := io.ReadAll(io.LimitReader(f, maxFileRead))
	if err != nil {
		return nil, err
	}
	var sc sidecar
	if json.Unmarshal(text, &sc) != nil {
		return nil, nil
	}
	return &sc, nil
}

// removeSidecar removes fileblob's sidecar of the file at a natural place.
func (s *space) removeSidecar(p place) error {
	d, err := s.openParent(p)
	if err == nil {
		err = d.Remove(p.name() + sidecarExt)
		d.release()
	}
	if isGone(err) || unplaceableName(err) {
		return nil
	}
	return err
}

// hasSidecar reports whether there is a sidecar of the file at a natural place.
func (s *space) hasSidecar(p place) bool {
	d, err := s.openParent(p)
	if err != nil {
		return false
	}
	defer d.release()
	fi, err := d.Lstat(p.name() + sidecarExt)
	return err == nil && fi.Mode().IsRegular()
}

// fillForeign describes a file that has no record of ours.
func fillForeign(info *driver.ObjectInfo, v version, sc *sidecar) {
	info.StorageClass = driver.DefaultStorageClass
	info.ETag = v.etag()
	if sc == nil {
		info.ContentType = contenttype.ByName(info.Key)
		return
	}
	if len(sc.MD5) > 0 {
		info.ETag = hex.EncodeToString(sc.MD5)
	}
	d := details{
		ContentType:        cmp.Or(sc.ContentType, contenttype.ByName(info.Key)),
		CacheControl:       sc.CacheControl,
		ContentDisposition: sc.ContentDisposition,
		ContentEncoding:    sc.ContentEncoding,
		ContentLanguage:    sc.ContentLanguage,
		Metadata:           make(map[string]string, len(sc.Metadata)),
	}
	for k, v := range sc.Metadata {
		d.Metadata[strings.ToLower(k)] = v
	}
	d.fill(info, false)
}

// unplaceableName reports whether the system says that it cannot hold a name.
func unplaceableName(err error) bool {
	for _, e := range unplaceable {
		if errors.Is(err, e) && !errors.Is(err, fs.ErrNotExist) {
			return true
		}
	}
	return false
}
