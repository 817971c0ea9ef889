// Package testservers holds nothing but the pinned versions of the S3 servers
// that the tests run against.
//
// It is a module of its own, so that the many dependencies of those servers
// never reach the module graph of s3mio. The servers are listed as tools in
// go.mod; package s3test builds them from here. To build them by hand:
//
//	go run ./internal/s3test/cmd/testservers build
//
// To move to newer versions, in this directory:
//
//	go get -tool github.com/minio/minio@latest
//	go get -tool github.com/versity/versitygw/cmd/versitygw@latest
//	go mod tidy
package testservers
