package store

import (
	"math/bits"
	"strings"
	"unicode/utf8"

	"github.com/s3mio/s3mio/driver"
)

// Options change what a call does. An option that a call cannot honour is
// refused with [ErrValidation], one that the backend cannot honour with
// [ErrUnsupported], both before anything happens; none is ever dropped. Given
// twice, the last one counts.
type (
	// WriteOption modifies Put, NewWriter, Upload and UploadDir; the last takes
	// no Size and no IfMatch, and it alone takes Workers.
	WriteOption interface{ writeOption() option }
	// ReadOption modifies GetBytes, GetText, GetJSON, Open, Lines, Stream,
	// Download and DownloadDir. Encoding is for GetText and Lines, ChunkSize
	// for Stream; DownloadDir takes OnProgress and Workers only.
	ReadOption interface{ readOption() option }
	// ListOption modifies List, All and ListDir.
	ListOption interface{ listOption() option }
	// HeadOption modifies Head.
	HeadOption interface{ headOption() option }
	// CopyOption modifies Copy and CopyMany; Workers is for CopyMany.
	CopyOption interface{ copyOption() option }
	// PresignOption modifies PresignGet and PresignPut.
	PresignOption interface{ presignOption() option }
)

// Options that serve several kinds of call.
type (
	// ReadWriteOption modifies reads and writes.
	ReadWriteOption interface {
		ReadOption
		WriteOption
	}
	// WritePresignOption modifies writes and presigned URLs.
	WritePresignOption interface {
		WriteOption
		PresignOption
	}
	// WorkersOption modifies the calls that work on many objects at once.
	WorkersOption interface {
		WriteOption
		ReadOption
		CopyOption
	}
)

// option is what every option is made of.
type option struct {
	bit   optionSet
	apply func(*config)
}

func (o option) writeOption() option   { return o }
func (o option) readOption() option    { return o }
func (o option) listOption() option    { return o }
func (o option) headOption() option    { return o }
func (o option) copyOption() option    { return o }
func (o option) presignOption() option { return o }

// config is what the options of one call add up to.
type config struct {
	given optionSet
	err   error // the first option with a bad value

	put        driver.PutOptions
	get        driver.GetOptions
	list       driver.ListOptions
	etag       string // IfMatch, of a read or a write
	encoding   string
	chunkSize  int
	workers    int
	progress   func(Progress)
	withTags   bool
	copyTarget *core
}

type optionSet uint32

const (
	optContentType optionSet = 1 << iota
	optMetadata
	optTags
	optCacheControl
	optContentDisposition
	optContentEncoding
	optContentLanguage
	optStorageClass
	optIfAbsent
	optIfMatch
	optIfNoneMatch
	optOnProgress
	optSize
	optRange
	optTail
	optEncoding
	optChunkSize
	optWorkers
	optKeyPrefix
	optDelimiter
	optStartAfter
	optPageSize
	optWithTags
	optTo
)

var optionNames = []string{"ContentType", "Metadata", "Tags", "CacheControl", "ContentDisposition",
	"ContentEncoding", "ContentLanguage", "StorageClass", "IfAbsent", "IfMatch", "IfNoneMatch", "OnProgress",
	"Size", "Range", "Tail", "Encoding", "ChunkSize", "Workers", "KeyPrefix", "Delimiter", "StartAfter",
	"PageSize", "WithTags", "To"}

func (s optionSet) name() string { return optionNames[bits.TrailingZeros32(uint32(s))] }

// What each call can honour.
const (
	optsHeaders   = optContentType | optMetadata | optTags | optCacheControl | optContentDisposition | optContentEncoding | optContentLanguage | optStorageClass
	optsWrite     = optsHeaders | optIfAbsent | optIfMatch | optOnProgress | optSize
	optsUploadDir = optsHeaders | optIfAbsent | optOnProgress | optWorkers
	optsRead      = optRange | optTail | optIfMatch | optIfNoneMatch | optOnProgress
	optsText      = optsRead | optEncoding
	optsStream    = optsRead | optChunkSize
	optsDirDown   = optOnProgress | optWorkers
	optsList      = optKeyPrefix | optDelimiter | optStartAfter | optPageSize
)

// The kinds of option differ only in the method that gives the option itself.
func newConfig[O any](call string, allowed optionSet, opts []O, get func(O) option) (*config, error) {
	c := &config{workers: defaultWorkers, chunkSize: defaultChunkSize}
	c.put.Size = -1
	for _, o := range opts {
		if any(o) == nil {
			return nil, invalid("%s: an option is nil", call)
		}
		opt := get(o)
		if opt.bit&allowed == 0 {
			return nil, invalid("%s does not take the option %s", call, opt.bit.name())
		}
		c.given |= opt.bit
		opt.apply(c)
	}
	if c.given.has(optIfAbsent | optIfMatch) {
		c.refuse(invalid("IfAbsent and IfMatch exclude each other"))
	}
	if c.given.has(optRange | optTail) {
		c.refuse(invalid("Range and Tail exclude each other"))
	}
	c.put.IfMatch, c.get.IfMatch = c.etag, c.etag
	return c, c.err
}

func (s optionSet) has(all optionSet) bool { return s&all == all }

// refuse keeps the first error.
func (c *config) refuse(err error) {
	if c.err == nil {
		c.err = err
	}
}

func writeConfig(call string, allowed optionSet, opts []WriteOption) (*config, error) {
	c, err := newConfig(call, allowed, opts, WriteOption.writeOption)
	if err == nil && c.put.Metadata != nil {
		lower := make(map[string]string, len(c.put.Metadata))
		for k, v := range c.put.Metadata {
			lower[strings.ToLower(k)] = v
		}
		c.put.Metadata = lower
	}
	return c, err
}

func readConfig(call string, allowed optionSet, opts []ReadOption) (*config, error) {
	return newConfig(call, allowed, opts, ReadOption.readOption)
}

func listConfig(call string, opts []ListOption) (*config, error) {
	c, err := newConfig(call, optsList, opts, ListOption.listOption)
	if err != nil {
		return nil, err
	}
	for name, s := range map[string]string{"KeyPrefix": c.list.Prefix, "Delimiter": c.list.Delimiter, "StartAfter": c.list.StartAfter} {
		if !utf8.ValidString(s) {
			return nil, invalid("%s is not valid UTF-8", name)
		}
	}
	return c, nil
}
