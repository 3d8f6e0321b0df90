package gold

// Stream says which raw source the messages of a topic are rows of.
type Stream struct {
	Source  string // the raw source; the only one of the model's build
	Key     string // the column whose value is a message's key; "": messages have none
	Produce string // the table of silver that is produced where no file is named; "": none
}
