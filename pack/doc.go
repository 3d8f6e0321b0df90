// Package pack makes a Collection Pack of a release: a ZIP of a dataset's rows, what is known of their quality and origin, and scripts that
// fetch them; and verifies one.
//
// Rules:
//
//  1. A pack is a function of the release's record, the dataset, the language and the pack format number, and of nothing of the moment or
//     machine of packing. Its times are the release's.
//  2. Inputs are named by the hashes that the release's lineage has. Raw files and SQL are added only where they still have that hash.
//  3. A source or a dataset with personal data is never copied raw.
//  4. manifest.json lists every other file with its hash. Verify checks each of them, and refuses any file more or less.
//  5. Rows stream: memory does not grow with their number. Compressed entries wait in one file for their order.
//  6. Whatever changes the bytes of a pack counts Format up.
package pack
