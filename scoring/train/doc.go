// Package train fits a logistic or ridge regression to rows and writes it, with its whole preprocessing, as one ONNX file.
//
// Rules:
//
//  1. The same rows, in the same order, and the same options give the same bytes on the same architecture.
//  2. What is learned (medians, frequent values, bounds, categories, scales, weights) comes from the training rows alone.
//     Metrics are those of the test rows, scored by the written file itself: what is measured is what will score.
//  3. Numbers are rounded to float32 first, as an ONNX file will see them.
//  4. A missing number is NaN, a missing text is "". A category that training did not see has zeros in all columns.
//  5. gonum is used for L-BFGS alone. No file is opened here.
//
// The steps: a missing number becomes the median, a missing text the most frequent one (the first by its bytes where two are);
// numbers are clipped to the quartiles minus and plus 1.5 times their distance, and scaled to mean 0 and deviation 1; each text
// is a column for each of its categories. Then logistic regression minimizes the log loss summed over rows plus half the
// squared weights, as scikit-learn's LogisticRegression(C=1); ridge regression the squared errors plus the squared weights,
// as Ridge(alpha=1). Intercepts are free.
package train
