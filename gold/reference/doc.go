// Package reference writes what people and editors read about contracts: the reference of all keys and their JSON Schemas,
// both from the tables of keys beside the readers, and pages of Markdown about the datasets of a model.
//
// Rules:
//
//  1. It describes and decides nothing: a key that is missing here is missing in the tables of gold/contract or
//     gold/dashboard, which a test there compares with what the readers take.
//  2. Nothing that it writes holds a value of personal data.
package reference
