// Package stream takes a Kafka topic into a lake, window by window: messages become files, files become gold, gold becomes releases.
//
// Rules:
//
//  1. Offsets belong to the landed files: a file's name says which messages of which partition it covers, and its rename is what commits
//     them. No offset that a group commits decides anything.
//  2. A message is landed or a dead letter, never neither: dead letters are acknowledged before the files that pass over them are landed.
//  3. A window is a list of landed files, written down before anything is made of it. Its gold is put beside that of earlier windows under
//     the window's number, without the rows whose key is there already; a window that was broken off is made again, from the same files.
//  4. Parts that are published become few: ten that were merged as often are merged. The journal says so before they are replaced.
//  5. Messages that can't be had any more (retention, a truncated topic, one that was created again) end the stream, unless it is told to go on.
//  6. It knows neither builds nor releases: both are functions that it is given.
package stream
