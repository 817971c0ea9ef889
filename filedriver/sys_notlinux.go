//go:build !linux

package filedriver

import "time"

// setTime gives a file of a directory a modification time.
func setTime(d *dir, name string, at time.Time) error { return d.Chtimes(name, time.Time{}, at) }

// identify would tell a directory from all others that there are, were and will
// be.
func identify(*dir) (id dirID, ok bool) { return dirID{}, false }
