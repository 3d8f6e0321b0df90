package gold

import (
	"slices"
	"strings"
)

// Code identifies an error for programs: stable, snake_case, documented at /problems/{code}. The set below is closed: the
// compiler refuses variables of other types, and a test refuses other literals.
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
	CodeBodyTooLong         Code = "body_too_long"
	CodeUnsupportedMedia    Code = "unsupported_media_type"
	CodePreconditionFailed  Code = "precondition_failed"
	CodeRangeNotSatisfiable Code = "range_not_satisfiable"
	CodeMisdirected         Code = "misdirected_request"
	CodeIntegerOverflow     Code = "integer_overflow"
	CodeMemoryLimit         Code = "memory_limit"
	CodeOverloaded          Code = "overloaded"
	CodeDatasetEmpty        Code = "dataset_empty"
	CodeNoRelease           Code = "no_release"
	CodeStoreUnavailable    Code = "store_unavailable"
	CodeScoreUnavailable    Code = "score_unavailable"
	CodeQueryTimeout        Code = "query_timeout"
	CodeInternal            Code = "internal"
	CodeReleaseInconsistent Code = "release_inconsistent"
	CodeStoreFailed         Code = "store_failed"
	CodeVersionSkew         Code = "version_skew"
)

// Codes of one parameter's problem, within an invalid_parameter.
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
	CodeHeldByRollback   Code = "held_by_rollback"
	CodePublishConflict  Code = "publish_conflict"
	CodeContractsWritten Code = "contracts_written"
	CodeBITargetTaken    Code = "bi_target_taken"
	CodeBIBehind         Code = "bi_behind"
	CodeBreakingChange   Code = "breaking_change"
	CodeContractInvalid  Code = "contract_invalid"
	CodeLakeNotFound     Code = "lake_not_found"
	CodeLakeBuilding     Code = "lake_building"
	CodeSourceMissing    Code = "source_missing"
	CodeSourceUnreadable Code = "source_unreadable"
	CodeSourceChanged    Code = "source_changed"
	CodeSourceFatal      Code = "source_fatal"
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
	CodePackInvalid      Code = "pack_invalid"
	CodePackPersonal     Code = "pack_personal"
	CodeScoreFailed      Code = "score_failed"
)

// Codes of build and generate.
const (
	CodeBuildSourceMissing Code = "build_source_missing"
	CodeBuildSchema        Code = "build_schema"
	CodeBuildSQL           Code = "build_sql"
	CodeBuildCycle         Code = "build_cycle"
	CodeBuildEngine        Code = "build_engine"
	CodeBuildConflict      Code = "build_conflict"
	CodeBuildFailed        Code = "build_failed"
	CodeExpectationFailed  Code = "expectation_failed"
	CodeTrainingLeak       Code = "training_leak"
	CodeSnapshotChanged    Code = "snapshot_changed"
	CodeEnginesDiffer      Code = "engines_differ"
)

// Codes of mirrors.
const (
	CodeMirrorUnavailable Code = "mirror_unavailable"
	CodeMirrorConflict    Code = "mirror_conflict"
	CodeMirrorTaken       Code = "mirror_taken"
	CodeMirrorRefused     Code = "mirror_refused"
	CodeMirrorFailed      Code = "mirror_failed"
	CodeMirrorBehind      Code = "mirror_behind"
)

// Codes of footprints.
const (
	CodeEmissionsInvalid  Code = "emissions_invalid"
	CodeEmissionsConflict Code = "emissions_conflict"
	CodeEmissionsLost     Code = "emissions_lost"
)

// CodeMLflowBehind is of runs that are logged to MLflow.
const CodeMLflowBehind Code = "mlflow_behind"

// Codes of streams.
const (
	CodeStreamUnavailable Code = "stream_unavailable"
	CodeStreamLost        Code = "stream_lost"
	CodeStreamDamaged     Code = "stream_damaged"
	CodeStreamConflict    Code = "stream_conflict"
	CodeStreamFailed      Code = "stream_failed"
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

// CodeScope says where a code occurs.
type CodeScope uint8

// The scopes of codes.
const (
	OfAnswers    CodeScope = iota // an error's own code, over HTTP or at the command line
	OfParameters                  // in the problems of an invalid_parameter
	OfPublishing                  // at the command line, from commands that read a lake or write a store
	OfTheProgram                  // at the command line, from any command
)

// Meaning documents a code. It names no flag, since clients of the API read it too; the command line adds what an operator
// can do.
type Meaning struct {
	Code  Code
	Scope CodeScope
	When  string // when it happens
	Help  string // what to do about it
}

// Meanings returns every code with its meaning, by scope, the most frequent first.
func Meanings() []Meaning { return slices.Clone(meanings) }

// Title turns invalid_parameter into "Invalid parameter".
func (c Code) Title() string {
	words := strings.ReplaceAll(string(c), "_", " ")
	if words == "" {
		return ""
	}
	return strings.ToUpper(words[:1]) + words[1:]
}

var meanings = []Meaning{
	{CodeInvalidParameter, OfAnswers, "A parameter in the query or path can't be used: it is unknown, repeated or badly encoded, its value has the wrong type, or the field doesn't have the operator. The store was not asked.", "errors names every bad parameter and what was expected, and did_you_mean the nearest valid word. /datasets/{dataset} lists the fields and their filters."},
	{CodeUnknownDataset, OfAnswers, "The release has no dataset or endpoint with this name.", "The detail names the nearest one; / and /datasets list all."},
	{CodeUnknownField, OfAnswers, "The path names a field that the dataset doesn't have.", "/datasets/{dataset} lists its fields."},
	{CodeUnknownModel, OfAnswers, "The path names a model that isn't served, or names none and there is no default model.", "/ lists the models."},
	{CodeRowNotFound, OfAnswers, "The dataset has no row with this key in this release.", "A key is one segment of the path: escape slashes as %2F. Join the fields of a composite key by commas, quoted as in CSV."},
	{CodeNotFound, OfAnswers, "There is nothing at this URL.", "/ lists the URLs."},
	{CodeUnknownRelease, OfAnswers, "release= names a release that was never published.", "/releases lists the releases."},
	{CodeNoReleaseAsOf, OfAnswers, "as_of= is earlier than the oldest release that is kept.", "The detail names the oldest release. as_of chooses a release; to select rows of an earlier time, filter by a date field."},
	{CodeMethodNotAllowed, OfAnswers, "The URL does not take this method: this API is read-only.", "Use GET, or POST for /query and /score. To publish data, run goldserve publish."},
	{CodeNotAcceptable, OfAnswers, "The URL can't be answered in any media type of Accept, or in the format that format= names.", "The detail lists the available formats."},
	{CodeReleasePruned, OfAnswers, "The release is past its retention: its record is kept, but its rows are no longer served. A cursor expires with its release.", "Ask for the current release, or for one that /releases doesn't list as pruned; restart without the cursor."},
	{CodeURITooLong, OfAnswers, "The URL is longer than 4 KiB, or 8 KiB with a cursor.", "Ask by POST /query, whose body may have 1 MiB, or name fewer values."},
	{CodeBodyTooLong, OfAnswers, "The body of a query or of rows to be scored is longer than 1 MiB, or has more than 1,000 rows.", "Name fewer values, or use a range; score rows in several requests."},
	{CodeUnsupportedMedia, OfAnswers, "The body of a query or of rows to be scored isn't application/json.", "Send JSON, and Content-Type: application/json."},
	{CodePreconditionFailed, OfAnswers, "If-Match names no current tag of the dataset's Parquet file: another release has other rows.", "Read the file again from its beginning."},
	{CodeRangeNotSatisfiable, OfAnswers, "Range is beyond the end of the Parquet file, or can't be read.", "Content-Range has the file's size. The footer is at the end: Range: bytes=-8."},
	{CodeMisdirected, OfAnswers, "The request's Host (:authority in HTTP/2) is not a name of this server: a loopback name, the address that the request came in at, or a name that the operator allows. This check keeps other web pages from reading answers by DNS rebinding.", "Use one of the server's names."},
	{CodeIntegerOverflow, OfAnswers, "A sum of integers exceeds the range of 64-bit integers.", "Narrow the filter, or group by more fields."},
	{CodeMemoryLimit, OfAnswers, "One query, or one rule of a publish, needs more memory than all queries together may use: too many groups, distinct values or keys to look up.", "Narrow the filter, group by fewer fields, or query a derived dataset that has fewer rows."},
	{CodeOverloaded, OfAnswers, "429: your address sends more requests than the rate limit allows. 503: the server is overloaded: its queries, their memory or its listeners have reached the limit.", "Wait as long as Retry-After says, then try again. Cache answers by their ETag: a 304 is cheap, but counts against the rate limit."},
	{CodeDatasetEmpty, OfAnswers, "The dataset has no rows in this release, or was never published. A filter that matches no rows is not an error: it returns 200 and an empty list.", "Publish the dataset: goldserve publish. Try again after Retry-After."},
	{CodeNoRelease, OfAnswers, "Nothing has been published for the model yet.", "Publish a first release; the server finds it by itself."},
	{CodeStoreUnavailable, OfAnswers, "The store can't be reached, and there is no cached answer to serve.", "Try again after Retry-After. Operators: /readyz and the log say since when."},
	{CodeScoreUnavailable, OfAnswers, "The server's ONNX file isn't the one that scored the release: another model was trained since, or the server has no folder of the model. It never scores with another file.", "Score by a release that this file scored (release=). Operators: give the server the file of the release, or publish with the server's file; the detail names both SHA-256."},
	{CodeQueryTimeout, OfAnswers, "The answer took longer than the time limit of a request.", "Narrow the filter, ask for fewer groups, or page with limit. The same request will take as long again."},
	{CodeInternal, OfAnswers, "Something failed that should not have.", "Give the request_id to the operator: the log has the cause under it."},
	{CodeReleaseInconsistent, OfAnswers, "The store doesn't have the rows that the release says: they were deleted or changed from outside. goldserve never returns a shorter answer instead.", "Tell the operator: the dataset must be loaded again."},
	{CodeStoreFailed, OfAnswers, "The store refused or failed a read that should have worked.", "Give the request_id to the operator: the log has the store's own error under it."},
	{CodeVersionSkew, OfAnswers, "Another version of goldserve wrote records to the store that this version can't read.", "Serve with the version that published, or publish again with this one."},
	{CodeUnknownParameter, OfParameters, "This URL has no parameter and no field with this name.", "did_you_mean names the nearest one. Parameters that start with _ are ignored."},
	{CodeDuplicateParameter, OfParameters, "A parameter is given more than once.", "Give it once; a list is one value: field__in=a,b."},
	{CodeInvalidEncoding, OfParameters, "A name, value or path is not valid UTF-8, contains a NUL, or is badly escaped.", "Escape each name and each value separately: encodeURIComponent, urllib.parse.quote, curl --data-urlencode with -G."},
	{CodeInvalidValue, OfParameters, "A value isn't what the parameter, or the type of the field, expects.", "The detail says what was expected, did_you_mean the nearest valid value."},
	{CodeInvalidOperator, OfParameters, "The field can be filtered, but not with this operator.", "/datasets/{dataset} lists the operators of each field."},
	{CodeInvalidCursor, OfParameters, "The cursor is damaged, belongs to another dataset or query, or contradicts another parameter.", "Use meta.next unchanged, or restart without the cursor."},
	{CodeNotFilterable, OfParameters, "The contract doesn't allow filters on this field.", "/datasets/{dataset} lists the filters; to add one, declare it under filters: in the contract."},
	{CodeAmbiguous, OfParameters, "The name is both a parameter and a field.", "To filter by the field, write name__eq=value."},
	{CodeTooMany, OfParameters, "The request has more parameters than are accepted.", "Use lists (field__in=a,b) and ranges."},
	{CodeReleaseWithdrawn, OfPublishing, "The content is the same as that of a release that was rolled back.", "Publish other files."},
	{CodeHeldByRollback, OfPublishing, "A lake that is followed holds the content of a release that was rolled back, so it is not published.", "Write other files."},
	{CodePublishConflict, OfPublishing, "Another publisher is publishing the model, or has taken over.", "Wait until it is done."},
	{CodeContractsWritten, OfPublishing, "The model's release has contracts that a person wrote, and those to be published were inferred from the files.", "Publish the model with its contracts, or give what is inferred another name."},
	{CodeBITargetTaken, OfPublishing, "A collection, table or view that isn't goldserve's already has the name of a dataset's.", "Rename one of them, or say collection: none in the contract."},
	{CodeBreakingChange, OfPublishing, "A field of the BI database would change its type, which breaks saved questions of BI tools.", "Give the field another name."},
	{CodeContractInvalid, OfPublishing, "A contract or an override of it is invalid.", "goldserve contracts lint reports every mistake with its line."},
	{CodeLakeNotFound, OfPublishing, "The lake's folder or bucket doesn't exist or can't be read.", "Name the folder or the bucket that contains the gold files; the message says what is wrong with a bucket's server, credentials or region."},
	{CodeLakeBuilding, OfPublishing, "A build is replacing the lake's files, or was ended while it did (the file _building exists).", "Publish again once the build is done. If no build is running, build again: that completes the lake."},
	{CodeSourceMissing, OfPublishing, "The lake has no file or folder for a dataset.", "Write the file; the message names the nearest file that exists."},
	{CodeSourceUnreadable, OfPublishing, "A file can't be opened or read.", "Check its permissions and the disk, then publish again."},
	{CodeSourceChanged, OfPublishing, "A file changed while it was being read.", "Publish again when its writer is done."},
	{CodeSourceFatal, OfPublishing, "Reading a file ended the process that reads the lake: it needed too much memory or time, or crashed.", "Write the file again, or remove it. If it is sound, allow the process more memory or time."},
	{CodeIntegrityFailed, OfPublishing, "A file of the lake differs from the manifest, or from what the build that made the lake lists: it is missing, added or changed. Or that can't be read.", "If the file is wrong, write it again; if the lake is right, write the manifest again with goldserve manifest, or build again. The message names each file."},
	{CodeFileInvalid, OfPublishing, "A file is damaged, or is not a Parquet file.", "Write it again; the message names file, row group and column."},
	{CodeFileUnsupported, OfPublishing, "A file uses a feature that goldserve doesn't read, such as encryption, or exceeds a size limit.", "Write it again as the message says."},
	{CodeSchemaMissing, OfPublishing, "A file lacks a column that the contract declares.", "Write the column, or remove it from the contract. For a built file, the error also names the SQL that makes it and the contract."},
	{CodeSchemaType, OfPublishing, "A column's type can't be converted to the contract's.", "Change the contract, whose cast may read text or integers as another type, or the type of the column when the file is written."},
	{CodeSchemaDuplicate, OfPublishing, "A file has two columns with the same name.", "Rename one of them."},
	{CodeValueNull, OfPublishing, "A required field is null in some row.", "Correct the row, or make the field optional in the contract (required: false)."},
	{CodeValueType, OfPublishing, "A value doesn't have the type that the contract declares, or isn't written as its cast says.", "Correct the row that the message names."},
	{CodeValueRange, OfPublishing, "A value is out of range: an integer beyond 64 bits, a year beyond 9999, a text that is too long.", "Correct the row that the message names."},
	{CodeDuplicateKey, OfPublishing, "Two rows have the same key.", "Make the key unique; the message names a duplicate."},
	{CodeDatasetShrank, OfPublishing, "A dataset has far fewer rows than in the current release, as after an interrupted export.", "Check the files, and write an interrupted export again."},
	{CodeRowCount, OfPublishing, "A file or the store has another number of rows than it declares.", "Write the file again, or publish again."},
	{CodeQualityFailed, OfPublishing, "A rule of severity error is broken.", "The message names the rule and the rows. Correct the rows or the rule."},
	{CodeBIBehind, OfPublishing, "The BI database doesn't show the current release.", "Drop the collections that the message names and publish again, which copies them again."},
	{CodeVersionDamaged, OfPublishing, "Rows in the store are not the ones that were published.", "Load them again."},
	{CodePackInvalid, OfPublishing, "A pack is damaged, was changed, or has unexpected entries.", "The message names the entry. Make the pack again with goldserve pack."},
	{CodeScoreFailed, OfPublishing, "A machine learning model can't score a row: an input that takes no nulls is null, a required score is no number, or the model takes too many steps.", "The message names file, row and field. Correct the row, let the field be null, or export the model with inputs that take missing values."},
	{CodePackPersonal, OfPublishing, "Copies of raw files were asked for in a pack of a dataset with personal data.", "Make the pack without copies; it still lists the files' hashes."},
	{CodeBuildSourceMissing, OfPublishing, "No raw file matches the patterns of a source of the model's build.", "Write the file below bronze, or correct the source's files in model.yaml; the message names the patterns and the nearest file."},
	{CodeBuildSchema, OfPublishing, "The raw files of a source lack a declared column, have it with a type that its kind can't be read from, have no rows, or differ in a column's type.", "The message names file and column. Correct the file, or the source's columns in model.yaml."},
	{CodeBuildSQL, OfPublishing, "A file of the model's SQL can't be used: it isn't a single query, it names an unknown table or parameter, or the engine refuses it.", "Correct the line that the message names."},
	{CodeBuildCycle, OfPublishing, "Tables of the model's SQL depend on each other in a cycle.", "The message names the tables. Change one of them so that it no longer reads the next."},
	{CodeBuildEngine, OfPublishing, "The engine that runs the SQL is not available, has an unsupported version, or ended before it was done.", "The message says how to get the engine. If it ran out of memory, allow it more memory or fewer threads."},
	{CodeBuildConflict, OfPublishing, "Another build of the lake is running, or another model's SQL made its gold.", "Wait until the build is done; build each model into a lake of its own."},
	{CodeBuildFailed, OfPublishing, "The lake or its scratch folder can't be read or written, for instance because the disk is full.", "Make room, or correct the permissions; then build again."},
	{CodeExpectationFailed, OfPublishing, "Raw files break an expectation of the model's build. The slice that the message names, and later ones, are left out of the gold; earlier slices are built and served.", "The message names file, line, column and value. Correct the file, or the expectation in model.yaml; then build again."},
	{CodeTrainingLeak, OfPublishing, "A training set's features would leak the label: they are made from the label's raw table, have times after their date, or aren't snapshots.", "The message names the dataset and the field. Take it out of the model's trainingSet, or correct its SQL."},
	{CodeSnapshotChanged, OfPublishing, "In a built or published slice with frozen history, a raw file was changed, removed or added.", "Restore the file. To rewrite history on purpose, build and publish with restating allowed."},
	{CodeMirrorUnavailable, OfPublishing, "The SQL database of a mirror can't be reached, or refuses the login.", "Start the server, or correct the address, user and password; then mirror again."},
	{CodeMirrorConflict, OfPublishing, "Another goldserve writes the same mirror, or a long-running query reads one of its tables.", "Mirror again once it is done; the tables are as they were."},
	{CodeMirrorTaken, OfPublishing, "The schema has a table or view whose name the mirror needs, and that goldserve did not make for this model.", "Rename it, give the dataset another collection in its contract, or mirror into another schema."},
	{CodeMirrorRefused, OfPublishing, "The SQL database doesn't take a name or a type of the contract, refuses a statement because a permission is missing, or another object depends on a table whose columns changed.", "The message names it. Correct the contract, or give the user the right; the tables are as they were."},
	{CodeMirrorFailed, OfPublishing, "The SQL database failed during the write, for instance because its disk is full.", "The message has the server's own words; its log has more. The tables are as they were: mirror again."},
	{CodeMirrorBehind, OfPublishing, "The release is served, but its mirror does not show it.", "The message says why. The next publish tries again, and so does goldserve mirror."},
	{CodeEmissionsInvalid, OfTheProgram, "A file of emissions has no columns of CodeCarbon's, or a value that can't be one.", "The message names file, line and column. Correct the file, or leave it out."},
	{CodeEmissionsConflict, OfTheProgram, "Rows of the same run (run_id) contradict each other. The report is written, and counts the longest of them.", "The report names files and lines. Remove the row that is wrong."},
	{CodeEmissionsLost, OfTheProgram, "The command did its work, but its energy could not be written to emissions.csv.", "The message says why. Make room, or correct the file's permissions."},
	{CodeStreamUnavailable, OfPublishing, "The brokers of a stream can't be reached, refuse the login, or don't have the topic.", "Start them, or correct their addresses, the login or the topic's name. A stream that runs waits for brokers that went away."},
	{CodeStreamLost, OfPublishing, "Messages of a topic are no longer available: they were removed before they were read, the topic was cut off, or it was deleted and created again.", "The message names partition and offsets. Produce the messages again, or have the stream go on without them."},
	{CodeStreamDamaged, OfPublishing, "Files of a stream's lake are missing or aren't as the stream wrote them.", "The message names the file. Restore it, or begin a new lake."},
	{CodeStreamConflict, OfPublishing, "The lake belongs to another stream, another topic or a build.", "Give each topic a lake of its own, and run one consumer for each lake."},
	{CodeStreamFailed, OfPublishing, "A stream's lake can't be read or written, or a file to produce can't be read.", "The message names the file. Make room, or correct the file or the permissions; then start the stream again."},
	{CodeMLflowBehind, OfTheProgram, "The command did its work, but the MLflow server could not log it whole: it can't be reached, refuses the login or failed.", "The message says why. The next publish logs the current release if MLflow lacks it."},
	{CodeEnginesDiffer, OfTheProgram, "Two engines that benchmark compares rejected or made different rows from the same raw files, so nothing was written.", "The message names the table or reason. Keep the raw files and report it as a bug, or leave out one of the engines."},
	{CodeUsage, OfTheProgram, "The command line, a variable or goldserve.yaml is wrong.", "The message names every mistake, what was expected, and the nearest word."},
	{CodeInterrupted, OfTheProgram, "A signal ended the command before it was done. The release that was current before still is.", "Run it again."},
	{CodeAddressInUse, OfTheProgram, "Another program listens on the server's address.", "Stop that program, or choose another address."},
	{CodeAddressUnavailable, OfTheProgram, "The server can't listen on its address: it is not an address of this machine, or the user has no permission.", "Choose another address."},
	{CodeProbeFailed, OfTheProgram, "No server answers on this machine, or it is not ready.", "Start the server; its log says why it isn't ready."},
	{CodeStopTimeout, OfTheProgram, "Requests were still running at the end of the time to stop.", "Nothing: the server ended them."},
	{CodeNoTemporaryFolder, OfTheProgram, "The demo can't write to the folder of temporary files.", "Free some space there, or set TMPDIR to another folder."},
}
