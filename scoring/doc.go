// Package scoring scores rows of a dataset with ONNX files: it binds a file's inputs to fields by name, evaluates batch by
// batch, and gives the file's outputs as columns.
//
// Rules:
//
//  1. One code scores, whoever asks: a publish, a request to score rows, and the check of a card's reference rows. A value
//     takes the same way into the file: numbers and booleans as numbers, decimals by their scale, rounded to float32 where
//     the file says so; null is NaN for fractions, "" for texts, and refused for whole numbers and booleans.
//  2. A Scorer is of one file and one compiled contract, and is never changed. It may be shared; a Session may not.
//  3. It opens no file: a model is the bytes that it is given, and is known by their SHA-256.
//  4. An error names the file's input, output or node, or the row and the field, and never a value.
package scoring
