package filedriver

import (
	"cmp"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"reflect"
	"slices"
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

// sidecarKeys are the members of its JSON object.
var sidecarKeys = func() map[string]bool {
	keys := map[string]bool{}
	for f := range reflect.TypeFor[sidecar]().Fields() {
		keys[f.Tag.Get("json")] = true
	}
	return keys
}()

// maxSidecar is the largest file that counts as a sidecar, in bytes.
const maxSidecar = 64 << 10

// decodeSidecar reads the content of a sidecar. It gives nil for what fileblob
// does not write: anything but one JSON object with members of sidecarKeys and
// no others.
func decodeSidecar(text []byte) *sidecar {
	var members map[string]json.RawMessage
	if json.Unmarshal(text, &members) != nil || len(members) == 0 {
		return nil
	}
	// Unmarshaling a struct would ignore other members, and the case of names.
	for name := range members {
		if !sidecarKeys[name] {
			return nil
		}
	}
	var sc sidecar
	if json.Unmarshal(text, &sc) != nil {
		return nil
	}
	return &sc
}

// readSidecar reads what fileblob noted of the file of a name, and when. It
// gives nil when there is no file that must be a sidecar: another one of that
// name is somebody's own, or was torn by a crash, since fileblob writes in
// place, and must not make the object, or the list it is in, unreadable.
func readSidecar(dir *dir, name string) (*sidecar, version, error) {
	seen, err := dir.look(name + sidecarExt)
	if isMissing(err) || unplaceableName(err) {
		return nil, version{}, nil
	}
	if err != nil {
		return nil, version{}, err
	}
	if !seen.mode.IsRegular() || seen.size > maxSidecar {
		return nil, version{}, nil
	}
	f, err := dir.OpenFile(name+sidecarExt, os.O_RDONLY|openFlags, 0)
	if isMissing(err) || errors.Is(err, fs.ErrPermission) || escapes(err) {
		return nil, version{}, nil
	}
	if err != nil {
		return nil, version{}, err
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil {
		return nil, version{}, err
	}
	if !seen.is(fi) {
		return nil, version{}, nil // perhaps a link took its place
	}
	text, err := io.ReadAll(io.LimitReader(f, maxSidecar+1))
	if err != nil || len(text) > maxSidecar {
		return nil, version{}, err
	}
	return decodeSidecar(text), versionOf(fi), nil
}

// sidecarOf reads the sidecar of a file unless it is older than the file: the
// file was changed since.
func sidecarOf(dir *dir, name string, v version) (*sidecar, error) {
	sc, at, err := readSidecar(dir, name)
	if at.sec < v.sec || at.sec == v.sec && at.nsec < v.nsec {
		sc = nil
	}
	return sc, err
}

// hasSidecar reports whether there is a sidecar at a natural place, of a file
// that need not be there.
func hasSidecar(open opener, p place) (bool, error) {
	d, err := open(p)
	if isGone(err) || unplaceableName(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer d.release()
	sc, _, err := readSidecar(d, p.name())
	return sc != nil, err
}

// removeSidecar removes the sidecar at a natural place, and no other file of
// that name.
func (s *space) removeSidecar(p place) error {
	d, err := s.openParent(p)
	if isGone(err) || unplaceableName(err) {
		return nil
	}
	if err != nil {
		return err
	}
	defer d.release()
	sc, _, err := readSidecar(d, p.name())
	if err != nil || sc == nil {
		return err
	}
	if err := d.Remove(p.name() + sidecarExt); !isMissing(err) {
		return err
	}
	return nil
}

// fillForeign describes a file that has no record of ours; sc may be nil.
func fillForeign(info *driver.ObjectInfo, v version, sc *sidecar, w want) {
	info.StorageClass = driver.DefaultStorageClass
	info.ETag = v.etag()
	if sc == nil {
		sc = &sidecar{}
	}
	if len(sc.MD5) > 0 {
		info.ETag = hex.EncodeToString(sc.MD5)
	}
	if w == wantEntry {
		return
	}
	d := details{
		ContentType:        cmp.Or(sc.ContentType, contenttype.ByName(info.Key)),
		CacheControl:       sc.CacheControl,
		ContentDisposition: sc.ContentDisposition,
		ContentEncoding:    sc.ContentEncoding,
		ContentLanguage:    sc.ContentLanguage,
		Metadata:           make(map[string]string, len(sc.Metadata)),
	}
	// Of names that differ in case only, the one last in order counts, on every call.
	for _, k := range slices.Sorted(maps.Keys(sc.Metadata)) {
		d.Metadata[strings.ToLower(k)] = sc.Metadata[k]
	}
	d.fill(info, w == wantTags)
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
