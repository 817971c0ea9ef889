package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// need is what a row takes of a filesystem.
type need struct {
	bytes, files uint64
}

// memoryDir is a filesystem in memory, where there is one.
const memoryDir = "/dev/shm"

// place gives a directory with room: dir, if it is named, otherwise one in
// memory or the system's temporary directory.
func (n need) place(dir string) (string, error) {
	if dir != "" {
		return dir, n.check(dir)
	}
	memory := n.check(memoryDir)
	if memory == nil {
		return memoryDir, nil
	}
	disk := n.check(os.TempDir())
	if disk == nil {
		return os.TempDir(), nil
	}
	return "", errors.Join(memory, disk)
}

// check says what a directory's filesystem lacks. A quarter of what is free has
// to stay so.
func (n need) check(dir string) error {
	var fs unix.Statfs_t
	if err := unix.Statfs(dir, &fs); err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	free := uint64(fs.Bavail) * uint64(fs.Bsize)
	if dir == memoryDir {
		available, err := memAvailable()
		if err != nil {
			return err
		}
		free = min(free, available)
	}
	if free = free / 4 * 3; free < n.bytes {
		return fmt.Errorf("%s has room for %d MB, not for %d", dir, free/1e6, n.bytes/1e6)
	}
	// A filesystem without a fixed number of inodes says zero.
	if free := uint64(fs.Ffree) / 4 * 3; fs.Files > 0 && free < n.files {
		return fmt.Errorf("%s has room for %d files, not for %d", dir, free, n.files)
	}
	return nil
}

// memAvailable is how much memory there is for more, in bytes.
func memAvailable() (uint64, error) {
	return procField("/proc/meminfo", "MemAvailable:")
}

// procField reads a size from one of Linux's files of fields.
func procField(path, field string) (uint64, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if rest, ok := strings.CutPrefix(lines.Text(), field); ok {
			var kib uint64
			_, err := fmt.Sscanf(rest, "%d kB", &kib)
			return kib << 10, err
		}
	}
	return 0, errors.Join(lines.Err(), fmt.Errorf("%s has no field %s", path, field))
}
