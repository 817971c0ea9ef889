// Package archtest holds the architecture of the module as tests: which
// package may import which, that every package says what it is for, and that
// the exported API is the one in testdata.
package archtest
