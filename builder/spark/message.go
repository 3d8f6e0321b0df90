package spark

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// message is an encoded message of the protocol (spark/connect/*.proto, whose names and numbers of fields these are). Fields that a
// build doesn't need are left out, as protocol buffers allow.
type message []byte

func (m message) text(field protowire.Number, s string) message {
	return message(protowire.AppendString(protowire.AppendTag(m, field, protowire.BytesType), s))
}

func (m message) message(field protowire.Number, inner message) message {
	return message(protowire.AppendBytes(protowire.AppendTag(m, field, protowire.BytesType), inner))
}

func (m message) number(field protowire.Number, n uint64) message {
	return message(protowire.AppendVarint(protowire.AppendTag(m, field, protowire.VarintType), n))
}

func (m message) texts(field protowire.Number, all []string) message {
	for _, s := range all {
		m = m.text(field, s)
	}
	return m
}

// options encodes a map<string, string>, or a list of KeyValue.
func (m message) options(field protowire.Number, pairs [][2]string) message {
	for _, p := range pairs {
		m = m.message(field, message(nil).text(1, p[0]).text(2, p[1]))
	}
	return m
}

// value is the value of one field of a decoded message.
type value struct {
	bytes  []byte
	number uint64
}

// each calls got for the fields of an encoded message, in order.
func each(m []byte, got func(field int, v value) error) error {
	for len(m) > 0 {
		field, kind, n := protowire.ConsumeTag(m)
		if n < 0 {
			return fmt.Errorf("read a message of Spark: %w", protowire.ParseError(n))
		}
		m = m[n:]
		var v value
		switch kind {
		case protowire.BytesType:
			v.bytes, n = protowire.ConsumeBytes(m)
		case protowire.VarintType:
			v.number, n = protowire.ConsumeVarint(m)
		default:
			n = protowire.ConsumeFieldValue(field, kind, m)
		}
		if n < 0 {
			return fmt.Errorf("read a message of Spark: %w", protowire.ParseError(n))
		}
		m = m[n:]
		if err := got(int(field), v); err != nil {
			return err
		}
	}
	return nil
}

// inner returns the last value of a field of an encoded message: nil, where there is none.
func inner(m []byte, field int) ([]byte, error) {
	var found []byte
	err := each(m, func(f int, v value) error {
		if f == field {
			found = v.bytes
		}
		return nil
	})
	return found, err
}

// query is a Relation: what a SQL text gives.
func query(text string) message { return message(nil).message(10, message(nil).text(1, text)) }

// files is a Relation: the rows of files. Their columns are those of the schema, in DDL, where there is one.
func files(format, schema string, options [][2]string, paths []string) message {
	source := message(nil).text(1, format)
	if schema != "" {
		source = source.text(2, schema)
	}
	source = source.options(3, options).texts(4, paths)
	return message(nil).message(2, message(nil).message(2, source))
}

// rows is a Relation: the rows of an Arrow stream.
func rows(stream []byte) message { return message(nil).message(11, message(nil).message(1, stream)) }

// project is a Relation: expressions over the rows of another, as SELECT has them.
func project(input message, expressions ...string) message {
	p := message(nil).message(1, input)
	for _, e := range expressions {
		p = p.message(3, message(nil).message(4, message(nil).text(1, e)))
	}
	return message(nil).message(3, p)
}

// root and command are Plans.
func root(relation message) message { return message(nil).message(1, relation) }

func command(c message) message { return message(nil).message(2, c) }

// createView is a Plan that gives a relation a name in the session.
func createView(name string, relation message) message {
	return command(message(nil).message(3, message(nil).message(1, relation).text(2, name).number(4, 1)))
}

const saveModeErrorIfExists = 3

// write is a Plan that writes a relation into a folder, which must not exist.
func write(relation message, format, folder string, partitionBy []string, options [][2]string) message {
	w := message(nil).message(1, relation).text(2, format).text(3, folder).number(5, saveModeErrorIfExists)
	return command(message(nil).message(2, w.texts(7, partitionBy).options(9, options)))
}
