package s3test

import "syscall"

// hasXattr tells whether files in dir can have user extended attributes,
// which some Linux file systems lack.
func hasXattr(dir string) bool {
	const attr = "user.s3test"
	return syscall.Setxattr(dir, attr, []byte("1"), 0) == nil && syscall.Removexattr(dir, attr) == nil
}
