// Package storetest is the one suite that every store must pass, and what tests of other packages share: where the
// test data and the test servers are.
//
// Rules:
//
//  1. A store's own tests call Run with a Harness; each promise of gold.Reader, gold.Writer and gold.Loader, and each
//     rule of package gold's documentation, is a subtest whose name is a sentence.
//  2. Only the interfaces are used: the suite knows neither tables nor collections.
//  3. Cases written by hand carry their answers. Random asks a thousand kinds of question more, and expects the answers
//     of SelectRows and Aggregate (naive.go and its parts), which share no code with what they judge; a failing one
//     prints what reproduces it.
//  4. Nothing is compared approximately but sums and averages of doubles in Random: 1e-12, relative.
//  5. The suite itself is tested on a store in memory, and Random on ten stores that each make one mistake.
//  6. What a predicate means is gold.Predicate.Holds: every operator of the table is tried on every kind, null, NaN and
//     list, of every store, and Holds itself against the oracle.
//  7. A method returns none but the codes that its comment in package gold declares: Strict, which every store under
//     test stands behind, fails the test for any other.
//
// GOLDSERVE_TEST_RANDOM is the number of random questions (300 where it isn't set), GOLDSERVE_TEST_SEED the first seed.
package storetest
