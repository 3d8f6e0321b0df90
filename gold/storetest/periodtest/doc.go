// Package periodtest asks random questions that compare periods, growth and compare=, of a store, and holds the answers
// to those of an oracle: its groups are storetest's, and its periods texts, whose predecessors it tells by package time.
// It shares no code with what it judges.
//
// Rules:
//
//  1. A store's own tests call Run, as they call storetest.Run: so all stores are held to one answer.
//  2. Periods are missing, and amounts such that sums of doubles are exact: nothing is compared approximately.
//  3. A failing question prints its parameters and the seed that asks it again.
package periodtest
