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
	made  int    // buffers taken from the pool
	first []byte // the first chunk, until there is a second

	// Nil until there are two chunks.
	h      hash.Hash
	todo   chan []byte
	free   chan []byte
	hashed chan struct{} // closed when all of todo is hashed
}

// chunkSize is the size of the buffers, maxChunks how many a hasher uses.
const (
	chunkSize = 256 << 10
	maxChunks = 3
)

var chunks = sync.Pool{New: func() any { return new([chunkSize]byte) }}

// buffer gives room for the next chunk. What it gave before must have been
// passed to add, unless that is the end.
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
		h.h = md5.New()
		h.todo = make(chan []byte, maxChunks)
		h.free = make(chan []byte, maxChunks)
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

// sum gives the MD5 of all chunks in hex. No more can be added.
func (h *hasher) sum() string {
	if h.todo == nil {
		sum := md5.Sum(h.first)
		return hex.EncodeToString(sum[:])
	}
	h.wait()
	return hex.EncodeToString(h.h.Sum(nil))
}

// wait ends the goroutine, when it has hashed what was added.
func (h *hasher) wait() {
	if h.hashed != nil {
		close(h.todo)
		<-h.hashed
		h.hashed = nil
	}
}

// close gives the buffers back, with all chunks in them.
func (h *hasher) close() {
	h.wait()
	if h.first != nil && h.todo == nil {
		chunks.Put((*[chunkSize]byte)(h.first[:chunkSize]))
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
