package filedriver

import (
	"context"
	"fmt"
	"net/url"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/s3mio/s3mio/driver"
)

func init() { driver.Register("file", openURL) }

// openURL opens the directory that a file URL names, as one bucket. The host
// "." makes the path relative to the working directory of this moment.
// Parameters: create=true makes the directory, no_sync=true is
// [Options].NoSync.
func openURL(ctx context.Context, u *url.URL) (driver.Driver, string, error) {
	params := driver.ParseParams(u)
	create := params.Bool("create", false)
	opts := &Options{NoSync: params.Bool("no_sync", false)}
	if err := params.Err(); err != nil {
		return nil, "", err
	}
	dir, err := urlPath(u)
	if err != nil {
		return nil, "", err
	}
	if err := ctx.Err(); err != nil {
		return nil, "", err
	}
	if create {
		if err := makeAll(dir, opts.NoSync); err != nil {
			return nil, "", unmakeable(err)
		}
	}
	d, err := newDriver(&Driver{single: dir}, opts)
	if err != nil {
		return nil, "", err
	}
	return d, filepath.Base(dir), nil
}

// urlPath gives the absolute path of the directory that a URL names.
func urlPath(u *url.URL) (string, error) {
	switch {
	case u.Opaque != "" || u.Path == "" || strings.ContainsRune(u.Path, 0):
		return "", fmt.Errorf("%w: a file URL reads file:///absolute/path or file://./relative/path", driver.ErrValidation)
	case u.Host != "" && u.Host != ".":
		return "", fmt.Errorf("%w: the host of a file URL is empty or \".\", not %q", driver.ErrValidation, u.Host)
	}
	path := u.Path
	if u.Host == "." {
		path = "." + path
	} else if runtime.GOOS == "windows" {
		path = strings.TrimPrefix(path, "/") // file:///C:/dir
	}
	dir, err := filepath.Abs(filepath.FromSlash(path))
	if err != nil {
		return "", err
	}
	if filepath.Dir(dir) == dir {
		return "", fmt.Errorf("%w: the root of a filesystem cannot be a bucket", driver.ErrValidation)
	}
	return dir, nil
}
