package filedriver

import (
	"crypto/rand"
	"slices"
	"sync"
	"time"

	"github.com/s3mio/s3mio/driver"
)

// Bounds on the walks that wait for their next page, of which those go that have
// waited longest. Losing one costs time, not correctness: the next page then finds
// its place again.
const (
	maxSuspended = 256
	maxNames     = 4 << 20
	maxIdle      = 5 * time.Minute
)

// walkerCache keeps walks between two pages. The zero value is empty.
type walkerCache struct {
	mu     sync.Mutex
	walks  []suspended // the one put last is last
	names  int
	closed bool
}

type suspended struct {
	id     string
	lister *lister
	names  int
	expiry *time.Timer
}

// take gives the walk of an id, which goes on for this one call, or nil. The id
// keeps two listings apart that happen to be at the same key: what one has
// read may be older than the other's beginning.
func (c *walkerCache) take(id string, s *space, opts *driver.ListOptions) *lister {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, w := range c.walks {
		if w.id != id {
			continue
		}
		l := c.remove(i)
		if l.prefix != opts.Prefix || l.delimiter != opts.Delimiter || l.last != opts.Token || !l.resume(s) {
			l.end()
			return nil
		}
		return l
	}
	return nil
}

// put keeps a walk for the page after last and gives its id.
func (c *walkerCache) put(l *lister, last string) (id string) {
	l.last = last
	underWay.pass(&l.additions, last)
	w := suspended{id: rand.Text(), lister: l, names: len(l.added)}
	for _, walker := range l.walkers {
		w.names += walker.names()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		l.end()
		return w.id
	}
	w.expiry = time.AfterFunc(maxIdle, func() { c.drop(w.id) })
	c.walks = append(c.walks, w)
	c.names += w.names
	for len(c.walks) > maxSuspended || c.names > maxNames && len(c.walks) > 1 {
		c.remove(0).end()
	}
	return w.id
}

func (c *walkerCache) drop(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, w := range c.walks {
		if w.id == id {
			c.remove(i).end()
			return
		}
	}
}

// remove hands a walk over to the caller, who goes on with it or ends it.
func (c *walkerCache) remove(i int) *lister {
	w := c.walks[i]
	w.expiry.Stop()
	c.names -= w.names
	c.walks = slices.Delete(c.walks, i, i+1)
	return w.lister
}

func (c *walkerCache) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	for len(c.walks) > 0 {
		c.remove(0).end()
	}
}
