// Package onnx reads ONNX files and evaluates them in Go: the operators that scikit-learn's linear models, scalers,
// imputers, encoders and tree ensembles are exported to by skl2onnx. It also writes such files (Graph.Marshal), for
// models that are trained here.
//
// Rules:
//
//  1. It imports the standard library alone, and opens no file: a model is the bytes that it is given.
//  2. A file is not trusted. Load refuses, with an *Error that names the node or value: files over MaxFile, more than
//     MaxNodes nodes (trees' included), external data, unknown operators (by name), cycles, values that are missing or made
//     twice, functions, subgraphs, and shapes that disagree. Shapes are checked by evaluating the graph on made-up rows.
//  3. A row's scores depend on that row alone: Load evaluates the same rows together and one by one, and refuses a graph
//     whose answers differ. So the size of a batch never shows in a score.
//  4. Evaluation has a budget (steps per row, see Session.Run), and ends: no operator loops, and trees can't have cycles.
//  5. float tensors hold float32 values in float64 slices: each result is computed in float64 and rounded once, which for
//     + - * / and square roots is the float32 result itself. Sums of products are rounded once, at the end.
//  6. A Model may be shared; a Session belongs to one goroutine, and reuses its memory from run to run.
package onnx
