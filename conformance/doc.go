// Package conformance holds a driver to the contract of this module: a table
// of laws, each a named test case. A program that works on one driver that
// passes works alike on every other.
//
// A driver's test is this short:
//
//	func TestConformance(t *testing.T) {
//		conformance.Run(t, func(t testing.TB) driver.Driver {
//			return mydriver.New()
//		}, conformance.Options{})
//	}
//
// Every case carries the name of its law, such as "W5/IfAbsentOneWinner", and
// the law's text is printed with a breach. The letters stand for keys (K),
// writing (W), reading (R), listing (L), deleting (D), copying (C), tags (T),
// signed URLs (S), buckets (B) and what holds for every call (E); "API" cases
// hold calls of package store together, "Unsupported" cases what a driver has
// declared it cannot do.
//
// Nothing is ever skipped. A driver that lacks a capability declares it in
// [Options.Unsupported]; the suite then demands [driver.ErrUnsupported] before
// any side effect. A backend that breaks a law, as real servers do, names the
// case and the reason in [Options.Deviations]; the case still runs, must fail,
// and complains as soon as it passes.
//
// Laws that need an injected fault or a crash are not here.
package conformance
