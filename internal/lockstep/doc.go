// Package lockstep has no code but a test: a random sequence of calls, made on
// every driver at once, must give the same result and the same class of error
// everywhere, and the one that a reference model in the test predicts.
//
// The keys are few and hostile, so that calls meet each other's objects. What
// an S3 server is known to do differently is declared in one table, with a test
// that it still does; calls that would run into it are not sent to that server.
// Deliberately broken drivers prove that the machine sees what it is to see.
//
// S3MIO_LOCKSTEP_STEPS says how many steps to perform on each driver, 2,000 by
// default. Rapid's own flags (-rapid.seed, -rapid.failfile, …) reproduce a
// failure.
package lockstep
