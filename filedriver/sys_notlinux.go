//go:build !linux

package filedriver

import "time"

// setTime gives a file of a directory a modification time.
func setTime(d *dir, name string, at time.Time) error { return d.Chtimes(name, time.Time{}, at) }
