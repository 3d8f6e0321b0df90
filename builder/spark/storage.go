package spark

import (
	"fmt"
	"regexp"
	"strings"

	"goldserve/gold"
)

// refusals are how Spark says that it can't use a storage at all, and what the server lacks then.
var refusals = []struct {
	said  *regexp.Regexp
	lacks string
}{
	{
		regexp.MustCompile(`Class \S+FileSystem not found|No FileSystem for scheme`),
		"Give the server the file system's library: for s3a:// Hadoop's hadoop-aws of the version that its Spark has, and the AWS bundle",
	},
	{
		regexp.MustCompile(`NoSuchBucket|AccessDenied|Status Code: 40[13]\b|No AWS Credentials|NoAuthWithAWSException|NoAwsCredentialsException`),
		"Check the server's own settings of the storage (for s3a:// spark.hadoop.fs.s3a.*: endpoint, credentials), what they may read and write, and where it is told to find the bucket",
	},
}

// ids are numbers of requests to a storage, which say nothing about it.
var ids = regexp.MustCompile(` \(Service: .*`)

// storageError says that the server can't use the lake's storage, or returns nil where a fault is another one: of a file, or of the SQL.
func (r *run) storageError(f *fault) error {
	for _, refusal := range refusals {
		if refusal.said.MatchString(f.message) {
			what, _, _ := f.place()
			return &gold.Error{Kind: gold.Unavailable, Code: gold.CodeBuildEngine, Err: f, Message: fmt.Sprintf("the Spark server %s can't use the lake's storage: %s. %s",
				r.engine.options.Remote, strings.TrimSuffix(r.words(ids.ReplaceAllString(what, "")), "."), refusal.lacks)}
		}
	}
	return nil
}
