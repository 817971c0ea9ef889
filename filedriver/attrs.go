package filedriver

import (
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"os"
	"slices"
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
	rest  string // JSON of details
}

// details are what only Head and Get show, and the key, so that the file can be
// told what it is of.
type details struct {
	Key                string            `json:"key"`
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
func detailsOf(key string, info *driver.ObjectInfo) details {
	return details{
		Key:                key,
		ContentType:        info.ContentType,
		CacheControl:       info.CacheControl,
		ContentDisposition: info.ContentDisposition,
		ContentEncoding:    info.ContentEncoding,
		ContentLanguage:    info.ContentLanguage,
		Metadata:           info.Metadata,
		Tags:               info.Tags,
	}
}

// appendText appends the record as it is in a file: an empty line, which also ends
// what a crash may have torn off, a line with what a listing shows and the length of
// the next one, which has the rest.
func (r *record) appendText(b []byte) []byte {
	b = strconv.AppendInt(append(b, '\n'), r.size, 10)
	b = strconv.AppendInt(append(b, ' '), r.sec, 10)
	b = append(b, '.')
	for digit := int64(1e8); digit > 0; digit /= 10 {
		b = append(b, byte('0'+r.nsec/digit%10))
	}
	b = append(append(b, ' '), r.etag...)
	b = append(append(b, ' '), r.class...)
	b = strconv.AppendInt(append(b, ' '), int64(len(r.rest)), 10)
	b = append(append(b, '\n'), r.rest...)
	return append(b, '\n')
}

// encodeAttrs gives the text of an attributes file.
func encodeAttrs(records []record) []byte {
	b := append(make([]byte, 0, 1<<10), attrsHeader+"\n"...)
	for i := range records {
		b = records[i].appendText(b)
	}
	return b
}

// decodeAttrs gives the records that are whole, in the order of the file.
func decodeAttrs(text string) []record { return slices.Collect(eachRecord(text)) }

func eachRecord(text string) iter.Seq[record] {
	return func(yield func(record) bool) {
		var line string
		for next, more := cutLine(&text); more; next, more = cutLine(&text) {
			// What follows a torn line may have its length, but is no JSON object.
			if r, length, ok := decodeRecord(line); ok && len(next) == length && strings.HasPrefix(next, "{") {
				if r.rest = next; !yield(r) {
					return
				}
				next = ""
			}
			line = next
		}
	}
}

// cutLine cuts a line from the text. What is not ended is none.
func cutLine(text *string) (line string, ok bool) {
	line, rest, ok := strings.Cut(*text, "\n")
	*text = rest
	return line, ok
}

func decodeRecord(line string) (r record, length int, ok bool) {
	if line == "" || line[0] > '9' {
		return r, 0, false // most lines: no need to find out what is wrong with the number
	}
	size, line, _ := strings.Cut(line, " ")
	sec, line, _ := strings.Cut(line, ".")
	nsec, line, _ := strings.Cut(line, " ")
	var errs [4]error
	r.size, errs[0] = strconv.ParseInt(size, 10, 64)
	r.sec, errs[1] = strconv.ParseInt(sec, 10, 64)
	r.nsec, errs[2] = strconv.ParseInt(nsec, 10, 64)
	var rest string
	r.etag, line, _ = strings.Cut(line, " ")
	r.class, rest, _ = strings.Cut(line, " ")
	length, errs[3] = strconv.Atoi(rest)
	return r, length, errs == [4]error{} && r.etag != "" && r.class != ""
}

// match finds the record of a data file, the newest if there should be two.
func match(records iter.Seq[record], st stamp) (found record, ok bool) {
	for r := range records {
		if r.stamp == st {
			found, ok = r, true
		}
	}
	return found, ok
}

var attrsBuffers = sync.Pool{New: func() any { return new([8 << 10]byte) }}

// readAttrs reads the attributes of a key; a missing file has no text.
func (s *space) readAttrs(id keyID) (string, error) {
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
	if !strings.HasPrefix(text, attrsHeader) {
		if fi, lookErr := f.look(); lookErr == nil && !fi.mode.IsRegular() {
			return "", errors.Join(fmt.Errorf("attributes: %w", errIrregular), f.close())
		}
	}
	// A read of a regular file that is short has reached the end. More is rare:
	// metadata and tags have limits.
	for err == nil && n == len(buf) && len(text) < maxFileRead {
		n, err = f.read(buf[:])
		text += string(buf[:n])
	}
	return text, errors.Join(err, f.close())
}

// maxAppended is up to which size, in bytes, an attributes file is appended to.
const maxAppended = 4 << 10

// appendAttrs adds a record to the attributes of a key, durably, and without a look
// at the others: they stay good. It reports false when the file is to be replaced:
// it has grown, or is not one that only this bucket has. With first set there is
// most likely no file yet. The caller holds the key's lock.
func (s *space) appendAttrs(id keyID, r *record, first bool) (done bool, err error) {
	part, err := s.makeAttrsPart(id)
	if err != nil {
		return false, err
	}
	if err := s.drv.reach("attrs-append"); err != nil {
		return false, err
	}
	name := id.attrsName()
	const flags = os.O_WRONLY | os.O_APPEND | os.O_CREATE
	var f brief
	if first {
		f, err = openBrief(part, name, flags|os.O_EXCL)
		first = err == nil
	}
	if !first {
		f, err = openBrief(part, name, flags)
	}
	if errors.Is(err, fs.ErrPermission) {
		return false, nil // the file is not ours to change, perhaps to replace
	}
	if err != nil {
		return false, err
	}
	empty := true
	if !first {
		fi, err := f.look()
		// What has another name is somebody's copy, which is not to change.
		if err != nil || fi.size > maxAppended || !fi.mode.IsRegular() || fi.links != 1 {
			return false, errors.Join(err, f.close())
		}
		empty = fi.size == 0
	}
	text := make([]byte, 0, 1<<10)
	if empty {
		text = append(text, attrsHeader+"\n"...)
	}
	if err = s.drv.reach("attrs-write"); err == nil {
		err = f.write(r.appendText(text))
	}
	if err == nil && !s.drv.noSync {
		err = f.sync()
	}
	if err = errors.Join(err, f.close()); err != nil {
		return false, err
	}
	if err := s.sync(part); err != nil {
		return false, err
	}
	return true, s.drv.reach("attrs-appended")
}

// writeAttrs replaces the attributes of a key, atomically and durably, or
// removes them when there are no records. The caller holds the key's lock.
func (s *space) writeAttrs(id keyID, records []record) error {
	if len(records) == 0 {
		return s.removeAttrs(id)
	}
	part, err := s.makeAttrsPart(id)
	if err != nil {
		return err
	}
	tmp, err := s.writeTemp(id, attrsTemp, encodeAttrs(records))
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
