// Package faults holds the tests that put s3driver, MinIO and versitygw on both
// ends of a bad network and count what comes out: resets, stalls, lost answers
// and slow lines, by the thousand.
//
// It is a module of its own because the proxy in between, toxiproxy, brings a
// dozen modules that nobody who imports the library should meet. There is
// nothing but tests in it.
package faults
