// Package quality evaluates the rules of a contract while the rows of a dataset stream by, and says which rules failed,
// by how many rows, and which.
//
// Rules:
//
//  1. It imports gold and the standard library. It opens nothing, logs nothing and starts no goroutine.
//  2. A result depends on the rows and their numbers alone: not on their order, on how they were cut into batches, or
//     on which worker saw which. Each worker fills its own Checker, and they are merged at the end.
//  3. Values of personal data (PII fields, masked or not) get into no result and no error: examples are row numbers.
//  4. Batches are read column by column and nothing of them is kept. A row that breaks no rule costs no allocation.
//  5. Distinct values of duplicateValues are counted against a bound in bytes; beyond it there is a memory_limit error
//     that names the rule, never a crash.
//
// # What the metrics count
//
//   - rowCount: the rows of the dataset.
//   - nullValues: rows where the field is null.
//   - missingValues: rows where it is null or one of the listed values.
//   - invalidValues: rows where it is not null and breaks one of what the rule gives: valid values, pattern, length;
//     with none of them, the field's Minimum and Maximum (inclusive). Null is never invalid.
//   - duplicateValues: rows beyond the first of each value, or of each combination of several fields: the rows that one
//     would have to remove (the datacontract tool counts the values that repeat: 0 where this is 0). A row where one of the fields is null is left out, as SQL's UNIQUE does. Fields that hold
//     the whole key can't repeat: the store refuses a duplicate key (see Options.CheckKey).
//   - freshness: seconds from the field's newest value to the time of the check; of a date, from its midnight, UTC.
//     Without any value it is infinite.
//
// A pattern is searched for in the text, as JSON Schema and the datacontract tool have it: it matches the whole value
// only between ^ and $. Its syntax is RE2's. Lengths are in Unicode characters.
//
// # How they are compared
//
// mustBe, mustNotBe, mustBeGreaterThan, mustBeGreaterOrEqualTo, mustBeLessThan and mustBeLessOrEqualTo say it themselves.
// mustBeBetween leaves both bounds out: the standard's text calls it "the equivalent to mustBeGreaterThan and
// mustBeLessThan" (the datacontract tool takes the bounds in). mustNotBeBetween is its negation. In percent, a count
// is compared as a share of all rows, 0 where there are none.
//
// # Results
//
// RuleResult.Failing is the number of rows that the metric counts, whether or not the rule tolerates them; 0 for
// rowCount and freshness, which are of the dataset as a whole. RuleResult.Examples are the counted rows with the five
// smallest numbers: "row 17: 'x'", "row 17: same as row 3" of duplicates, "row 17" of personal data. Where rows have no
// numbers, they are the five smallest different values. Of rowCount and freshness the one example, where the rule
// failed, says what was found. Texts are cut to 64 characters, and characters that don't print are escaped.
package quality
