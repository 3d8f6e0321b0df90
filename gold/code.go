package gold

import (
	"slices"
	"strings"
)

// Code says which error it is, for programs: stable, snake_case, documented at /problems/{code}. The codes below are all
// that there are; the compiler takes no other text's variable for one, and a test no other literal.
type Code string

// Codes of answers over HTTP; the command line ends with many of them too.
const (
	CodeInvalidParameter    Code = "invalid_parameter"
	CodeUnknownDataset      Code = "unknown_dataset"
	CodeUnknownField        Code = "unknown_field"
	CodeUnknownModel        Code = "unknown_model"
	CodeRowNotFound         Code = "row_not_found"
	CodeNotFound            Code = "not_found"
	CodeUnknownRelease      Code = "unknown_release"
	CodeNoReleaseAsOf       Code = "no_release_as_of"
	CodeMethodNotAllowed    Code = "method_not_allowed"
	CodeNotAcceptable       Code = "not_acceptable"
	CodeReleasePruned       Code = "release_pruned"
	CodeURITooLong          Code = "uri_too_long"
	CodePreconditionFailed  Code = "precondition_failed"
	CodeRangeNotSatisfiable Code = "range_not_satisfiable"
	CodeMisdirected         Code = "misdirected_request"
	CodeIntegerOverflow     Code = "integer_overflow"
	CodeMemoryLimit         Code = "memory_limit"
	CodeOverloaded          Code = "overloaded"
	CodeDatasetEmpty        Code = "dataset_empty"
	CodeNoRelease           Code = "no_release"
	CodeStoreUnavailable    Code = "store_unavailable"
	CodeQueryTimeout        Code = "query_timeout"
	CodeInternal            Code = "internal"
	CodeReleaseInconsistent Code = "release_inconsistent"
	CodeStoreFailed         Code = "store_failed"
	CodeVersionSkew         Code = "version_skew"
)

// Codes of what is wrong with one parameter, beside an invalid_parameter.
const (
	CodeUnknownParameter   Code = "unknown_parameter"
	CodeDuplicateParameter Code = "duplicate_parameter"
	CodeInvalidEncoding    Code = "invalid_encoding"
	CodeInvalidValue       Code = "invalid_value"
	CodeInvalidOperator    Code = "invalid_operator"
	CodeInvalidCursor      Code = "invalid_cursor"
	CodeNotFilterable      Code = "not_filterable"
	CodeAmbiguous          Code = "ambiguous_parameter"
	CodeTooMany            Code = "too_many_parameters"
)

// Codes of publish, check, verify and rollback.
const (
	CodeReleaseWithdrawn Code = "release_withdrawn"
	CodePublishConflict  Code = "publish_conflict"
	CodeBITargetTaken    Code = "bi_target_taken"
	CodeBIBehind         Code = "bi_behind"
	CodeBreakingChange   Code = "breaking_change"
	CodeContractInvalid  Code = "contract_invalid"
	CodeLakeNotFound     Code = "lake_not_found"
	CodeSourceMissing    Code = "source_missing"
	CodeSourceUnreadable Code = "source_unreadable"
	CodeSourceChanged    Code = "source_changed"
	CodeIntegrityFailed  Code = "integrity_failed"
	CodeFileInvalid      Code = "file_invalid"
	CodeFileUnsupported  Code = "file_unsupported"
	CodeSchemaMissing    Code = "schema_missing"
	CodeSchemaType       Code = "schema_type"
	CodeSchemaDuplicate  Code = "schema_duplicate"
	CodeValueNull        Code = "value_null"
	CodeValueType        Code = "value_type"
	CodeValueRange       Code = "value_range"
	CodeDuplicateKey     Code = "duplicate_key"
	CodeDatasetShrank    Code = "dataset_shrank"
	CodeRowCount         Code = "row_count"
	CodeQualityFailed    Code = "quality_failed"
	CodeVersionDamaged   Code = "version_damaged"
)

// Codes of the program itself.
const (
	CodeUsage              Code = "usage"
	CodeInterrupted        Code = "interrupted"
	CodeAddressInUse       Code = "address_in_use"
	CodeAddressUnavailable Code = "address_unavailable"
	CodeProbeFailed        Code = "probe_failed"
	CodeStopTimeout        Code = "stop_timeout"
	CodeNoTemporaryFolder  Code = "no_temporary_folder"
)

// CodeScope says where a code is found.
type CodeScope uint8

// The scopes of codes.
const (
	OfAnswers    CodeScope = iota // an error's own code, over HTTP or at the command line
	OfParameters                  // in the problems of an invalid_parameter
	OfPublishing                  // at the command line, of what reads a lake or writes a store
	OfTheProgram                  // at the command line, of any command
)

// Meaning documents a code. It names no flag, since programs read it that have none: what an operator can do is the
// command line's to say.
type Meaning struct {
	Code  Code
	Scope CodeScope
	When  string // it happens
	Help  string // what to do
}

// Meanings returns every code with its meaning, by scope, what is met most first.
func Meanings() []Meaning { return slices.Clone(meanings) }

// Title makes "Invalid parameter" of invalid_parameter.
func (c Code) Title() string {
	words := strings.ReplaceAll(string(c), "_", " ")
	if words == "" {
		return ""
	}
	return strings.ToUpper(words[:1]) + words[1:]
}

var meanings = []Meaning{
	{CodeInvalidParameter, OfAnswers, "Something in the query or path can't be used: an unknown, repeated or badly encoded parameter, a value of the wrong type, an operator that the field doesn't have. Nothing was asked of the store.", "errors names every parameter with what was expected, and did_you_mean the nearest valid word. /datasets/{dataset} lists the fields and their filters."},
	{CodeUnknownDataset, OfAnswers, "The release has no dataset or endpoint of that name.", "The detail names the nearest one; / and /datasets list what there is."},
	{CodeUnknownField, OfAnswers, "The path names a field that the dataset doesn't have.", "/datasets/{dataset} lists its fields."},
	{CodeUnknownModel, OfAnswers, "The path names a model that isn't served, or none where there is no default model.", "/ lists the models."},
	{CodeRowNotFound, OfAnswers, "The dataset has no row with this key in this release.", "A key is one segment of the path: escape slashes as %2F, and join the fields of a composite key by commas, quoted as in CSV."},
	{CodeNotFound, OfAnswers, "There is nothing at this URL.", "/ lists the URLs."},
	{CodeUnknownRelease, OfAnswers, "release= names a release that was never published.", "/releases lists those that there are."},
	{CodeNoReleaseAsOf, OfAnswers, "as_of= is before the first release that is kept.", "The detail names the oldest one. as_of chooses a release; rows are filtered by their own date field."},
	{CodeMethodNotAllowed, OfAnswers, "The method is none of GET, HEAD and OPTIONS: this API is read only.", "Use GET. Data is published by goldserve publish."},
	{CodeNotAcceptable, OfAnswers, "The URL can't be answered in any media type of Accept, or in the format that format= names.", "The detail lists what there is."},
	{CodeReleasePruned, OfAnswers, "The release is past its retention: its record is kept, its rows are no longer answered, and are dropped some time later. A cursor lives as long as its release.", "Ask for the current release, or for one that /releases doesn't call pruned; start again without the cursor."},
	{CodeURITooLong, OfAnswers, "The URL is longer than 4 KiB, or 8 KiB with a cursor.", "Name fewer values, or use a range."},
	{CodePreconditionFailed, OfAnswers, "If-Match names none of the tags of a whole dataset as Parquet: another release has other rows.", "Read the file anew, from its beginning."},
	{CodeRangeNotSatisfiable, OfAnswers, "Range lies beyond the end of the Parquet file, or can't be read.", "Content-Range says how many there are. The footer is at the end: Range: bytes=-8."},
	{CodeMisdirected, OfAnswers, "The request's Host (:authority in HTTP/2) is none of this server's names: those of loopback, the address that it came in at, and those that its operator allows. So no page can read answers by a name of its own that leads here.", "Use one of those names."},
	{CodeIntegerOverflow, OfAnswers, "A sum of integers leaves the range of 64-bit integers.", "Narrow the filter, or group by more."},
	{CodeMemoryLimit, OfAnswers, "The question, or a rule of a publish, needs more memory by itself than all questions may hold together: too many groups or different values, or too many keys to be looked up.", "Narrow the filter, group by less, or ask a derived dataset that has fewer rows."},
	{CodeOverloaded, OfAnswers, "429: your address asks more often than the server lets one address. 503: the server has as much to do, or holds as much for questions, as it can, or has as many listeners as it takes.", "Wait as long as Retry-After says, and ask again. Keep answers by their ETag: a 304 is cheap, but counts."},
	{CodeDatasetEmpty, OfAnswers, "The dataset has no rows in this release, or was never published. It never speaks of a filter: one that finds nothing is 200 with no rows.", "Publish the dataset: goldserve publish. Ask again after Retry-After."},
	{CodeNoRelease, OfAnswers, "Nothing is published for the model yet.", "The first publish makes a release; the server finds it by itself."},
	{CodeStoreUnavailable, OfAnswers, "The store can't be reached, and there is no cached answer to serve.", "Ask again after Retry-After. Operators: /readyz and the log say since when."},
	{CodeQueryTimeout, OfAnswers, "The answer took longer than a request may.", "Filter more, ask for fewer groups, or page with limit. Asking the same again costs the same again."},
	{CodeInternal, OfAnswers, "Something failed that should not have.", "Tell the operator the request_id: the log has the cause under it."},
	{CodeReleaseInconsistent, OfAnswers, "The store doesn't hold what the release says: rows were deleted or changed behind goldserve's back. No shorter answer is given instead.", "Tell the operator: the dataset must be loaded again."},
	{CodeStoreFailed, OfAnswers, "The store refused or failed a read that should have worked.", "Tell the operator the request_id: the log has the store's own error under it."},
	{CodeVersionSkew, OfAnswers, "The store holds records that another version of goldserve wrote, and this one can't read.", "Serve with the version that published, or publish again with this one."},
	{CodeUnknownParameter, OfParameters, "No parameter and no field of that name can be given here.", "did_you_mean names the nearest. Parameters that start with _ are ignored."},
	{CodeDuplicateParameter, OfParameters, "A parameter was given more than once.", "Give it once; lists are one value: field__in=a,b."},
	{CodeInvalidEncoding, OfParameters, "A name, value or path is not valid UTF-8, holds a NUL, or is badly escaped.", "Escape each name and value by itself: encodeURIComponent, urllib.parse.quote, curl --data-urlencode with -G."},
	{CodeInvalidValue, OfParameters, "A value isn't what the parameter or the field's type expects.", "The detail says what was expected, did_you_mean the nearest valid value."},
	{CodeInvalidOperator, OfParameters, "The field can be filtered, but not by this operator.", "/datasets/{dataset} lists each field's operators."},
	{CodeInvalidCursor, OfParameters, "The cursor is damaged, of another dataset or query, or disagrees with a parameter beside it.", "Call meta.next as it is; or start again without the cursor."},
	{CodeNotFilterable, OfParameters, "The contract doesn't let this field be filtered.", "/datasets/{dataset} lists the filters; the contract's filters: adds one."},
	{CodeAmbiguous, OfParameters, "The name is a parameter's and a field's.", "Filter the field as name__eq=value."},
	{CodeTooMany, OfParameters, "The request has more parameters than are read.", "Use lists (field__in=a,b) and ranges."},
	{CodeReleaseWithdrawn, OfPublishing, "The files are those of a release that was rolled back.", "Publish other files."},
	{CodePublishConflict, OfPublishing, "Another publisher is at work on the model, or took over.", "Wait for it; goldserve status names it."},
	{CodeBITargetTaken, OfPublishing, "A collection, table or view that isn't goldserve's has the name of a dataset's.", "Rename one of them."},
	{CodeBreakingChange, OfPublishing, "A field changes its type, which saved questions of BI tools would not survive.", "Give the field another name."},
	{CodeContractInvalid, OfPublishing, "A contract or its overlay is wrong.", "goldserve contracts lint names every mistake with its line."},
	{CodeLakeNotFound, OfPublishing, "The lake's folder isn't there or can't be read.", "Name the folder that holds the gold files."},
	{CodeSourceMissing, OfPublishing, "The lake has no file or folder for a dataset.", "Write it; the message names the nearest name that is there."},
	{CodeSourceUnreadable, OfPublishing, "A file can't be opened or read.", "See to its rights and to the disk, then publish again."},
	{CodeSourceChanged, OfPublishing, "A file changed while it was read.", "Publish again once the writer is done."},
	{CodeIntegrityFailed, OfPublishing, "A file of the lake is not the one that the manifest says: it is missing, added or changed; or the manifest can't be read.", "Write the file again, or the manifest with goldserve manifest where the lake is right; the message names each file."},
	{CodeFileInvalid, OfPublishing, "A file is damaged or isn't what its name says.", "Write it again; the message names file, row group and column."},
	{CodeFileUnsupported, OfPublishing, "A file uses what goldserve doesn't read: encryption, or sizes beyond its limits.", "Write it as the message says."},
	{CodeSchemaMissing, OfPublishing, "A file lacks a column that the contract names.", "Write the column, or take it out of the contract."},
	{CodeSchemaType, OfPublishing, "A column's type can't become the contract's.", "Cast it when the file is written, or change the contract."},
	{CodeSchemaDuplicate, OfPublishing, "A file has two columns of one name.", "Rename one of them."},
	{CodeValueNull, OfPublishing, "A required field is null in some row.", "Mend the row, or let the contract's field be empty (required: false)."},
	{CodeValueType, OfPublishing, "A value isn't of the contract's type.", "Mend the row; the message names it."},
	{CodeValueRange, OfPublishing, "A value can't be held: an integer beyond 64 bits, a year beyond 9999, a text that is too long.", "Mend the row; the message names it."},
	{CodeDuplicateKey, OfPublishing, "Two rows have the same key.", "Make the key unique; the message names one that isn't."},
	{CodeDatasetShrank, OfPublishing, "A dataset has far fewer rows than in the release before, as after an export that broke off.", "Look at the files: an export that broke off is to be written again."},
	{CodeRowCount, OfPublishing, "A file, or the store, holds another number of rows than it says.", "Write the file again, or publish again."},
	{CodeQualityFailed, OfPublishing, "A rule of severity error is broken.", "The message names the rule and rows. Mend them, or the rule."},
	{CodeBIBehind, OfPublishing, "The BI database doesn't show the current release.", "Drop what differs and publish again, which copies it anew; the message names it."},
	{CodeVersionDamaged, OfPublishing, "Rows in the store aren't those that were published.", "Load them again."},
	{CodeUsage, OfTheProgram, "The command line, a variable or goldserve.yaml can't be used.", "The message names each mistake, with the nearest word and what was expected."},
	{CodeInterrupted, OfTheProgram, "A signal ended the command before it was done. What was served before is served still.", "Run it again."},
	{CodeAddressInUse, OfTheProgram, "Another program listens on the server's address.", "Stop it, or give another address."},
	{CodeAddressUnavailable, OfTheProgram, "The server can't listen on its address: it isn't this machine's, or the user may not.", "Give another address."},
	{CodeProbeFailed, OfTheProgram, "No server answers on this machine, or it answers that it isn't ready.", "Start it; its log says why it isn't ready."},
	{CodeStopTimeout, OfTheProgram, "Requests were still running when the server had to stop.", "Nothing: they were ended."},
	{CodeNoTemporaryFolder, OfTheProgram, "The demo can't write into the folder of temporary files.", "Make room there, or set TMPDIR to another folder."},
}
