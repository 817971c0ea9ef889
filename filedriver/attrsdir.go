package filedriver

import (
	"encoding/hex"
	"errors"
	"io/fs"
	"sync"
)

// attrsDirs is how many directories share the attributes files.
const attrsDirs = 16

// partDir is one of the directories in attrs/, opened when it is first needed.
type partDir struct {
	mu  sync.Mutex
	dir *dir
}

// attrsPart opens the directory in which the attributes of a key are, or gives
// fs.ErrNotExist. It is not to be released.
func (s *space) attrsPart(id keyID) (*dir, error) {
	n := id.sum[0] >> 4
	p := &s.attrsParts[n]
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dir != nil {
		return p.dir, nil
	}
	// A reader may have come before the first writer made attrs/: it must not
	// take what that one then wrote for a file without attributes.
	path := attrsPath + "/" + hexDigits[n:n+1]
	d, err := s.descend(s.root, path)
	if errors.Is(err, errNotDir) {
		err = noDirectory(path)
	}
	if err != nil {
		return nil, err
	}
	p.dir = d
	return d, nil
}

const hexDigits = "0123456789abcdef"

// makeAttrsPart opens the directory, making it if need be, durably.
func (s *space) makeAttrsPart(id keyID) (*dir, error) {
	d, err := s.attrsPart(id)
	if errors.Is(err, fs.ErrNotExist) {
		n := id.sum[0] >> 4
		if err := s.attrs.Mkdir(hexDigits[n:n+1], dirPerm); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
		d, err = s.attrsPart(id)
	}
	if err != nil {
		return nil, err
	}
	return d, s.settle(d)
}

func (p *partDir) close() {
	if p.dir != nil {
		p.dir.release()
	}
}

// attrsName is the name of a key's attributes file in its directory.
func (id keyID) attrsName() string {
	return string(hex.AppendEncode(make([]byte, 0, 2*len(id.sum)), id.sum[:]))
}
