// Package catalog asks an Iceberg REST catalog for tables: where each lies, and its metadata. It follows the specification's text
// (https://github.com/apache/iceberg/blob/main/open-api/rest-catalog-open-api.yaml), as far as reading one table needs it.
//
// Rules:
//
//  1. Credentials go to the server that the user named, and to the one that the user says gives tokens; to no other. Redirects are
//     not followed, and addresses that an answer names are not called.
//  2. Credentials are in no message, and nothing is stored; that holds of those for the files of a table, too.
//  3. Answers are bounded in size and time.
//
// The package must not know lakes, or what the metadata says.
package catalog
