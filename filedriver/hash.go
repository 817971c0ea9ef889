package filedriver

import (
	"crypto/md5"
	"encoding/hex"
	"hash"
	"sync"
)

// hasher computes the MD5 of a stream of chunks. From the second chunk on a
// goroutine does it, beside the reading and writing of the next ones.
type hasher struct {
	h      hash.Hash
	made   int         // buffers taken from the pool
	first  []byte      // the first chunk, until there is a second
	todo   chan []byte // nil until there are two chunks
	free   chan []byte
	hashed chan struct{} // closed when todo is
}

// chunkSize is the size of the buffers, maxChunks how many a hasher uses.
const (
	chunkSize = 256 << 10
	maxChunks = 3
)

var chunks = sync.Pool{New: func() any { return new([chunkSize]byte) }}

func newHasher() *hasher { return &hasher{h: md5.New(), free: make(chan []byte, maxChunks)} }

// buffer gives room for the next chunk. What it gave before must have been
// passed to add.
func (h *hasher) buffer() []byte {
	if h.made < maxChunks {
		h.made++
		return chunks.Get().(*[chunkSize]byte)[:]
	}
	return <-h.free
}

// add hashes a chunk, the beginning of a buffer, and takes the buffer over.
func (h *hasher) add(chunk []byte) {
	switch {
	case h.todo != nil:
		h.todo <- chunk
	case h.first == nil:
		h.first = chunk
	default:
		h.todo = make(chan []byte, maxChunks)
		h.hashed = make(chan struct{})
		go h.run()
		h.todo <- h.first
		h.todo <- chunk
	}
}

func (h *hasher) run() {
	defer close(h.hashed)
	for chunk := range h.todo {
		h.h.Write(chunk)
		h.free <- chunk[:chunkSize]
	}
}

// sum gives the MD5 of all chunks in hex, and ends the hasher.
func (h *hasher) sum() string {
	if h.todo == nil {
		h.h.Write(h.first)
	}
	h.close()
	return hex.EncodeToString(h.h.Sum(nil))
}

// close ends the goroutine. It may be called more than once.
func (h *hasher) close() {
	if h.todo != nil && h.hashed != nil {
		close(h.todo)
		<-h.hashed
		h.hashed = nil
	}
	if h.first != nil && h.todo == nil {
		h.free <- h.first[:chunkSize]
	}
	h.first = nil
	for {
		select {
		case b := <-h.free:
			chunks.Put((*[chunkSize]byte)(b))
		default:
			return
		}
	}
}
