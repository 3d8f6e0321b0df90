// Package models holds the models that goldserve ships, embedded: for each a folder with model.yaml, the layout of
// its dashboard, and one contract for each dataset (contracts/*.odcs.yaml), and under sample/gold a small made-up lake for the demo.
//
// Rules:
//
//  1. It holds files only: gold/contract reads them, gold/lake reads the sample.
//  2. Names of a model and of its fields occur here, and nowhere else in the program.
package models
