package filedriver

import (
	"errors"
	"io/fs"
	"strings"
)

// prune removes a directory and those above it as long as they are empty, down
// to but not including floor. Both are paths from the bucket.
func (s *space) prune(from, floor string) {
	s.pruneIn(s.root, pathNames(from), len(pathNames(floor)))
}

// pathNames splits a path from the bucket.
func pathNames(path string) []string {
	if path == "." {
		return nil
	}
	return strings.Split(path, "/")
}

// maxPruned is how many levels at a time are held open. Those above are opened
// again when their turn comes.
const maxPruned = 64

// pruneIn removes the directory that names lead to, and those on the way but
// the first few, which are kept. It stops at one that is not empty, and then
// reports false.
func (s *space) pruneIn(in *dir, names []string, kept int) (gone bool) {
	if len(names) <= kept || len(names) == 0 {
		return true
	}
	step := 1
	if len(names) > maxPruned {
		step = maxPruned
	}
	if len(names) > step {
		below, err := s.descend(in, strings.Join(names[:step], "/"))
		if err == nil {
			// It closes before it is removed: some systems wait for that.
			gone = s.pruneIn(below, names[step:], kept-step)
			below.release()
		}
		if err == nil && !gone || err != nil && !isMissing(err) {
			return false
		}
	}
	switch {
	case step > 1:
		return s.pruneIn(in, names[:step], kept)
	case kept > 0:
		return true
	}
	err := removeDir(in, names[0])
	return err == nil || errors.Is(err, fs.ErrNotExist)
}
