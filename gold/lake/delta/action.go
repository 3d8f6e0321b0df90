package delta

// action is one line of a commit, of which one member is set. Members that are not known are left alone, as the protocol
// says.
type action struct {
	Add      *fileAction `json:"add"`
	Remove   *fileAction `json:"remove"`
	MetaData *metaData   `json:"metaData"`
	Protocol *protocol   `json:"protocol"`

	// In checkpoints with sidecars alone.
	Sidecar            *sidecar            `json:"sidecar"`
	CheckpointMetadata *checkpointMetadata `json:"checkpointMetadata"`
}

// fileAction adds a file to the table, or removes one.
type fileAction struct {
	Path            string             `json:"path"`
	PartitionValues map[string]*string `json:"partitionValues"`
	Size            int64              `json:"size"`
	Stats           string             `json:"stats"` // JSON
	DeletionVector  *Vector            `json:"deletionVector"`
}

type metaData struct {
	ID     string `json:"id"`
	Format struct {
		Provider string `json:"provider"`
	} `json:"format"`
	SchemaString     string            `json:"schemaString"`
	PartitionColumns []string          `json:"partitionColumns"`
	Configuration    map[string]string `json:"configuration"`
}

type protocol struct {
	MinReaderVersion int      `json:"minReaderVersion"`
	ReaderFeatures   []string `json:"readerFeatures"`
	WriterFeatures   []string `json:"writerFeatures"`
}

type sidecar struct {
	Path string `json:"path"`
}

type checkpointMetadata struct {
	Version int64 `json:"version"`
}
