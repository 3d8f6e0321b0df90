// Package eco meters the energy of this process and its children, turns it into CO2e, keeps a row of it for each phase in
// emissions.csv, and merges such files to a report.
//
// Rules:
//
//  1. A file has CodeCarbon 3.3's 38 columns in its order, units and number formats, so that rows of both can stand in one file.
//     Formulas are CodeCarbon's: they stand beside the code.
//  2. Energy of processors is measured (RAPL) where the machine has counters that this process may read, else estimated by load. A
//     row says which (tracking_mode); energy of memory is always estimated.
//  3. A file only grows by whole lines, under a lock, whoever else writes it. What was torn is moved aside, not lost.
//  4. A run counts once, however many files have its row. Rows of one run that contradict each other are named.
//  5. A report is a function of its files: no clock, no machine in it.
//
// The package asks no network: a country is given, not looked up. It imports nothing of ours but gold's errors.
package eco
