// Package quality evaluates the rules of a contract while the rows of a dataset stream, and reports which rules failed,
// and the number and examples of the failing rows.
//
// Rules:
//
//  1. It imports gold and the standard library. It opens nothing, logs nothing and starts no goroutine.
//  2. A result depends on the rows and their numbers alone: not on their order, their batches, or the workers. Each
//     worker fills its own Checker, and they are merged at the end.
//  3. No result and no error contains personal data (PII fields, masked or not): its examples are row numbers.
//  4. Batches are read column by column and not retained. A row that breaks no rule costs no allocation.
//  5. The memory for duplicateValues is limited in bytes; beyond the limit there is a memory_limit error that names the
//     rule, never a crash.
//
// # What the metrics count
//
//   - rowCount: the rows of the dataset.
//   - nullValues: rows where the field is null.
//   - missingValues: rows where it is null or one of the listed values.
//   - invalidValues: rows where it is not null and breaks an argument of the rule: valid values, pattern, length, bounds;
//     without arguments, the field's Minimum and Maximum (inclusive). Null is never invalid.
//   - duplicateValues: rows beyond the first of each value, or of each combination of several fields: the number of
//     rows to remove (the datacontract tool counts the repeated values: 0 if this is 0). Rows with a null in one of the
//     fields don't count, as in SQL's UNIQUE. Fields that include the whole key can't repeat: the store refuses a
//     duplicate key (see Options.CheckKey).
//   - freshness: seconds from the field's newest value to the time of the check; for a date, from its midnight, UTC.
//     Without any value it is infinite.
//
// A pattern is searched for in the text, as in JSON Schema and the datacontract tool: to match the whole value it needs
// ^ and $. Its syntax is RE2's. Lengths are in Unicode characters.
//
// # How they are compared
//
// mustBe, mustNotBe, mustBeGreaterThan, mustBeGreaterOrEqualTo, mustBeLessThan and mustBeLessOrEqualTo compare as they say.
// mustBeBetween excludes both bounds: the standard calls it "the equivalent to mustBeGreaterThan and mustBeLessThan"
// (the datacontract tool includes the bounds). mustNotBeBetween is its negation. In percent, a count is compared as a
// share of all rows, 0 if there are none.
//
// # Results
//
// RuleResult.Failing is the number of rows that the metric counts, whether or not the rule tolerates them; 0 for
// rowCount and freshness, which are about the whole dataset. RuleResult.Examples are the counted rows with the five
// smallest numbers: "row 17: 'x'", "row 17: same as row 3" for duplicates, "row 17" for personal data. If rows have no
// numbers, they are the five smallest distinct values. If rowCount or freshness failed, the one example says what was
// found. Texts are cut to 64 characters, and unprintable characters are escaped.
package quality
