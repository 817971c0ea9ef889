package filedriver

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/s3mio/s3mio/driver"
)

// attrsHeader begins every attributes file.
const attrsHeader = "s3mio attributes 1"

// record holds the attributes of one version of an object.
type record struct {
	stamp
	etag  string
	class string
	rest  []byte // JSON of details
}

// details are what only Head and Get show.
type details struct {
	ContentType        string            `json:"content_type"`
	CacheControl       string            `json:"cache_control,omitempty"`
	ContentDisposition string            `json:"content_disposition,omitempty"`
	ContentEncoding    string            `json:"content_encoding,omitempty"`
	ContentLanguage    string            `json:"content_language,omitempty"`
	Metadata           map[string]string `json:"metadata,omitempty"`
	Tags               map[string]string `json:"tags,omitempty"`
}

// fill adds the details to info; the tags only when they are asked for.
func (d *details) fill(info *driver.ObjectInfo, tags bool) {
	info.ContentType = d.ContentType
	info.CacheControl = d.CacheControl
	info.ContentDisposition = d.ContentDisposition
	info.ContentEncoding = d.ContentEncoding
	info.ContentLanguage = d.ContentLanguage
	if len(d.Metadata) > 0 {
		info.Metadata = d.Metadata
	}
	if tags {
		info.Tags = map[string]string{}
		maps.Copy(info.Tags, d.Tags)
	}
}

// detailsOf gives the details that an object with everything filled in has.
func detailsOf(info *driver.ObjectInfo) details {
	return details{
		ContentType:        info.ContentType,
		CacheControl:       info.CacheControl,
		ContentDisposition: info.ContentDisposition,
		ContentEncoding:    info.ContentEncoding,
		ContentLanguage:    info.ContentLanguage,
		Metadata:           info.Metadata,
		Tags:               info.Tags,
	}
}

// encodeAttrs gives the text of an attributes file: the header, the key, and
// for each record a line with what a listing shows and a line with the rest.
func encodeAttrs(key string, records []record) ([]byte, error) {
	quoted, err := json.Marshal(key)
	if err != nil {
		return nil, err
	}
	b := append(make([]byte, 0, 1<<10), attrsHeader+"\n"...)
	b = append(append(b, quoted...), '\n')
	for _, r := range records {
		b = fmt.Appendf(b, "%d %d.%09d %s %s\n", r.size, r.sec, r.nsec, r.etag, r.class)
		b = append(append(b, r.rest...), '\n')
	}
	return b, nil
}

// decodeAttrs reverses [encodeAttrs]. A file that is not complete, as a system
// crash can leave it when nothing is synced, counts as having no records.
func decodeAttrs(text string) (quotedKey string, records []record) {
	if !strings.HasSuffix(text, "\n") {
		return "", nil
	}
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if len(lines) < 2 || lines[0] != attrsHeader {
		return "", nil
	}
	for l := lines[2:]; len(l) >= 2; l = l[2:] {
		r, ok := decodeRecord(l[0])
		if !ok {
			return "", nil
		}
		r.rest = []byte(l[1])
		records = append(records, r)
	}
	return lines[1], records
}

func decodeRecord(line string) (r record, ok bool) {
	size, line, _ := strings.Cut(line, " ")
	sec, line, _ := strings.Cut(line, ".")
	nsec, line, _ := strings.Cut(line, " ")
	var errs [3]error
	r.size, errs[0] = strconv.ParseInt(size, 10, 64)
	r.sec, errs[1] = strconv.ParseInt(sec, 10, 64)
	r.nsec, errs[2] = strconv.ParseInt(nsec, 10, 64)
	r.etag, r.class, ok = strings.Cut(line, " ")
	return r, ok && errs == [3]error{} && r.etag != "" && r.class != ""
}

// match finds the record of a data file.
func match(records []record, st stamp) (record, bool) {
	for _, r := range records {
		if r.stamp == st {
			return r, true
		}
	}
	return record{}, false
}

var attrsBuffers = sync.Pool{New: func() any { return new([8 << 10]byte) }}

// readAttrs reads the attributes of a key; a missing file has no records.
func (s *space) readAttrs(id keyID) ([]record, error) {
	text, err := s.readAttrsText(id)
	_, records := decodeAttrs(text)
	return records, err
}

// readAttrsKey reads the key from attributes, "" when there is none that can be
// read.
func (s *space) readAttrsKey(id keyID) (key string, err error) {
	text, err := s.readAttrsText(id)
	if err != nil {
		return "", err
	}
	quoted, _ := decodeAttrs(text)
	if json.Unmarshal([]byte(quoted), &key) != nil {
		return "", nil
	}
	return key, nil
}

func (s *space) readAttrsText(id keyID) (string, error) {
	part, err := s.attrsPart(id)
	var f brief
	if err == nil {
		f, err = openBrief(part, id.attrsName(), os.O_RDONLY)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	buf := attrsBuffers.Get().(*[8 << 10]byte)
	defer attrsBuffers.Put(buf)
	n, err := f.read(buf[:])
	text := string(buf[:n])
	// A read of a regular file that is short has reached the end. More is rare:
	// metadata and tags have limits.
	for err == nil && n == len(buf) && len(text) < maxFileRead {
		n, err = f.read(buf[:])
		text += string(buf[:n])
	}
	return text, errors.Join(err, f.close())
}

// writeAttrs replaces the attributes of a key, atomically and durably, or
// removes them when there are no records. The caller holds the key's lock.
func (s *space) writeAttrs(id keyID, key string, records []record) error {
	if len(records) == 0 {
		return s.removeAttrs(id)
	}
	text, err := encodeAttrs(key, records)
	if err != nil {
		return err
	}
	part, err := s.makeAttrsPart(id)
	if err != nil {
		return err
	}
	tmp, err := s.writeTemp(id, attrsTemp, text)
	if err != nil {
		return err
	}
	if err = s.drv.reach("attrs-rename"); err == nil {
		err = s.rename(s.tmp, tmp, part, id.attrsName())
	}
	if err != nil {
		return errors.Join(err, s.tmp.Remove(tmp))
	}
	if err := s.sync(part); err != nil {
		return err
	}
	return s.drv.reach("attrs-renamed")
}

func (s *space) removeAttrs(id keyID) error {
	part, err := s.attrsPart(id)
	if err == nil {
		err = part.Remove(id.attrsName())
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
