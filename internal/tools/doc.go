// Package tools is a module of its own that pins the programs which check this
// repository, so that they stay out of the main go.mod. Run one with
//
//	go tool -modfile internal/tools/go.mod staticcheck ./...
package tools
