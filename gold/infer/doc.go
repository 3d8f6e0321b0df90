// Package infer writes the contracts that a person would write first: it looks at a lake's files and rows, and guesses kinds,
// keys, personal data, closed lists, the facts and their time, and relationships.
//
// Rules:
//
//  1. It guesses by sketches in one pass over all columns. What it writes as a key, a list or a relationship is then
//     confirmed over all rows, or not written.
//  2. Rules that it writes are warnings. Each guess is one line to change, and a comment says that it is one.
//  3. Personal data is dropped unless a person says otherwise. A column is personal where its name and the shape of its
//     values agree, or where the shape holds in 80 % of its values. Nothing that it writes or says holds a value of such a
//     column.
//  4. What a person wrote is never changed: a new dataset gets a new file, a new column a line after the last field.
//  5. The same files give the same contracts.
//  6. What a dbt project says of a dataset is no guess: it goes before what the rows suggest.
//  7. An inference that begins with an earlier one keeps names and kinds, and each guess that still holds. It tells which do not.
//     What was taken for personal data stays so.
//  8. What a pass over rows tells is remembered by the versions of the files that it read (Memory): a change costs the passes over
//     what changed. What is made of it is made anew each time.
//
// The package must not know stores or HTTP.
package infer
