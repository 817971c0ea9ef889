package filedriver

import (
	"errors"
	"io/fs"
	"path"
)

// reservedParts are what belongs into the reserved directory.
var reservedParts = [...]string{formatPath, tmpPath, attrsPath, keysPath, locksPath}

// lookAtParts gives what is in the reserved directory, zero for what is missing.
func (s *space) lookAtParts() (seen [len(reservedParts)]version, err error) {
	for i, part := range reservedParts {
		at, err := s.reserved.look(path.Base(part))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return seen, err
		}
		seen[i] = at.version
	}
	return seen, nil
}
